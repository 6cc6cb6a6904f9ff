import { randomInt } from 'node:crypto';

/**
 * Characters that a terminal does not show as one of a line of text: controls (C0, DEL, C1), which draw, ring and end
 * lines; format characters, which turn the direction of writing or are not to be seen; halves of a character;
 * separators of lines. As in `show` of core, which would take the time to load into every start.
 */
export const UNPRINTABLE = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu;

export type Style = 'bold' | 'dim' | 'red' | 'green' | 'yellow' | 'magenta' | 'cyan';

/** What begins a style and what ends it (ECMA-48, SGR). */
const STYLES: Readonly<Record<Style, readonly [begin: number, end: number]>> = {
  bold: [1, 22],
  dim: [2, 22],
  red: [31, 39],
  green: [32, 39],
  yellow: [33, 39],
  magenta: [35, 39],
  cyan: [36, 39],
};

/**
 * Stands behind the number of each style of ours until it is printed. Drawn anew in each process, so that no text from
 * outside can hold a style: whatever does not have it is not ours. Digits, at most four between two semicolons: what
 * measures text takes it for a part of the style, which has no width.
 */
const KEY = Array.from({ length: 4 }, () => randomInt(10_000)).join(';');

const ESCAPE = '\u001b';
const mark = (code: number | string): string => `${ESCAPE}[${code};${KEY}m`;
const MARK = `${ESCAPE}\\[(\\d+);${KEY}m`;
const MARK_OR_UNPRINTABLE = new RegExp(`${MARK}|${UNPRINTABLE.source}`, 'gu');

/** The text between the marks of a style, which `rendered` makes colours of. */
export const styled = (style: Style, text: string): string => {
  const [begin, end] = STYLES[style];
  return mark(begin) + text + mark(end);
};

/**
 * One line of text, of whatever came from outside: what could draw on a terminal, begin a line or turn the direction of
 * writing becomes a sign of replacement. Marks of our styles stay. For what is laid out before it is printed.
 */
export const printable = (text: string): string =>
  text.replace(MARK_OR_UNPRINTABLE, (match, style?: string) => (style === undefined ? '\ufffd' : match));

const PLAIN = new RegExp(`${ESCAPE}\\[(\\d+)m`, 'g');

/**
 * A layout of printable text with marks in the place of the styles that the layout has put in itself, where it broke a
 * styled line.
 */
export const markedAgain = (laidOut: string): string => laidOut.replace(PLAIN, (_match, code: string) => mark(code));

/**
 * The same with the styles as a terminal takes them: ready to be written to it, and by `io.ts` and `live-area.ts`
 * alone.
 */
export const rendered = (text: string): string =>
  text.replace(MARK_OR_UNPRINTABLE, (_match, style?: string) =>
    style === undefined ? '\ufffd' : `${ESCAPE}[${style}m`,
  );
