import { exitCodes } from './interrupt.ts';
import { type Io, printLine } from './io.ts';

/**
 * Ends the process silently if nobody reads stdout any more (`| head`), unless a command listens to finish its work;
 * with one sentence if stdout fails otherwise (a full disk). Text that cannot be printed on stderr is lost.
 */
export function endOnBrokenPipe({ stdout, stderr }: Io): void {
  stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (stdout.listenerCount('error') > 1) return;
    if (error.code === 'EPIPE') process.exit(exitCodes.SIGPIPE);
    printLine(stderr, `gradloom: stdout has failed with ${error.code ?? error.message}, expected to print to it`);
    process.exit(1);
  });
  stderr.on('error', () => {});
}
