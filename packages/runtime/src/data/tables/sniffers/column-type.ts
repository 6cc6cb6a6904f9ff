import type { CellFormat, ColumnType } from '@gradloom/core';
import {
  counted,
  exampleOf,
  invalidDayHint,
  isDateFormat,
  isGapMark,
  readBoolean,
  readDate,
  readNumber,
  show,
} from '@gradloom/core/internal';
import { EMPTY_CELLS, leaveOut, readAsCategories } from '../advice.ts';
import type { CollectedColumn } from '../columns/column-collector.ts';
import type { TableColumn } from '../table.ts';
import { ONE_HOT_LIMIT } from '../table-options.ts';
import { isTotal } from './end-of-table.ts';
import { excludeWords } from './exclusions.ts';
import type { Exclusion } from './sniffer.ts';

/** Numbers mixed with words are categories up to this many distinct cells; with more, a word is a mistake. */
export const MAX_CODES = 20;

/** A problem of a column as a whole. */
export class ColumnError extends Error {}

/** A column with its type, or why it is left out. */
export type TypedColumn = { readonly column: TableColumn } | { readonly exclusion: Exclusion };

/** The collected column with the type that fits all of its cells. @throws ColumnError for mistakes. */
export function typeColumn(
  name: string,
  requested: ColumnType | undefined,
  cells: CollectedColumn,
  oneHotLimit: number,
  format?: CellFormat,
): TypedColumn {
  const { kind, words, gaps, gapMark } = cells;
  const asRequested = requested && `read as ${requested}, as asked for`;
  const markNote = gapMark === null ? '' : `, ${show(gapMark.cell)} is a gap`;
  const numbers = (type: ColumnType, reason: string, values = cells.drainCells(), gapCount = gaps): TypedColumn => {
    const data = { kind: 'numbers', values } as const;
    return { column: { name, type, reason: reason + markNote, gaps: gapCount, data, ...(format && { format }) } };
  };
  if (
    requested === 'text' ||
    requested === 'image' ||
    (requested === 'categorical' && format === undefined && kind === 'words')
  ) {
    const data = { kind: 'words', words, indices: Int32Array.from(cells.drainCells()) } as const;
    return { column: { name, type: requested, reason: asRequested ?? '', gaps, data } };
  }
  if (format !== undefined) return numbers(isDateFormat(format) ? 'date' : 'numeric', describeFormat(format));
  if (kind === 'dates') return numbers('date', asRequested ?? 'all cells are dates');
  if (kind === 'numbers') return numbers(requested ?? 'numeric', asRequested ?? 'all cells are numbers');
  const booleans = parseAll(words, (word) => (readNumber(word) === undefined ? readBoolean(word) : undefined));
  if (booleans !== undefined) {
    return numbers('boolean', `all cells are ${answersIn(words, booleans)}`, decode(cells, booleans));
  }
  const dates = cells.dateWords === 0 ? undefined : parseAll(words, readDateOrMark);
  if (dates !== undefined) {
    const values = decode(cells, dates);
    return numbers('date', 'all cells are dates', values, values.filter(Number.isNaN).length);
  }
  return typeWords(name, cells, Math.max(ONE_HOT_LIMIT, oneHotLimit));
}

/**
 * A column of words that are neither all booleans nor all dates: categories, text, or numbers or dates with mistakes.
 */
