import { OptionError, type SeriesStep } from '@gradloom/core';
import { counted, show, showName } from '@gradloom/core/internal';
import { heldOutRows, type SplitOptions, type SplitRows } from '../split.ts';
import { splitInOrder } from './split-by-column.ts';
import type { Table, TableColumn, TableSeries } from './table.ts';
import type { TableFault } from './table-faults.ts';

/** T and H of windows for which no context and no horizon are given. */
export const CONTEXT = 24;
export const HORIZON = 1;

/** Rows that follow each other in one series, at positions `first` .. `first + length - 1` of an order. */
type Segment = { readonly first: number; readonly length: number };

/**
 * Checks that the rows of each series are in the order of time without gaps, and returns the time from a row to the
 * next: the known one of a model, or the most frequent one. @throws Error of `fault` naming the first row that is not.
 */
export function checkTimes(
  { time, key }: Pick<TableSeries, 'time' | 'key'>,
  rows: number,
  modelStep: SeriesStep | null,
  fault: TableFault,
): SeriesStep {
  const isDate = time.type === 'date';
  const values = time.data.kind === 'numbers' ? time.data.values : new Float64Array(rows);
  const previous = previousRows(key, rows);
  const rowTitle = (n: number) => `row ${n + 1}${key?.data.kind === 'words' ? ` (${show(keyOf(key, n))})` : ''}`;
  const timeOf = (n: number) => timeText(values[n], isDate);
  for (let n = 0; n < rows; n++) {
    const before = previous[n];
    if (before === -1 || values[n] > values[before]) continue;
    const advice = key === null ? '--series-key tells several series apart' : 'a series has one row for each time';
    const why = values[n] === values[before] ? advice : 'rows are read in the order of time';
    const expected = `a time after ${timeOf(before)} of row ${before + 1} (${why})`;
    throw fault(`: ${rowTitle(n)} has the time ${timeOf(n)}, expected ${expected}`);
  }
  const steps = modelStep === null ? likelySteps(values, previous, isDate) : [modelStep];
  // Of days and months, the step that fits more rows is meant.
  const candidates = steps.map((step) => ({ step, gap: firstGap(values, previous, step) }));
  const { step, gap: n } = candidates.reduce((a, b) => (b.gap > a.gap ? b : a));
  if (n === rows) return step;
  const before = previous[n];
  const next = timeText(nextOf(values[before], step), isDate);
  const source = modelStep === null ? 'as between most rows' : 'as the model was trained with';
  const why = `${stepText(step)} after row ${before + 1}, ${source}`;
  throw fault(`: ${rowTitle(n)} has the time ${timeOf(n)}, expected ${next} (${why})`);
}

/** The rows of a table before each in its series [N]; -1 for the first of one. */
function previousRows(key: TableColumn | null, rows: number): Int32Array {
  const previous = new Int32Array(rows);
  const last = new Map<number, number>();
  for (let n = 0; n < rows; n++) {
    const series = seriesOf(key, n);
    previous[n] = last.get(series) ?? -1;
    last.set(series, n);
  }
  return previous;
}

const seriesOf = (key: TableColumn | null, n: number): number => (key?.data.kind === 'words' ? key.data.indices[n] : 0);

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
      const rounded = Number(size.toPrecision(6));
      counts.set(rounded, { size: counts.get(rounded)?.size ?? size, count: (counts.get(rounded)?.count ?? 0) + 1 });
    }
    counts.delete(Number.NaN);
    return [...counts.values()].reduce((a, b) => (b.count > a.count ? b : a), { size: 0, count: 0 }).size || undefined;
  };
  const size = mostFrequent((a, b) => b - a) ?? 1;
  if (!isDate) return [{ unit: 'numbers', size }];
  const months = size < 28 ? undefined : mostFrequent(monthsBetween);
  return [{ unit: 'days', size }, ...(months === undefined ? [] : [{ unit: 'months', size: months } as const])];
}

const DAY_MS = 86_400_000;

const dateOf = (days: number): Date => new Date(Math.round(days * DAY_MS));

/** Whole months from a to b, of the same day and time of day or both on the last day of a month; else NaN. */
function monthsBetween(a: number, b: number): number {
  const [from, to] = [dateOf(a), dateOf(b)];
  const months = 12 * (to.getUTCFullYear() - from.getUTCFullYear()) + to.getUTCMonth() - from.getUTCMonth();
  const isSameDay = from.getUTCDate() === to.getUTCDate() || (isLastDay(from) && isLastDay(to));
  return isSameDay && from.getTime() % DAY_MS === to.getTime() % DAY_MS ? months : Number.NaN;
}

