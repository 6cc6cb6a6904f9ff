import { createRandom, OptionError, shuffle } from '@gradloom/core';
import { show, showName } from '@gradloom/core/internal';
import { type Fold, foldOf, heldOutRows, type SplitOptions, type SplitRows } from '../split.ts';
import { checkTable, type Table, type TableSplit } from './table.ts';

type RowCounts = { readonly validation: number; readonly test: number };

/**
 * The rows of each set, ascending. By time the last rows are the test, and those before are for validation; of folds,
 * each is trained on what lies before its test rows. By group, the rows of a group are in one set.
 * @throws OptionError if a set would have no rows.
 */
export function splitByColumn(
  where: string,
  table: Table,
  { by, column }: TableSplit,
  options: SplitOptions,
): SplitRows {
  if (options.stratify === true) {
    throw new OptionError(where, 'stratify', `has true, expected none: rows are split by ${by}`);
  }
  const counts = heldOutRows(where, table, options);
  const fold = foldOf(where, table.rows - counts.test, options);
  const sets =
    column.data.kind === 'numbers'
      ? byTime(column.data.values, counts, fold)
      : byGroup(column.data.indices, column.data.words.length, counts, fold, options.seed ?? 0);
  for (const [set, rows] of Object.entries(sets)) {
    if (rows.length > 0) continue;
    const columnKind = by === 'time' ? 'times' : 'groups';
    const problem = `has ${show(table.options.split)}, by which ${showName(table.name)} has no ${set} rows, expected more ${columnKind}`;
    throw new OptionError(where, 'split', problem);
  }
  return sets;
}

const NAME_OF_TIME =
  /(^|[\s_.-])(time|timestamp|ts|epoch|unixtime|date|datetime|day|week|month|quarter|year|period|yyyymm|yyyymmdd|zeit|zeitstempel|datum|tag|woche|monat|quartal|jahr)([\s_.-]*\(?(s|sec|ms|us|ns|utc|unix)\)?)?$|[\s_.-]at$/i;
const TIME_SUFFIX = /[a-z](Time|Timestamp|Date|Day|Week|Month|Year|At)$/;

/** Whether numbers in a column of this name are times: seconds since 1970, years, or months such as 202401. */
export const isNameOfTime = (name: string): boolean => NAME_OF_TIME.test(name) || TIME_SUFFIX.test(name);

/** The name of a column of dates or times by which the rows are sorted, ascending or descending. */
export const timeInOrder = (table: Table): string | undefined =>
  checkTable('timeInOrder', table).inputs.find(({ name, type, data, gaps }) => {
    if (gaps > 0 || data.kind !== 'numbers' || !(type === 'date' || (type === 'numeric' && isNameOfTime(name))))
      return false;
    const { values } = data;
    const sign = Math.sign(values[values.length - 1] - values[0]);
    return sign !== 0 && values.every((value, n) => n === 0 || sign * (value - values[n - 1]) >= 0);
  })?.name;

/** Splits by time: the last rows are the test, those before them for validation. Rows of one time are in one set. */
export function splitInOrder(
  times: Float64Array, // [N]
  { validation, test }: RowCounts,
  rows: Uint32Array = Uint32Array.from({ length: times.length }, (_, n) => n), // the rows to split, ascending
): SplitRows {
  const sorted = Float64Array.from(rows, (n) => times[n]).sort();
  /** The time from which on there are `count` rows. */
  const startOfLast = (count: number): number =>
    count === 0 ? Number.POSITIVE_INFINITY : sorted[sorted.length - count];
  const [validationStart, testStart] = [startOfLast(test + validation), startOfLast(test)];
  const rowsBetween = (low: number, high: number) => rows.filter((n) => times[n] >= low && times[n] < high);
  return {
    train: rowsBetween(Number.NEGATIVE_INFINITY, Math.min(validationStart, testStart)),
    ...(validation === 0 ? {} : { validation: rowsBetween(validationStart, testStart) }),
    ...(test === 0 ? {} : { test: rowsBetween(testStart, Number.POSITIVE_INFINITY) }),
  };
}

/** As `TimeSeriesSplit` of scikit-learn: of K + 1 parts, fold k tests on part k + 1 and trains on those before. */
function byTime(times: Float64Array, counts: RowCounts, fold: Fold | null): SplitRows {
  if (fold === null) return splitInOrder(times, counts);
  const { train: rows } = splitInOrder(times, { validation: 0, test: counts.test });
  const sortedTimes = Float64Array.from(rows, (n) => times[n]).sort();
  const foldRows = Math.max(1, Math.floor(rows.length / (fold.folds + 1)));
  const rowsAfter = (fold.folds - fold.fold) * foldRows; // after those of the fold
  const start = sortedTimes[sortedTimes.length - rowsAfter - foldRows];
  const end = rowsAfter === 0 ? Number.POSITIVE_INFINITY : sortedTimes[sortedTimes.length - rowsAfter];
  const rowsBefore = rows.filter((n) => times[n] < start);
  const { train, validation } = splitInOrder(times, { validation: counts.validation, test: 0 }, rowsBefore);
  return { train, ...(validation && { validation }), test: rows.filter((n) => times[n] >= start && times[n] < end) };
}

/** The groups of a set, and the others. */
type GroupSplit = { readonly set: readonly number[]; readonly rest: readonly number[] };

/** Deals groups: for shares in random order, for folds as `GroupKFold` does, the largest to the smallest fold. */
function byGroup(
  groupOf: Int32Array, // [N]
  groups: number,
  { validation, test }: RowCounts,
  fold: Fold | null,
  seed: number,
): SplitRows {
  const sizes = new Uint32Array(groups);
  for (const group of groupOf) sizes[group]++;
  const order = Uint32Array.from({ length: groups }, (_, group) => group);
  shuffle(order, createRandom(seed, 'split'));
  const testPart = takeRows(order, test);
  const foldPart = fold === null ? null : takeFold(testPart.rest, fold);
  const validationPart = takeRows(foldPart?.rest ?? testPart.rest, validation);
  const rowsIn = (setGroups: readonly number[]): Uint32Array => {
    const isIn = new Uint8Array(groups);
    for (const group of setGroups) isIn[group] = 1;
    return Uint32Array.from({ length: groupOf.length }, (_, n) => n).filter((n) => isIn[groupOf[n]] === 1);
  };
  return {
    train: rowsIn(validationPart.rest),
    ...(validation === 0 ? {} : { validation: rowsIn(validationPart.set) }),
    ...(test === 0 && foldPart === null ? {} : { test: rowsIn(foldPart?.set ?? testPart.set) }),
  };

  /** Takes groups into a set while they bring its number of rows closer to `count`. */
  function takeRows(from: Iterable<number>, count: number): GroupSplit {
    const [set, rest]: [number[], number[]] = [[], []];
    let rows = 0;
    for (const group of from) {
      const isCloser = Math.abs(rows + sizes[group] - count) < Math.abs(rows - count);
      (isCloser ? set : rest).push(group);
      if (isCloser) rows += sizes[group];
    }
    return { set, rest };
  }

  function takeFold(from: readonly number[], { folds, fold }: Fold): GroupSplit {
    const foldRows = new Float64Array(folds);
    const set = new Set<number>();
    for (const group of from.toSorted((a, b) => sizes[b] - sizes[a])) {
      const smallest = foldRows.indexOf(Math.min(...foldRows));
      foldRows[smallest] += sizes[group];
      if (smallest === fold - 1) set.add(group);
    }
    return { set: [...set], rest: from.filter((group) => !set.has(group)) };
  }
}
