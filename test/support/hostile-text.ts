import { expect } from 'vitest';

/** Text that would control a terminal, forge a line, or change the direction of text if it were printed unchanged. */
export const hostile = [
  '\u001b[31mred\u001b]0;title\u0007', // a colour, and a window title
  'up\u001b[2A\u001b[2K', // overwrites the lines above
  '\u009b1mC1 \u0090q\u009c', // the same sequences as single characters
  'bell\u0007 back\b\b\b del\u007f tab\t vertical\v form\f',
  'line\nINJECTED: line\r\nINJECTED: line\u2028INJECTED\u2029INJECTED\u0085INJECTED',
  'turned \u202eedoc\u202c \u2066isolated\u2069 \u200fmark \u061c',
  'hidden \u200b\u2060\ufeff\u00ad \u{e0041}',
  'half \ud83d',
].join(' | ');

/** Hostile text as a file name, without slash, NUL or lone surrogates, and short enough. */
export const hostileName =
  'a\u001b[31m\u001b]0;title\u0007\u009b2A\u007f\t\r\nINJECTED\u2028INJECTED\u0085\u202eb\u200b';

const UNPRINTABLE = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u;

/** Sequences that we may send to a terminal: our styles, and cursor movements for redrawn lines. */
const ESCAPE = '\u001b';
const OWN = new RegExp(`${ESCAPE}\\[(1|2|22|3[1236]|39)m|\r?${ESCAPE}\\[\\d*[AJGK]|${ESCAPE}\\[\\?2026[hl]|\r`, 'g');

/** Checks that a terminal shows these lines as plain text. */
export function expectPrintable(text: string, { tabs = false, terminal = false } = {}): void {
  for (const line of text.split('\n')) {
    const plain = terminal ? line.replaceAll(OWN, '') : line;
    expect(tabs ? plain.replaceAll('\t', '') : plain).not.toMatch(UNPRINTABLE);
    expect(plain).not.toMatch(/^INJECTED/);
  }
}
