import type { Io } from '../io.ts';
import { exitCodes } from './interrupt.ts';

/**
 * Ends the process without a word when nobody reads stdout any more (`| head`), unless a command listens itself to finish
 * its work. What cannot be printed on stderr is lost.
 */
export function endOnBrokenPipe({ stdout, stderr }: Io): void {
  stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
    if (stdout.listenerCount('error') === 1) process.exit(exitCodes.SIGPIPE);
  });
  stderr.on('error', () => {});
}
