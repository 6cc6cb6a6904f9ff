import { show } from '@gradloom/core/internal';
import { columnFlag } from '../advice.ts';
import type { CollectedColumn } from '../columns/column-collector.ts';
import { isNameOfTime } from '../split-by-column.ts';
import type { TableColumn } from '../table.ts';
import { extentOf } from './numbers.ts';
import type { Exclusion, Sniffer } from './sniffer.ts';

/** The reason, and the flag that reads the column. */
export const describeExclusion = ({ reason, flag, effect }: Exclusion): string =>
  flag === undefined ? reason : `${reason} (${flag} ${effect})`;

/** The reason in what `describeExclusion` returned. */
export const reasonIn = (description: string): string =>
  description.endsWith(')') ? description.split(' (', 1)[0] : description;

export const LISTS: Exclusion = { reason: 'lists or objects, where a cell holds one value' };
export const ONLY_GAPS: Exclusion = { reason: 'nothing but gaps' };
export const NO_IMAGES: Exclusion = {
  reason: 'names of images, none of which lies in the folder of the table or in a folder there',
};

/** With fewer rows, any column may have another value in each. */
const MIN_ROWS = 10;

/** Words of a cell on average, from which a column is text. */
const MIN_WORDS_OF_TEXT = 2;

/** Leaves out a column of words that hardly repeat; `hasMore` if there are more than `words`. */
export function excludeWords(name: string, words: readonly string[], hasMore: boolean): Exclusion {
  const count = words.length.toLocaleString('en');
  const many = hasMore ? `more than ${count}` : count;
  if (words.length > 0 && meanWords(words) < MIN_WORDS_OF_TEXT) return asWords(name, `${many} different words`);
  const reason = `text, ${many} different cells`;
  return { reason, flag: columnFlag(name, 'text'), effect: 'reads its words' };
}

const asWords = (name: string, reason: string): Exclusion => ({
  reason,
  flag: columnFlag(name, 'categorical'),
  effect: 'reads it as categories',
});

const meanWords = (cells: readonly string[]): number =>
  cells.reduce((sum, cell) => sum + cell.split(/\s+/).length, 0) / Math.max(1, cells.length);

/** The column of texts among columns of different cells: the one with the most words a cell. */
export function textAmong(columns: readonly { name: string; words: readonly string[] }[]): string | undefined {
  const columnMeans = columns.map(({ name, words }) => ({ name, mean: meanWords(words) }));
  return columnMeans.filter(({ mean }) => mean >= MIN_WORDS_OF_TEXT).toSorted((a, b) => b.mean - a.mean)[0]?.name;
}

/** Words of a cell on average, from which a column is read as text beside others; two are names. */
const MIN_WORDS_BESIDE = 3;

/**
 * Describes a column of texts among others: more different cells than categories have inputs, or another in each row,
 * of three words or more, half of which other cells have, too. Undefined for other columns.
 */
export function describeTexts(
  { kind, words, gaps }: CollectedColumn,
  rows: number,
  oneHotLimit: number,
): string | undefined {
  const areAllDifferent = rows - gaps >= MIN_ROWS && words.length === rows - gaps;
  if (kind !== 'text' && (kind !== 'words' || (words.length <= oneHotLimit && !areAllDifferent))) return undefined;
  const counts = new Map<string, number>();
  let total = 0;
  for (const cell of words) {
    for (const word of cell.toLowerCase().split(/\s+/)) {
      counts.set(word, (counts.get(word) ?? 0) + 1);
      total++;
    }
  }
  const mean = total / words.length;
  const repeatedCount = [...counts.values()].reduce((sum, count) => sum + (count > 1 ? count : 0), 0);
  if (!(mean >= MIN_WORDS_BESIDE && 2 * repeatedCount >= total)) return undefined;
  const many = `${kind === 'text' ? 'more than ' : ''}${words.length.toLocaleString('en')}`;
  return `${many} different cells of ${Math.round(mean)} words`;
}

/** Why a column is read as text or images. */
export interface FoundPart {
  readonly type: 'text' | 'image';
  readonly reason: string;
}

/** Columns to read as texts or images, and columns that are then left out: with any, a text is all. */
export class PartsFound extends Error {
  readonly parts: ReadonlyMap<string, FoundPart>;
  readonly others: ReadonlyMap<string, Exclusion> | null;

  constructor(parts: ReadonlyMap<string, FoundPart>, others: ReadonlyMap<string, Exclusion> | null) {
    super([...parts].map(([name, { type }]) => `${show(name)}: read as ${type}`).join(', '));
    this.parts = parts;
    this.others = others;
  }
}

/** Whole numbers that are all different are ids if random ones from their range would have this many equal pairs. */
const EXPECTED_REPEATS = 8;

const NAME_OF_ID = /(^|[\s_.-])(id|ids|uuid|guid|key|nr|no|number|nummer|index)$|[a-z](Id|ID|Nr|No|Key)$/;

/**
 * Leaves out identifiers, which say nothing about new rows: whole numbers or words that are all different, as those of
 * customers are. Measurements, whole numbers from a range so large that they would hardly repeat by chance, and times
 * are none.
 */
export function excludeIdentifiers(
  { name, type, data, gaps, format }: TableColumn,
  rows: number,
): Exclusion | undefined {
  if (rows - gaps < MIN_ROWS || format !== undefined) return undefined;
  if (data.kind === 'words') {
    return data.words.length < rows - gaps ? undefined : asWords(name, 'another word in each row, as names have');
  }
  if (type !== 'numeric' || gaps > 0 || isNameOfTime(name) || !data.values.every(Number.isInteger)) return undefined;
  const [min, max] = extentOf(data.values);
  const range = max - min + 1;
  // With more rows than numbers in the range, some repeat. Sorting would show this too, at many times the cost.
  if (range < rows) return undefined;
  const sortedValues = data.values.toSorted();
  for (let n = 1; n < rows; n++) if (sortedValues[n] === sortedValues[n - 1]) return undefined;
  const areRowNumbers = range === rows;
  if (!areRowNumbers && rows ** 2 / (2 * range) < EXPECTED_REPEATS && !NAME_OF_ID.test(name)) return undefined;
  const reason = areRowNumbers
    ? `the numbers of the rows, from ${min} to ${max}`
    : 'another whole number in each row, as ids have';
  return { reason, flag: columnFlag(name, 'numeric'), effect: 'keeps it' };
}

/** Says which columns are left out, and how to keep them. */
export const exclusions: Sniffer = {
  flag: '--column',
  decide: ({ exclusions: excluded }) =>
    [...excluded].map(([name, exclusion]) => `column ${show(name)} is left out: ${describeExclusion(exclusion)}`),
};

/** Warns of a table of nothing but identifiers. */
export const identifiers: Sniffer = {
  flag: '--column',
  warn: (table) =>
    [...table.identifiers].map(([name, reason]) => `column ${show(name)} has ${describeExclusion(reason)}`),
};
