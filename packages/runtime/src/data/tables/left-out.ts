import { show } from '@gradloom/core/internal';
import { flagWord } from './column-collector.ts';
import { extentOf } from './column-warnings.ts';
import { isNameOfTime } from './split-by-column.ts';
import type { TableColumn } from './table.ts';

/** With fewer rows, any column may have another value in each. */
const FEWEST_ROWS = 10;

/** Words of a cell on average, from which a column is text. */
const WORDS_OF_TEXT = 2;

/** Whole numbers that repeat less than by chance: this many rows would have the number of another one. */
const EXPECTED_REPEATS = 8;

const NAME_OF_ID = /(^|[\s_.-])(id|ids|uuid|guid|key|nr|no|number|nummer|index)$|[a-z](Id|ID|Nr|No|Key)$/;

/** The end of the reason of a text. */
export const READS_WORDS = ' reads its words)';

/** A column that is left out, with the reason and how to keep it. */
export class LeftOut extends Error {}

/** A table of which nothing is left but a column of texts, with the reasons why others are left out. */
export class OnlyText extends Error {
  readonly column: string;
  readonly others: ReadonlyMap<string, string>;

  constructor(column: string, others: ReadonlyMap<string, string>) {
    super(`column ${show(column)} is the only one left, and a text`);
    this.column = column;
    this.others = others;
  }
}

/** @throws LeftOut for a column of words that hardly repeat. */
export function leaveTextOut(name: string, words: readonly string[], isMore: boolean): never {
  const many = isMore ? `more than ${words.length.toLocaleString('en')}` : words.length.toLocaleString('en');
  throw words.length === 0 || meanWords(words) >= WORDS_OF_TEXT
    ? new LeftOut(`text, ${many} different cells (--column ${flagWord(`${name}:text`)}${READS_WORDS}`)
    : new LeftOut(`${many} different words (--column ${flagWord(`${name}:categorical`)} reads it as categories)`);
}

const meanWords = (cells: readonly string[]): number =>
  cells.reduce((sum, cell) => sum + cell.split(/\s+/).length, 0) / Math.max(1, cells.length);

/** The column of texts among columns of different cells: the one with the most words a cell. */
export function textAmong(columns: readonly { name: string; words: readonly string[] }[]): string | undefined {
  const texts = columns.map(({ name, words }) => ({ name, mean: meanWords(words) }));
  return texts.filter(({ mean }) => mean >= WORDS_OF_TEXT).toSorted((a, b) => b.mean - a.mean)[0]?.name;
}

/**
 * Why a column says nothing about new rows: whole numbers or words that are all different, as those of customers are.
 * Undefined for measurements, whole numbers from a range so large that they would hardly repeat by chance, and times.
 */
export function reasonOfId({ name, type, data, gaps, format }: TableColumn, rows: number): string | undefined {
  if (rows - gaps < FEWEST_ROWS || format !== undefined) return undefined;
  if (data.kind === 'words') {
    if (data.words.length < rows - gaps) return undefined;
    const way = `--column ${flagWord(`${name}:categorical`)} reads it as categories`;
    return `another word in each row, as names have (${way})`;
  }
  if (type !== 'numeric' || gaps > 0 || isNameOfTime(name) || !data.values.every(Number.isInteger)) return undefined;
  const [least, greatest] = extentOf(data.values);
  const range = greatest - least + 1;
  // Some numbers then repeat. To sort them would tell it, too, at many times the cost.
  if (range < rows) return undefined;
  const sorted = data.values.toSorted();
  for (let n = 1; n < rows; n++) if (sorted[n] === sorted[n - 1]) return undefined;
  const isCounted = range === rows;
  if (!isCounted && rows ** 2 / (2 * range) < EXPECTED_REPEATS && !NAME_OF_ID.test(name)) return undefined;
  const what = isCounted
    ? `the numbers of the rows, from ${least} to ${greatest}`
    : 'another whole number in each row, as ids have';
  return `${what} (--column ${flagWord(`${name}:numeric`)} keeps it)`;
}
