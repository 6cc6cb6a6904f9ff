import { OptionError, type SeriesGaps, type SeriesStep } from '@gradloom/core';
import { counted, show, showName } from '@gradloom/core/internal';
import { mapSets } from '../dataset.ts';
import { heldOutRows, type SplitOptions, type SplitRows } from '../split.ts';
import { SERIES_GAPS } from './advice.ts';
import type { CollectedRows } from './collect-rows.ts';
import { isNext, monthsBetween, nextOf, stepText, timeText } from './series-step.ts';
import { splitInOrder } from './split-by-column.ts';
import type { Table, TableColumn, TableSeries } from './table.ts';
import type { TableFault } from './table-faults.ts';

/** T and H of windows for which no context and no horizon are given. */
export const CONTEXT = 24;
export const HORIZON = 1;

/** Rows that follow each other in one series, at positions `first` .. `first + length - 1` of an order. */
type Segment = { readonly first: number; readonly length: number };

/**
 * Checks that the rows of each series are in the order of time, with `gaps` refuse without gaps, and returns the time
 * from a row to the next: the known one of a model, or the most frequent one; and the number of gaps.
 * @throws Error of `fault` naming the first row that is out of order, or comes after a gap.
 */
export function evenStep(
  { time, key, rows, locations }: Pick<TableSeries, 'time' | 'key'> & Pick<CollectedRows, 'rows' | 'locations'>,
  known: { readonly step: SeriesStep | undefined; readonly isOfModel: boolean },
  gaps: SeriesGaps,
  fault: TableFault,
): { readonly step: SeriesStep; readonly gapCount: number } {
  const isDate = time.type === 'date';
  const values = time.data.kind === 'numbers' ? time.data.values : new Float64Array(rows);
  const previous = previousRows(key, rows);
  const rowTitle = (n: number) => `${locations[n]}${key?.data.kind === 'words' ? ` (${show(keyOf(key, n))})` : ''}`;
  const timeOf = (n: number) => timeText(values[n], isDate);
  for (let n = 0; n < rows; n++) {
    const before = previous[n];
    if (before === -1 || values[n] > values[before]) continue;
    const ways = known.isOfModel ? 'a series has one row for each time' : MEANS;
    const advice = key === null ? `--series-key tells several series apart, ${ways}` : ways;
    const why = values[n] === values[before] ? advice : 'rows are read in the order of time';
    const expected = `a time after ${timeOf(before)} of ${locations[before]} (${why})`;
    throw fault(`: ${rowTitle(n)} has the time ${timeOf(n)}, expected ${expected}`);
  }
  const steps = known.step === undefined ? likelySteps(values, previous, isDate) : [known.step];
  // Of days and months, the step that fits more rows is meant.
  const candidates = steps.map((step) => ({ step, gap: firstGap(values, previous, step) }));
  const { step, gap: n } = candidates.reduce((a, b) => (b.gap > a.gap ? b : a));
  if (n === rows) return { step, gapCount: 0 };
  if (gaps !== 'refuse') {
    const follows = (row: number): boolean => previous[row] === -1 || isNext(values[previous[row]], values[row], step);
    return { step, gapCount: previous.filter((_, row) => !follows(row)).length };
  }
  const before = previous[n];
  const next = timeText(nextOf(values[before], step), isDate);
  const source = known.isOfModel
    ? 'as the model was trained with'
    : `as ${known.step ? 'asked for' : 'between most rows'}${GAP_ADVICE}`;
  const why = `${stepText(step)} after ${locations[before]}, ${source}`;
  throw fault(`: ${rowTitle(n)} has the time ${timeOf(n)}, expected ${next} (${why})`);
}

const MEANS = '--every takes the mean of the rows in each step';
const GAP_ADVICE = `; ${SERIES_GAPS}, ${MEANS}`;

/** The rows of a table before each in its series [N]; -1 for the first of one. */
export function previousRows(key: TableColumn | null, rows: number): Int32Array {
  const previous = new Int32Array(rows);
  const last = new Map<number, number>();
  for (let n = 0; n < rows; n++) {
    const series = seriesOf(key, n);
    previous[n] = last.get(series) ?? -1;
    last.set(series, n);
  }
  return previous;
}

/** The number of a row's series. */
export const seriesOf = (key: TableColumn | null, n: number): number =>
  key?.data.kind === 'words' ? key.data.indices[n] : 0;

/** The name of a row's series. */
export const keyOf = (key: TableColumn, n: number): string =>
  key.data.kind === 'words' ? key.data.words[key.data.indices[n]] : '';

/** The first row that does not come one step after the row before it; N if there is none. */
function firstGap(values: Float64Array, previous: Int32Array, step: SeriesStep): number {
  const gap = previous.findIndex((before, n) => before !== -1 && !isNext(values[before], values[n], step));
  return gap === -1 ? values.length : gap;
}

