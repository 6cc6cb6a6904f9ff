import { show } from '../../checks/show.ts';
import type { TypedNumbers } from '../../math/element-type.ts';

/**
 * A value of a table. Empty text, 'NA', '?' and the like, null, undefined, NaN, and '-' among numbers are gaps. Bytes
 * are the pixels of an image [height, width, channels].
 */
export type Cell = string | number | boolean | null | undefined | Uint8Array | Uint8ClampedArray;

/** A row by column name: an object, also of an interface or a class, whose properties are cells. */
export type NamedRow<Row = Record<string, Cell>> = { readonly [Column in keyof Row & string]?: Cell };

/** A row of a table: its cells in column order, or by column name. */
export type CellRow = readonly Cell[] | TypedNumbers | NamedRow;

/** The error of a cell that its column cannot take. */
export class CellError extends Error {
  /** 'CellError'. */
  override readonly name = 'CellError';
  /** Name of the column. */
  readonly column: string;
  /** 'has "x", expected a number'. */
  readonly problem: string;
  /** 'a number'. */
  readonly expected: string;

  constructor(column: string, fact: string, expected: string) {
    const problem = `${fact}, expected ${expected}`;
    super(`column ${show(column)} ${problem}`);
    this.column = column;
    this.problem = problem;
    this.expected = expected;
  }
}

/** Words that stand for a missing value, besides empty text. */
export const GAP_WORDS = [
  ...['NA', 'N/A', 'n/a', 'NaN', 'nan', 'null', 'NULL', '?'],
  ...['#N/A', '#NA', '<NA>', 'N.A.', 'n.a.', 'k.A.', 'k. A.'],
] as const;

const gaps: ReadonlySet<unknown> = new Set<unknown>(['', null, undefined, ...GAP_WORDS]);

export const isGap = (cell: Cell): boolean =>
  gaps.has(typeof cell === 'string' ? cell.trim() : cell) || Number.isNaN(cell);

/** Marks and words that stand for a missing number or date; among words they are words. */
export const GAP_MARKS: readonly string[] = [
  ...['-', '--', '---', '–', '—', '.'],
  ...['N/D', 'n/d', 'N.D.', 'n.d.', 's.o.', 'keine Angabe', 'missing', 'None', 'ERR', 'ERROR', 'Error', 'error'],
  ...['#VALUE!', '#REF!', '#DIV/0!', '#NAME?', '#NUM!', '#WERT!', '#BEZUG!', '#VALEUR!'],
];

const marks: ReadonlySet<unknown> = new Set(GAP_MARKS);

/** Whether the cell is a mark that stands for a missing number or date. */
export const isGapMark = (cell: Cell): cell is string => typeof cell === 'string' && marks.has(cell.trim());

/** Whether the cell is a gap in a column of numbers, booleans or dates. */
export const isNumberGap = (cell: Cell): boolean => isGap(cell) || isGapMark(cell);

/** Longest text of a number, in characters: all digits of the smallest one, marks between them, and a unit. */
export const MAX_NUMBER_LENGTH = 1200;

const DECIMAL = /^[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:e[+-]?\d+)?$/i;

/** The finite number in a cell, given as a number or in decimal notation; undefined for anything else. */
export function readNumber(cell: Cell): number | undefined {
  if (typeof cell === 'string') {
    const text = cell.trim();
    return text.length <= MAX_NUMBER_LENGTH && DECIMAL.test(text) ? finite(Number(text)) : undefined;
  }
  return typeof cell === 'number' ? finite(cell) : undefined;
}

const finite = (value: number): number | undefined => (Number.isFinite(value) ? value : undefined);

const booleanWords = new Map<string, number>([
  ...['true', 'yes', 't', 'y', '1'].map((word): [string, number] => [word, 1]),
  ...['false', 'no', 'f', 'n', '0'].map((word): [string, number] => [word, 0]),
]);

/** 1 for true, yes, t, y or 1, and 0 for false, no, f, n or 0, in any case; undefined for anything else. */
export const readBoolean = (cell: Cell): number | undefined =>
  // The text of a list such as ["yes"] is that of its only entry.
  typeof cell === 'object' ? undefined : booleanWords.get(String(cell).trim().toLowerCase());

/** The text in a cell without spaces at its ends; undefined for empty text, null, NaN and anything else. */
export function readText(cell: Cell): string | undefined {
  if (cell === null || cell === undefined || typeof cell === 'object' || Number.isNaN(cell)) return undefined;
  return String(cell).trim() || undefined;
}

/** The category in a cell: its text, trimmed. Texts of one number are one category: 1, 1.0 and '01'. */
export function readCategory(cell: Cell): string {
  const value = readNumber(cell);
  return value === undefined ? String(cell).trim() : String(value);
}
