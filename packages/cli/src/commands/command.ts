import type { OptionTable } from '../options/option.ts';
import type { Request } from '../options/raw-options.ts';
import type { Io } from '../terminal/io.ts';

/** A command as help shows it. Its implementation loads only when it runs, so that help is quick. */
export interface Command {
  readonly describe: string;
  readonly usage: string; // what follows the command's name
  readonly examples: readonly (readonly [line: string, meaning: string])[];
  readonly epilogue: string;
  readonly options: () => Promise<OptionTable>;
  /** Subcommands by name. */
  readonly members?: Readonly<Record<string, () => Promise<Command>>>;
  /** Resolves to the exit code. */
  readonly run: (request: Request, io: Io) => Promise<number>;
}
