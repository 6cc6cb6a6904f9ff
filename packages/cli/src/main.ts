import { readCommandLine } from './command-line.ts';
import { commands } from './commands/index.ts';
import type { Request } from './options/raw-options.ts';
import { asUsageError, describeFailure, exitCodeOf, UsageError } from './terminal/failure.ts';
import { exitCodes } from './terminal/interrupt.ts';
import { type Io, printLine, printLines, processIo, widthOf } from './terminal/io.ts';

/** The program. Sets the exit code and lets the process end by itself, after all output has been written. */
export async function main(args: readonly string[]): Promise<void> {
  const io = processIo();
  endOnBrokenPipe(io);
  const verbose = true; // an uncaught error is a bug, and Node would print its message unescaped
  process.on('uncaughtException', (error) => {
    printLines(io.stderr, describeFailure('gradloom', error, verbose));
    process.exit(1);
  });
  process.exitCode = await runCommandLine(args, io);
}

/** Runs a command line. Resolves to the exit code: 0, 2 for a wrong command line, else 1 or that of a signal. */
export async function runCommandLine(typedWords: readonly string[], io: Io): Promise<number> {
  const args = withFlags(typedWords);
  const where = Object.hasOwn(commands, args[0] ?? '') ? `gradloom ${args[0]}` : 'gradloom';
  try {
    const commandLine = await readCommandLine(args, widthOf(io.stdout));
    if ('text' in commandLine) {
      if (commandLine.text !== '') printLines(io.stdout, commandLine.text.split('\n'));
      return 0;
    }
    await importModules(commandLine.request);
    if (Object.hasOwn(commands, commandLine.command))
      return await commands[commandLine.command].run(commandLine.request, io);
    return await runNoCommand(commandLine.request, io);
  } catch (error) {
    const printFailure = (failure: unknown): void =>
      printLines(io.stderr, describeFailure(where, failure, args.includes('--verbose')));
    if (args.some((word) => /^--cluster(=|$)/.test(word))) {
      const { failOnAllRanks } = await import('./commands/cluster/on-all-ranks.ts');
      return await failOnAllRanks(error, io.env, printFailure);
    }
    printFailure(error);
    return exitCodeOf(error);
  }
}

/** Imports the modules of --module: the options of any command may name their parts. */
async function importModules({ flags }: Request): Promise<void> {
  if (flags.module === undefined && !hasModules) return;
  const { useModules } = await import('./options/custom-parts.ts');
  await useModules(flags.module);
  hasModules = flags.module !== undefined;
}

/** Whether an earlier command in this process imported modules. */
let hasModules = false;

/** Rewrites `help`, `help train`, `train help` and `version` as the equivalent flags. */
function withFlags(args: readonly string[]): readonly string[] {
  const [first, second] = args;
  if (args.length === 1 && first === 'version') return ['--version'];
  if (args.length > 2) return args;
  if (first === 'help') return [...args.slice(1), '--help'];
  return second === 'help' && Object.hasOwn(commands, first) ? [first, '--help'] : args;
}

/** Without any word shows help; any other word is a command that does not exist. */
async function runNoCommand({ flags, positionals }: Request, io: Io): Promise<number> {
  const { option } = await import('@gradloom/core/internal');
  const { readValue } = await import('./options/option.ts');
  const [word] = positionals;
  if (word !== undefined) asUsageError(() => readValue(option.oneOf(commands), 'command', word));
  const [flag] = Object.keys(flags);
  if (flag === undefined) return runCommandLine(['--help'], io);
  const name = `${flag.length === 1 ? '-' : '--'}${flag}`;
  throw new UsageError(`${name} has no command before it, expected one of ${Object.keys(commands).join(', ')}`);
}

/**
 * Ends the process silently if nobody reads stdout any more (`| head`), unless a command listens to finish its work. If
 * stdout fails otherwise (a full disk), prints one sentence. Text that cannot be printed on stderr is lost.
 */
function endOnBrokenPipe({ stdout, stderr }: Io): void {
  stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (stdout.listenerCount('error') > 1) return;
    if (error.code === 'EPIPE') process.exit(exitCodes.SIGPIPE);
    printLine(stderr, `gradloom: stdout has failed with ${error.code ?? error.message}, expected to print to it`);
    process.exit(1);
  });
  stderr.on('error', () => {});
}
