import type { Readable, Writable } from 'node:stream';
import { printable, renderStyles, UNPRINTABLE } from './printable.ts';

/** A stream that may be a terminal. */
export type Output = Writable & { readonly isTTY?: boolean; readonly columns?: number; readonly rows?: number };

/** Columns of a stream: 80 if it is not a terminal, or a terminal that reports 0, as that of mpirun does. */
export const widthOf = ({ columns = 0 }: Output): number => (columns > 0 ? columns : 80);

/** The streams and environment of a command, so that a test can replace them. */
export interface Io {
  readonly stdin: Readable & { readonly isTTY?: boolean };
  readonly stdout: Output;
  readonly stderr: Output;
  readonly env: Readonly<Record<string, string | undefined>>;
}

export const processIo = (): Io => ({
  stdin: process.stdin,
  stdout: process.stdout,
  stderr: process.stderr,
  env: process.env,
});

/** Prints one line, as everything is printed. Text from outside cannot break the line or control the terminal. */
export function printLine(stream: Output, text: string): void {
  stream.write(`${renderStyles(text)}\n`);
}

/** Prints the start of a line, and leaves the cursor after it. */
export function printPart(stream: Output, text: string): void {
  stream.write(renderStyles(text));
}

/**
 * Prints text of several lines, and leaves the cursor after it. Returns false if the stream wants a pause. Line ends
 * may be those of Windows. Zero-width joiners and non-joiners stay, which shape letters and emoji.
 */
export const printText = (stream: Output, text: string): boolean =>
  stream.write(text.replace(/(?:(?!\r\n)[^\n\t\u200c\u200d])+/g, printable));

export function printLines(stream: Output, lines: readonly string[]): void {
  stream.write(lines.map((line) => `${renderStyles(line)}\n`).join(''));
}

/** Prints rows of cells separated by tabs. */
export function printRows(stream: Output, rows: readonly (readonly string[])[]): void {
  stream.write(rows.map((cells) => `${cells.map(printable).join('\t')}\n`).join(''));
}

/** Prints values as JSON, one per line, escaping characters that would control the terminal. */
export function printJson(stream: Output, ...values: readonly object[]): void {
  stream.write(values.map((value) => jsonLine(JSON.stringify(value))).join(''));
}

/** Prints a value whose JSON text exists already. */
export function printJsonText(stream: Output, json: string): void {
  stream.write(jsonLine(json));
}

const jsonLine = (json: string): string => `${json.replace(UNPRINTABLE, escapeCharacter)}\n`;

/** '\\u202e', or two such escapes above 16 bits. In JSON these characters can only be inside of a string. */
const escapeCharacter = (character: string): string =>
  character
    .split('')
    .map((unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
    .join('');

/** Clears the current line; or moves up by some lines and clears everything from there. */
export type CursorMove = '\r\u001b[K' | `\u001b[${number}A\u001b[J`;

export function moveCursor(stream: Output, move: CursorMove): void {
  stream.write(move);
}
