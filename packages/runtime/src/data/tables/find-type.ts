import type { Cell, CellFormat, ColumnType } from '@gradloom/core';
import { counted, isGapMark, noDay, readBoolean, readDate, readNumber, show } from '@gradloom/core/internal';
import { type Collected, flagWord, GAPS, leaveOut } from './column-collector.ts';
import { describeFormat } from './format-finder.ts';
import { leaveTextOut } from './left-out.ts';
import type { TableColumn } from './table.ts';
import { ONE_HOT_LIMIT } from './table-options.ts';
import { isTotal } from './total-row.ts';

/** Numbers mixed with words are categories up to this many distinct cells; with more, a word is a mistake. */
export const MOST_CODES = 20;

/** A problem of a column as a whole. */
export class ColumnError extends Error {}

/**
 * The collected column with the type that fits all of its cells.
 * @throws LeftOut for text, ColumnError for mistakes.
 */
export function columnOf(
  name: string,
  wanted: ColumnType | undefined,
  collected: Collected,
  oneHotLimit: number,
  format?: CellFormat,
): TableColumn {
  const { kind, words, gaps, odd, mark, undated } = collected;
  const given = (type: ColumnType) => (wanted === undefined ? undefined : `read as ${type}, as asked for`);
  const marked = mark === null ? '' : `, ${show(mark.cell)} is a gap`;
  const numbers = (type: ColumnType, reason: string, values = collected.take(), own = gaps): TableColumn => ({
    ...{ name, type, reason: (given(type) ?? reason) + marked },
    ...{ gaps: own, data: { kind: 'numbers', values } },
  });
  if (wanted === 'text') {
    const data = { kind: 'words', words, indices: Int32Array.from(collected.take()) } as const;
    return { name, type: 'text', reason: given('text') ?? '', gaps, data };
  }
  if (format !== undefined) {
    const type = 'order' in format ? 'date' : 'numeric';
    return { ...numbers(type, ''), reason: describeFormat(format) + marked, format };
  }
  if (kind === 'dates') return numbers('date', 'all cells are dates');
  if (kind === 'numbers') return numbers(wanted ?? 'numeric', 'all cells are numbers');
  const oddCell = odd === null ? '' : `${show(odd.cell)} in ${odd.place} is not a number`;
  if (wanted === undefined) {
    const found = readAll(words, readBoolean, isNoDigit);
    if (found !== undefined) {
      return numbers('boolean', `all cells are ${answersIn(words, found)}`, decoded(collected, found));
    }
    const dates =
      collected.dates === 0 ? undefined : readAll(words, (word) => (isGapMark(word) ? Number.NaN : readDate(word)));
    if (dates !== undefined) {
      const values = decoded(collected, dates);
      return numbers('date', 'all cells are dates', values, values.filter(Number.isNaN).length);
    }
    const indices = kind === 'words' ? Int32Array.from(collected.take()) : null;
    const values = indices === null ? 0 : indices.length - gaps;
    if (undated !== null && 2 * collected.dates > words.length) {
      const share = shareOf(words, indices, (word) => readDate(word) !== undefined);
      const has = `has ${show(undated.cell)} in ${undated.place}${noDay(undated.cell)}`;
      throw new ColumnError(`${has}, expected a date${asIn(share)} (${waysOf(name, share)})`);
    }
    const isNumeric = words.filter((word) => readNumber(word) !== undefined).length > words.length / 2;
    const isMistake = isNumeric && words.length > MOST_CODES;
    const isMany = indices === null || words.length > Math.max(ONE_HOT_LIMIT, oneHotLimit);
    if (isMistake || isMany) {
      const share = shareOf(words, indices, (word) => readNumber(word) !== undefined);
      const ways = isTotal(odd?.cell) ? 'take the row of totals out of the file' : waysOf(name, share);
      if (isNumeric) {
        throw new ColumnError(`has ${show(odd?.cell)} in ${odd?.place}, expected a number${asIn(share)} (${ways})`);
      }
      if (indices === null || words.length > values / 2) leaveTextOut(name, words, indices === null);
    }
    const reason = isNumeric ? oddCell : counted(words.length, 'different word');
    return { name, type: 'categorical', reason, gaps, data: { kind: 'words', words, indices } };
  }
  const data = { kind: 'words', words, indices: Int32Array.from(collected.take()) } as const;
  return { name, type: 'categorical', reason: given('categorical') ?? '', gaps, data };
}

/** How many cells are as expected, of how many with a word. */
interface Share {
  readonly count: number;
  readonly of: number;
}

/** Counts the cells that are as expected; undefined for a column whose cells were not kept. */
export function shareOf(
  words: readonly string[],
  indices: ArrayLike<number> | null,
  isFit: (word: string) => boolean,
): Share | undefined {
  if (indices === null) return undefined;
  const fit = words.map(isFit);
  let [count, of] = [0, 0];
  for (let n = 0; n < indices.length; n++) {
    if (indices[n] === -1) continue;
    of++;
    if (fit[indices[n]]) count++;
  }
  return { count, of };
}

export const asIn = (share: Share | undefined): string =>
  share === undefined ? ', as in most rows' : `, as in ${share.count} of ${share.of} cells`;

/** With fewer mistakes a column is none of categories. */
const NEARLY_ALL = 0.9;

/** Advice on cells that are not as expected. */
function waysOf(name: string, share: Share | undefined): string {
  const isMixed = share !== undefined && share.count < NEARLY_ALL * share.of;
  const ways = [GAPS, leaveOut(name)];
  return [...ways, ...(isMixed ? [`--column ${flagWord(`${name}:categorical`)} reads it as categories`] : [])].join(
    ', ',
  );
}

/** The first words for true and for false, or all spellings of the only one. */
function answersIn(words: readonly string[], values: Float64Array): string {
  const other = words[values.findIndex((value) => value !== values[0])];
  if (other !== undefined) return `${words[0]} or ${other}`;
  return words.length === 1 ? words[0] : `${words[0]}, also written ${words.slice(1).join(', ')}`;
}

/** Parses all words; undefined if one of them cannot be parsed. */
function readAll(
  words: readonly string[],
  read: (cell: Cell) => number | undefined,
  isFit: (word: string) => boolean = () => true,
): Float64Array | undefined {
  if (words.length === 0) return undefined;
  const values = new Float64Array(words.length);
  for (const [at, word] of words.entries()) {
    const value = isFit(word) ? read(word) : undefined;
    if (value === undefined) return undefined;
    values[at] = value;
  }
  return values;
}

/** 0 and 1 as words do not make a column boolean: they are numbers. */
const isNoDigit = (word: string): boolean => readNumber(word) === undefined;

/** Replaces word indices by the parsed values of the words. */
function decoded(collected: Collected, values: Float64Array): Float64Array {
  const places = collected.take();
  for (let n = 0; n < places.length; n++) places[n] = places[n] === -1 ? Number.NaN : values[places[n]];
  return places;
}
