import { counted, listed, readBoolean, readNumber, show } from '@gradloom/core/internal';
import { checkTable } from './check-table.ts';
import { leaveOut } from './column-collector.ts';
import type { Table, TableColumn } from './table.ts';

/** Most warnings about single columns: a wide table may have thousands. */
const MOST_WARNINGS = 10;

/**
 * Warns of columns with one value, which tell nothing about new rows, of numbers that may stand for gaps, and of words
 * in several spellings.
 */
export function columnWarnings(columns: readonly TableColumn[], rows: number): string[] {
  // With a single row every column has one value; the warning of the target says so.
  if (rows === 1) return [];
  return atMost(
    MOST_WARNINGS,
    columns.flatMap((column) => {
      const what = constancy(column);
      if (what !== undefined) return [`column ${show(column.name)} ${what} (${leaveOut(column.name)})`];
      const odd = warnOfSentinel(column) ?? spellings(column, 'categories', 'in the file, and in rows to predict,');
      return odd === undefined ? [] : [`column ${show(column.name)} ${odd}`];
    }),
  );
}

/**
 * Warns of a target with one value, or with one class if no others are known: nothing can be learned from it. Warns of
 * classes that seem to be one in two spellings.
 */
export const targetWarnings = (file: string, { rows, targets }: Pick<Table, 'rows' | 'targets'>): string[] =>
  targets.flatMap((target) => {
    const { name: column, data } = target;
    const value = onlyValue(data);
    if (value === undefined) {
      const several = spellings(target, 'classes', 'in the file');
      return several === undefined ? [] : [`column ${show(column)}, the target, ${several}`];
    }
    const all = rows === 1 ? 'its only row' : `all ${rows} rows`;
    const nothing = data.kind === 'words' ? 'nothing to tell apart' : 'nothing to learn';
    return [`${file}: column ${show(column)}, the target, has ${show(value)} in ${all}, so there is ${nothing}`];
  });

/** Most words that a warning lists as spellings of each other. */
const MOST_SPELLINGS = 10;

/** Says which words differ in case or spaces alone, or are spellings of one answer, such as yes and Y. */
function spellings({ data }: TableColumn, what: 'classes' | 'categories', where: string): string | undefined {
  if (data.kind !== 'words') return undefined;
  const { words } = data;
  const areAnswers = words.every((word) => readNumber(word) === undefined && readBoolean(word) !== undefined);
  const keyOf = (word: string): string =>
    areAnswers ? String(readBoolean(word)) : word.toLowerCase().replace(/\s+/g, ' ');
  const keys = words.map(keyOf);
  if (new Set(keys).size === words.length) return undefined;
  const counts = new Uint32Array(words.length);
  for (const index of data.indices) if (index !== -1) counts[index]++;
  const groups = new Map<string, string[]>();
  for (const [at, word] of words.entries()) {
    if (counts[at] === 0) continue;
    groups.set(keys[at], [...(groups.get(keys[at]) ?? []), `${show(word)} in ${counted(counts[at], 'row')}`]);
  }
  const several = [...groups.values()].filter((group) => group.length > 1);
  if (several.length === 0) return undefined;
  const shown = several.slice(0, MOST_SPELLINGS).map((group) => group.slice(0, MOST_SPELLINGS).join(' and '));
  const left = several.length - shown.length;
  const all = [...shown, ...(left > 0 ? [`${left} more of the kind`] : [])].join(', and ');
  return `has ${all}, which stay different ${what}: write them alike ${where} if they are one`;
}

/** Says of dates with a time of day, in a sentence, that it hardly counts. */
export function timeOfDay({ name, type, data, format }: TableColumn): string[] {
  if (
    type !== 'date' ||
    data.kind !== 'numbers' ||
    (format !== undefined && 'order' in format && format.order === 'time')
  )
    return [];
  const { values } = data;
  const [least, greatest] = extentOf(values);
  if (greatest - least < FEWEST_DAYS) return [];
  const secondOf = (days: number): number => Math.round(86_400 * (days - Math.floor(days))) % 86_400;
  const first = values.find((value) => !Number.isNaN(value)) ?? 0;
  if (values.every((value) => Number.isNaN(value) || secondOf(value) === secondOf(first))) return [];
  const span = `${Math.round(greatest - least)} days`;
  return [
    `the time of day in ${show(name)} hardly counts, since the column becomes one number over ${span} (a column of the hour makes it count)`,
  ];
}

