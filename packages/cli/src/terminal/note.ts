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
      printPart(stderr, `${name}: ${text}`.slice(0, width));
    },
    clear,
  };
}
