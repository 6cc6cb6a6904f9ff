import { randomInt } from 'node:crypto';

/**
 * Characters that are not visible text: controls (C0, DEL, C1), which draw, ring and end lines; format characters,
 * which change the writing direction or are invisible; lone surrogates; line separators. A copy of the set in `show` of
 * core, which would slow down every start.
 */
export const UNPRINTABLE = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu;

export type Style = 'bold' | 'dim' | 'red' | 'green' | 'yellow' | 'magenta' | 'cyan';

/** Codes that begin and end a style (ECMA-48, SGR). */
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
 * Follows the number of each of our own styles until it is printed. It is random in each process, so text from outside
 * cannot contain a style. Digits, at most four between two semicolons: measuring code then takes it for part of the
 * style, which has no width.
 */
const KEY = Array.from({ length: 4 }, () => randomInt(10_000)).join(';');

const ESCAPE = '\u001b';
const mark = (code: number | string): string => `${ESCAPE}[${code};${KEY}m`;
const MARK = `${ESCAPE}\\[(\\d+);${KEY}m`;
const MARK_OR_UNPRINTABLE = new RegExp(`${MARK}|${UNPRINTABLE.source}`, 'gu');

/** The text between marks of a style, which `renderStyles` turns into colours. */
export const markStyle = (style: Style, text: string): string => {
  const [begin, end] = STYLES[style];
  return mark(begin) + text + mark(end);
};

/**
 * Makes outside text one printable line: characters that could draw, begin a line or change the writing direction
 * become a replacement sign. Marks of our own styles stay. For text that is laid out before it is printed.
 */
export const printable = (text: string): string =>
  text.replace(MARK_OR_UNPRINTABLE, (match, style?: string) => (style === undefined ? '\ufffd' : match));

const PLAIN = new RegExp(`${ESCAPE}\\[(\\d+)m`, 'g');

/** Puts marks back in place of the plain styles that a layout has added where it broke a styled line. */
export const restoreMarks = (laidOut: string): string => laidOut.replace(PLAIN, (_match, code: string) => mark(code));

/** Makes text printable, with our styles as terminal codes. Only for `io.ts` and `live-area.ts`, which print it. */
export const renderStyles = (text: string): string =>
  text.replace(MARK_OR_UNPRINTABLE, (_match, style?: string) =>
    style === undefined ? '\ufffd' : `${ESCAPE}[${style}m`,
  );