/** In fewer days a part of a day counts. */
const FEWEST_DAYS = 3;

/** The first warnings, and the number of the others. */
function atMost(most: number, warnings: readonly string[]): string[] {
  if (warnings.length <= most) return [...warnings];
  const left = warnings.length - most + 1;
  const rest = `${left} more columns have one value in all rows, a number far outside of the others, or a word in several spellings`;
  return [...warnings.slice(0, most - 1), rest];
}

function constancy({ data, gaps }: TableColumn): string | undefined {
  const value = gaps > 0 ? undefined : onlyValue(data);
  return value === undefined ? undefined : `has ${show(value)} in all rows`;
}

/** The value that all cells have, if they do; the column has no gaps. */
function onlyValue(data: TableColumn['data']): string | number | undefined {
  if (data.kind === 'words') return data.words.length === 1 ? data.words[0] : undefined;
  const { values } = data;
  const [first] = values;
  return values.every((value) => value === first) ? first : undefined;
}

/** Numbers that stand for a gap in many files: 99, 999 and so on, of either sign, and -1000. */
const SENTINELS: ReadonlySet<number> = new Set(
  Array.from({ length: 14 }, (_, k) => 10 ** (k + 2)).flatMap((power) => [power - 1, 1 - power, -10 * power]),
);

/** The names of the inputs of a table with a number that may stand for a gap, far outside of all others. */
export const sentinelsIn = (table: Table): string[] => named(checkTable('sentinelsIn', table).inputs);

const named = (columns: readonly TableColumn[]): string[] =>
  columns.filter((column) => sentinelOf(column) !== undefined).map(({ name }) => name);

/** A sentence on the columns that are scaled by median and quartiles, since a number may stand for a gap. */
export function robustlyScaled(columns: readonly TableColumn[]): string[] {
  const names = named(columns).map(show);
  if (names.length === 0) return [];
  const why = 'if training rows have the number far outside of the others (--scale standard: mean and deviation)';
  return [`scaled by median and quartiles, ${why}: ${listed(names, 3)}`];
}

/** The least and the greatest number, without gaps and those that are left out; infinities if there is none. */
export function extentOf(values: Float64Array, left?: ReadonlySet<number>): [least: number, greatest: number] {
  let least = Number.POSITIVE_INFINITY;
  let greatest = Number.NEGATIVE_INFINITY;
  // An iterator would take six times as long.
  for (let n = 0; n < values.length; n++) {
    const value = values[n];
    if (left?.has(value)) continue;
    if (value < least) least = value;
    if (value > greatest) greatest = value;
  }
  return [least, greatest];
}

/** A number that may stand for a gap, and the extent of the others. */
interface Sentinel {
  readonly value: number;
  readonly least: number;
  readonly most: number;
}

/** A number that may stand for a gap, far outside of all others: further than they are from each other. */
export function sentinelOf({ type, data, format }: TableColumn): Sentinel | undefined {
  if (type !== 'numeric' || data.kind !== 'numbers' || (format !== undefined && 'order' in format)) return undefined;
  // A number between two others is not far outside.
  const outer = new Set(extentOf(data.values).filter((value) => SENTINELS.has(value)));
  if (outer.size === 0) return undefined;
  const [least, most] = extentOf(data.values, SENTINELS);
  const value = [...outer].find((value) => Math.max(least - value, value - most) > Math.max(most - least, 0));
  return value === undefined || least > most ? undefined : { value, least, most };
}

function warnOfSentinel(column: TableColumn): string | undefined {
  const found = sentinelOf(column);
  if (found === undefined || column.data.kind === 'words') return undefined;
  const { value, least, most } = found;
  const count = column.data.values.reduce((sum, other) => (other === value ? sum + 1 : sum), 0);
  const rows = count === 1 ? 'a row' : `${count} rows`;
  return `has ${value} in ${rows}, far outside of the others, which are from ${least} to ${most}: if it stands for a gap, empty these cells, here and in rows to predict`;
}