const isLastDay = (date: Date): boolean => new Date(date.getTime() + DAY_MS).getUTCDate() === 1;

/** Whether b is one step after a, but for rounding. */
function isNext(a: number, b: number, step: SeriesStep): boolean {
  if (step.unit === 'months') return monthsBetween(a, b) === step.size;
  return Math.abs(b - a - step.size) <= 1e-6 * step.size + 4 * Number.EPSILON * Math.abs(b);
}

function nextOf(time: number, { unit, size }: SeriesStep): number {
  if (unit !== 'months') return time + size;
  const date = dateOf(time);
  const [year, month, day] = [date.getUTCFullYear(), date.getUTCMonth() + size, date.getUTCDate()];
  const last = new Date(Date.UTC(year, month + 1, 0)).getUTCDate();
  const onDay = isLastDay(date) ? last : Math.min(day, last);
  return (Date.UTC(year, month, onDay) + (date.getTime() % DAY_MS)) / DAY_MS;
}

/** '2024-12-31', '2024-12-31T23:59:00Z' or '17'. */
function timeText(time: number, isDate: boolean): string {
  if (!isDate) return String(Number(time.toPrecision(12)));
  return dateOf(time).toISOString().replace('.000Z', 'Z').replace('T00:00:00Z', '');
}

/** '1 day', '15 minutes', '3 months' or '0.5'. */
export function stepText({ unit, size }: SeriesStep): string {
  if (unit === 'numbers') return String(Number(size.toPrecision(6)));
  if (unit === 'months') return counted(size, 'month');
  const seconds = Math.round(size * 86_400_000) / 1000;
  const units = Object.entries({ day: 86_400, hour: 3600, minute: 60 });
  const [word, length] = units.find(([, length]) => seconds % length === 0) ?? ['second', 1];
  return counted(seconds / length, word);
}

/** The rows of each series among `rows`, one series after another, in segments without gaps. */
export function segmentsOf(
  { key }: TableSeries,
  tableRows: number,
  rows: Uint32Array,
): { order: Uint32Array; segments: Segment[] } {
  const previous = previousRows(key, tableRows);
  const order = rows.toSorted((a, b) => seriesOf(key, a) - seriesOf(key, b) || a - b);
  const segments: Segment[] = [];
  let first = 0;
  for (let i = 1; i <= order.length; i++) {
    if (i < order.length && previous[order[i]] === order[i - 1]) continue;
    segments.push({ first, length: i - first });
    first = i;
  }
  return { order, segments };
}

/** Number of rows in the longest segment. */
export const longestOf = (segments: readonly Segment[]): number =>
  segments.reduce((longest, { length }) => Math.max(longest, length), 0);

/** The positions at which windows of T rows start, each with H rows after it. No window crosses two segments. */
export const windowStartsIn = (segments: readonly Segment[], T: number, H: number): number[] =>
  segments.flatMap(({ first, length }) => Array.from({ length: Math.max(0, length - T - H + 1) }, (_, n) => first + n));

/**
 * The rows of each set by time: the last are the test, and those before are for validation, in all series from the same
 * times on. @throws OptionError if a set has no window.
 */
export function splitByTime(where: string, table: Table, series: TableSeries, options: SplitOptions): SplitRows {
  const { name, rows } = table;
  const { test, validation } = heldOutRows(where, table, options);
  const refused = (['folds', 'fold'] as const).find((option) => options[option] !== undefined);
  if (refused !== undefined || options.stratify === true) {
    const option = refused ?? 'stratify';
    const problem = `has ${show(options[option])}, expected none: a series is split by time (validation, test)`;
    throw new OptionError(where, option, problem);
  }
  const times = series.time.data.kind === 'numbers' ? series.time.data.values : new Float64Array(rows);
  const sets = splitInOrder(times, { validation, test });
  for (const [set, setRows] of Object.entries(sets)) {
    const { context: T, horizon: H } = series;
    const { segments } = segmentsOf(series, rows, setRows);
    if (windowStartsIn(segments, T, H).length > 0) continue;
    const title = `the ${set === 'train' ? 'training' : set} rows of ${showName(name)}`;
    const has = `has ${T}, and ${title} have ${counted(longestOf(segments), 'row')} of a series`;
    const expected = `${T + H} or more (a window, and ${counted(H, 'row')} to forecast)`;
    throw new OptionError(where, 'context', `${has}, expected ${expected}`);
  }
  return sets;
}
