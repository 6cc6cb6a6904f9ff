import type { Io } from '../io.ts';
import type { OptionTable } from '../options/option.ts';

/** A command as help shows it. What it is made of loads when it is asked for, so that help is quick. */
export interface Command {
  readonly describe: string;
  readonly usage: string; // what stands behind the command's name
  readonly examples: readonly (readonly [line: string, meaning: string])[];
  readonly epilogue: string;
  readonly options: () => Promise<OptionTable>;
  /** Words that may follow the command's name, and the command that each makes of it. */
  readonly members?: Readonly<Record<string, () => Promise<Command>>>;
  /** Resolves to the exit code. */
  readonly run: (request: Request, io: Io) => Promise<number>;
}

/** A command line, taken apart but not yet read. */
export interface Request {
  readonly flags: Readonly<Record<string, unknown>>;
  readonly positionals: readonly string[];
  readonly args: readonly string[]; // as typed
}
