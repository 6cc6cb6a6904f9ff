import { type Io, printLine } from '../../terminal/io.ts';
import type { Reporter } from './reporter.ts';

/** Prints only the directory of the run, for scripts: `run=$(gradloom train … --quiet)`. */
export const quietReporter = ({ stdout, stderr }: Io): Reporter => ({
  start() {},
  warning() {},
  aside: (text) => printLine(stderr, text),
  event() {},
  stop() {},
  done({ out }) {
    if (out !== null) printLine(stdout, out);
  },
});