function typeWords(name: string, cells: CollectedColumn, maxCategories: number): TypedColumn {
  const { kind, words, gaps, nonNumber, nonDate, dateWords } = cells;
  // A column with too many words has kept no cells.
  const indices = kind === 'words' ? Int32Array.from(cells.drainCells()) : null;
  if (nonDate !== null && 2 * dateWords > words.length) {
    const share = shareOf(words, indices, (word) => readDate(word) !== undefined);
    const has = `has ${show(nonDate.cell)} in ${nonDate.location}${invalidDayHint(nonDate.cell)}`;
    throw new ColumnError(`${has}, expected a date${asInCells(share)} (${adviceOnMisfits(name, share)})`);
  }
  const isNumeric = areMostlyNumbers(words);
  const hasTooManyWords = indices === null || words.length > maxCategories;
  if (isNumeric && (hasTooManyWords || words.length > MAX_CODES)) {
    const share = shareOf(words, indices, isNumber);
    const advice = isTotal(nonNumber?.cell) ? 'take the row of totals out of the file' : adviceOnMisfits(name, share);
    const has = `has ${show(nonNumber?.cell)} in ${nonNumber?.location}`;
    throw new ColumnError(`${has}, expected a number${asInCells(share)} (${advice})`);
  }
  if (indices === null || (hasTooManyWords && words.length > (indices.length - gaps) / 2)) {
    return { exclusion: excludeWords(name, words, indices === null) };
  }
  const nonNumberNote = nonNumber === null ? '' : `${show(nonNumber.cell)} in ${nonNumber.location} is not a number`;
  const reason = isNumeric ? nonNumberNote : counted(words.length, 'different word');
  return { column: { name, type: 'categorical', reason, gaps, data: { kind: 'words', words, indices } } };
}

export const isNumber = (word: string): boolean => readNumber(word) !== undefined;

export const areMostlyNumbers = (words: readonly string[]): boolean => words.filter(isNumber).length > words.length / 2;

/** The format of a column, for a table of columns. */
export function describeFormat(format: CellFormat): string {
  const kindText = !isDateFormat(format) ? 'numbers' : format.order === 'time' ? 'times' : 'dates';
  return `${kindText} like ${exampleOf(format)}`;
}

/** How many cells are as expected, of all that are no gaps. */
type Share = { readonly count: number; readonly total: number };

/** Counts the cells that are as expected; undefined for a column whose cells were not kept. */
export function shareOf(
  words: readonly string[],
  indices: ArrayLike<number> | null,
  isExpected: (word: string) => boolean,
): Share | undefined {
  if (indices === null) return undefined;
  const areExpected = words.map(isExpected);
  let [count, total] = [0, 0];
  for (let n = 0; n < indices.length; n++) {
    if (indices[n] === -1) continue;
    total++;
    if (areExpected[indices[n]]) count++;
  }
  return { count, total };
}

export const asInCells = (share: Share | undefined): string =>
  share === undefined ? ', as in most rows' : `, as in ${share.count} of ${share.total} cells`;

/** A column with fewer cells as expected than this share may be one of categories. */
const NEARLY_ALL = 0.9;

/** Advice on cells that are not as expected. */
function adviceOnMisfits(name: string, share: Share | undefined): string {
  const isMixed = share !== undefined && share.count < NEARLY_ALL * share.total;
  return [EMPTY_CELLS, leaveOut(name), ...(isMixed ? [readAsCategories(name)] : [])].join(', ');
}

/** The first words for true and for false, or all spellings of the only one. */
function answersIn(words: readonly string[], values: Float64Array): string {
  const other = words[values.findIndex((value) => value !== values[0])];
  if (other !== undefined) return `${words[0]} or ${other}`;
  return words.length === 1 ? words[0] : `${words[0]}, also written ${words.slice(1).join(', ')}`;
}

const readDateOrMark = (word: string): number | undefined => (isGapMark(word) ? Number.NaN : readDate(word));

/** Parses all words; undefined if one of them cannot be parsed. */
function parseAll(words: readonly string[], read: (word: string) => number | undefined): Float64Array | undefined {
  if (words.length === 0) return undefined;
  const values = new Float64Array(words.length);
  for (const [index, word] of words.entries()) {
    const value = read(word);
    if (value === undefined) return undefined;
    values[index] = value;
  }
  return values;
}

/** Replaces word indices by the parsed values of the words. */
function decode(collectedColumn: CollectedColumn, values: Float64Array): Float64Array {
  const cells = collectedColumn.drainCells();
  for (let n = 0; n < cells.length; n++) cells[n] = cells[n] === -1 ? Number.NaN : values[cells[n]];
  return cells;
}
