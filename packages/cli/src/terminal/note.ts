import { type Io, moveCursor, printPart, widthOf } from './io.ts';

/** A status line on a terminal's stderr, replaced by the next. */
export interface Note {
  readonly say: (text: string) => void;
  readonly clear: () => void;
}

export function createNote(name: string, { stderr }: Io): Note {
  if (!stderr.isTTY) return { say() {}, clear() {} };
  const clear = () => moveCursor(stderr, '\r\u001b[K');
  const width = widthOf(stderr) - 1;
  return {
    say(text) {
      clear();
      const line = `${name}: ${text}`;
      // Whole words only.
      printPart(stderr, line.length <= width ? line : line.slice(0, width + 1).replace(/\s*\S*$/, ''));
    },
    clear,
  };
}
