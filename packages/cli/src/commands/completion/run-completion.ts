import { basename } from 'node:path';
import { option } from '@gradloom/core/internal';
import yargs from 'yargs';
import { refuseMoreThan } from '../../files/models/open-model.ts';
import { readValue } from '../../options/option.ts';
import { flagsToRaw, parseRaw, type Request } from '../../options/raw-options.ts';
import { asUsageError } from '../../terminal/failure.ts';
import { type Io, printLines } from '../../terminal/io.ts';
import { completionOptions, shells } from './options.ts';

/** Prints a shell's script. Resolves to the exit code. */
export async function runCompletion(request: Request, io: Io): Promise<number> {
  parseRaw(completionOptions, flagsToRaw(completionOptions, request));
  refuseMoreThan(1, request.positionals, 'one shell');
  const [word] = request.positionals;
  const userShell = basename(io.env.SHELL ?? '');
  const shell = asUsageError(() =>
    readValue(option.oneOf(shells), 'shell', word ?? (Object.hasOwn(shells, userShell) ? userShell : 'bash')),
  );
  printLines(io.stdout, scriptFor(shell).split('\n'));
  return 0;
}

/** yargs reads the shell from the environment when it is created. */
function scriptFor(shell: keyof typeof shells): string {
  const { SHELL, ZSH_NAME } = process.env;
  let script = '';
  try {
    process.env.SHELL = shell;
    delete process.env.ZSH_NAME;
    const parser = yargs().scriptName('gradloom').exitProcess(false).completion('completion');
    parser.parse(['completion'], (_error: unknown, _argv: unknown, output: string) => {
      script = output;
    });
  } finally {
    restore('SHELL', SHELL);
    restore('ZSH_NAME', ZSH_NAME);
  }
  // yargs' installation notes are only right for the shell in SHELL.
  return script.replaceAll('gradloom completion ', `gradloom completion ${shell} `);
}

function restore(name: string, value: string | undefined): void {
  if (value === undefined) delete process.env[name];
  else process.env[name] = value;
}
