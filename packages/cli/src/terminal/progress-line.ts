import { type Io, moveCursor, printLine, printPart, widthOf } from './io.ts';

/** Progress of long work on stderr: on a terminal a line that is replaced by the next, elsewhere a few plain lines. */
export interface ProgressLine {
  /** Shows progress, and with `leftMs` decides at once whether the work is long. */
  readonly show: (text: string, leftMs?: number) => void;
  readonly clear: () => void;
}

/** Without a terminal, work that takes at least this long is announced. */
const LONG_MS = 10_000;

/** Without a terminal, progress is printed after this time without a line. */
const SILENCE_MS = 60_000;

/** Creates the progress of a command. `isRead`: a program reads its output, so only a terminal shows progress. */
export function createProgressLine(name: string, { stderr }: Pick<Io, 'stderr'>, isRead = false): ProgressLine {
  if (!stderr.isTTY) return isRead ? { show() {}, clear() {} } : plainProgress(name, stderr);
  const clear = () => moveCursor(stderr, '\r\u001b[K');
  const width = widthOf(stderr) - 1;
  return {
    show(text) {
      clear();
      const line = `${name}: ${text}`;
      const part = line.slice(0, width + 1);
      // Whole words only.
      printPart(stderr, line.length <= width ? line : part.slice(0, Math.max(0, part.search(/\s\S*$/))).trimEnd());
    },
    clear,
  };
}

function plainProgress(name: string, stderr: Io['stderr']): ProgressLine {
  let lastMs = performance.now();
  let isAnnounced = false;
  return {
    show(text, leftMs = 0) {
      const isDue = performance.now() - lastMs >= SILENCE_MS || (!isAnnounced && leftMs >= LONG_MS);
      if (!isDue) return;
      isAnnounced = true;
      lastMs = performance.now();
      printLine(stderr, `${name}: ${text}`);
    },
    clear() {},
  };
}