/** The most frequent distance between rows; between dates also in months, if some are whole months apart. */
function likelySteps(values: Float64Array, previous: Int32Array, isDate: boolean): SeriesStep[] {
  const mostFrequent = (distance: (a: number, b: number) => number): number | undefined => {
    const counts = new Map<number, { size: number; count: number }>();
    for (const [n, before] of previous.entries()) {
      if (before === -1) continue;
      const size = distance(values[before], values[n]);
      const roundedSize = Number(size.toPrecision(6)); // distances of one step differ by rounding
      const distanceCount = counts.get(roundedSize) ?? { size, count: 0 };
      counts.set(roundedSize, { ...distanceCount, count: distanceCount.count + 1 });
    }
    counts.delete(Number.NaN);
    return [...counts.values()].reduce((a, b) => (b.count > a.count ? b : a), { size: 0, count: 0 }).size || undefined;
  };
  const size = mostFrequent((a, b) => b - a) ?? 1;
  if (!isDate) return [{ unit: 'numbers', size }];
  const months = size < 28 ? undefined : mostFrequent(monthsBetween);
  return [{ unit: 'days', size }, ...(months === undefined ? [] : [{ unit: 'months', size: months } as const])];
}

/** The rows of each series among `rows`, one series after another, in segments without gaps. */
export function segmentsOf(
  { key, time, step, gaps }: TableSeries,
  tableRows: number,
  rows: Uint32Array,
): { order: Uint32Array; segments: Segment[] } {
  const previous = previousRows(key, tableRows);
  const values = time.data.kind === 'numbers' ? time.data.values : new Float64Array(tableRows);
  const order = rows.toSorted((a, b) => seriesOf(key, a) - seriesOf(key, b) || a - b);
  const segments: Segment[] = [];
  let first = 0;
  for (let i = 1; i <= order.length; i++) {
    const isInSeries = i < order.length && previous[order[i]] === order[i - 1];
    if (isInSeries && (gaps !== 'skip' || isNext(values[order[i - 1]], values[order[i]], step))) continue;
    segments.push({ first, length: i - first });
    first = i;
  }
  return { order, segments };
}

/** Number of rows in the longest segment. */
export const longestOf = (segments: readonly Segment[]): number =>
  segments.reduce((longest, { length }) => Math.max(longest, length), 0);

/**
 * The positions in `order` at which windows of T rows start, each with H rows after it. No window crosses two segments.
 * The last row of a window, and the rows to forecast, are not interpolated: they would be made of later rows.
 */
export function windowStarts(
  { context: T, horizon: H, filled }: TableSeries,
  { order, segments }: ReturnType<typeof segmentsOf>,
): number[] {
  const isKnown = (row: number): boolean => filled === undefined || filled.before[row] === filled.after[row];
  return segments
    .flatMap(({ first, length }) => Array.from({ length: Math.max(0, length - T - H + 1) }, (_, n) => first + n))
    .filter((start) => filled === undefined || order.subarray(start + T - 1, start + T + H).every(isKnown));
}

/**
 * The rows of each set by time: the last are the test, and those before are for validation, in all series from the same
 * times on. @throws OptionError if a set has no window.
 */
export function splitByTime(where: string, table: Table, series: TableSeries, options: SplitOptions): SplitRows {
  const { name, rows } = table;
  const { test, validation } = heldOutRows(where, table, options);
  const refusedOption = (['folds', 'fold'] as const).find((option) => options[option] !== undefined);
  if (refusedOption !== undefined || options.stratify === true) {
    const option = refusedOption ?? 'stratify';
    const problem = `has ${show(options[option])}, expected none: a series is split by time (validation, test)`;
    throw new OptionError(where, option, problem);
  }
  const times = series.time.data.kind === 'numbers' ? series.time.data.values : new Float64Array(rows);
  const sets = withoutRowsBetween(splitInOrder(times, { validation, test }), series);
  for (const [set, setRows] of Object.entries(sets)) {
    const { context: T, horizon: H } = series;
    const setSegments = segmentsOf(series, rows, setRows);
    if (windowStarts(series, setSegments).length > 0) continue;
    const title = `the ${set === 'train' ? 'training' : set} rows of ${showName(name)}`;
    const has = `has ${T}, and ${title} have ${counted(longestOf(setSegments.segments), 'row')} of a series`;
    const expected = `${T + H} or more (a window, and ${counted(H, 'row')} to forecast)`;
    throw new OptionError(where, 'context', `${has}, expected ${expected}`);
  }
  return sets;
}

/** Leaves out interpolated rows between known rows of different sets, so that no set has numbers of another. */
function withoutRowsBetween(sets: SplitRows, { filled }: TableSeries): SplitRows {
  if (filled === undefined) return sets;
  const { before, after } = filled;
  return mapSets(sets, (rows) => {
    const isInSet = new Uint8Array(before.length);
    for (const row of rows) isInSet[row] = 1;
    return rows.filter((row) => isInSet[before[row]] === 1 && isInSet[after[row]] === 1);
  });
}
