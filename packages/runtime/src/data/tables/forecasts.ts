import type { EncodingNote, SeriesEncoding, TablePreprocessing } from '@gradloom/core';
import {
  checkObject,
  checkTablePreprocessing,
  counted,
  createColumnEncoder,
  decodeValue,
  ofTable,
  show,
  showName,
} from '@gradloom/core/internal';
import type { Dataset } from '../dataset.ts';
import { inputRows } from '../file-rows.ts';
import { encodeTable } from './encode-table.ts';
import { keyOf, segmentsOf, seriesOf } from './series.ts';
import { checkTable, type Table } from './table.ts';

/** The last windows of a table, one for each series. */
export interface LastWindows {
  readonly x: Float64Array; // [series, T, I]
  readonly keys: readonly (string | null)[]; // [series] names; null if all rows are one series
}

/**
 * The last rows of each series as inputs of a model that forecasts what comes after them. `seriesTable` is
 * one that `readTableAs` read. @throws Error naming a series with too few rows.
 */
export function lastWindows(
  seriesTable: Table,
  encoding: TablePreprocessing,
  onNote?: (note: EncodingNote) => void,
): LastWindows {
  const { name, rows, series: tableSeries, ...table } = checkTable('lastWindows', seriesTable);
  const { series, target, ...preprocessing } = checkTablePreprocessing('lastWindows', encoding);
  if (tableSeries === undefined || series === undefined) {
    throw new Error(`lastWindows: ${showName(name)} has no times, expected a series (readTableAs)`);
  }
  const { context: T } = series;
  const { key } = tableSeries;
  const allRows = Uint32Array.from({ length: rows }, (_, n) => n);
  const { order, segments: allSegments } = segmentsOf(tableSeries, rows, allRows);
  // Where gaps are skipped, a series has several segments, of which the last goes on.
  const isLast = ({ first, length }: (typeof allSegments)[number]): boolean =>
    first + length === rows || seriesOf(key, order[first + length]) !== seriesOf(key, order[first]);
  const segments = allSegments.filter(isLast);
  const keys = segments.map(({ first }) => (key === null ? null : keyOf(key, order[first])));
  for (const [s, { length }] of segments.entries()) {
    if (length >= T) continue;
    const seriesText = keys[s] === null ? '' : ` of ${show(keys[s])}`;
    const has = `${counted(length, 'row')}${seriesText}${allSegments.length > segments.length ? ' after the last gap' : ''}`;
    throw new Error(`lastWindows: ${showName(name)} has ${has}, expected ${T} or more (a window of the model)`);
  }
  const windowRows = segments.flatMap(({ first, length }) => [...order.subarray(first + length - T, first + length)]);
  const rowPreprocessing = { ...preprocessing, target: [{ ...target[0], name: series.target }] };
  const { inputs } = encodeTable({ ...table, name, rows }, rowPreprocessing, Uint32Array.from(windowRows), onNote);
  return { x: Float64Array.from(inputs.array), keys };
}

/** Errors of a forecast, in the units of the target. */
export interface ForecastErrors {
  /** Mean absolute error. */
  readonly mae: number;
  /** Root of the mean squared error. */
  readonly rmse: number;
}

/** Errors of forecasts without a model: of all steps, and of each step after the window. */
export interface NaiveErrors extends ForecastErrors {
  readonly steps: readonly ForecastErrors[]; // [H]
  /** Figures of answering the value one season ago: a day, week or year. @default no season fits into a window */
  readonly season?: Omit<NaiveErrors, 'season'> & { readonly name: string };
}

/**
 * Errors of the naive forecast of a series: the last value of the window at each step after it, and beside it the value
 * one season before, of the season with the least error. Null for other datasets.
 * [Hyndman, Athanasopoulos, §5.2](https://otexts.com/fpp3/simple-methods.html)
 */
export function naiveErrors(dataset: Dataset): NaiveErrors | null {
  const { preprocessing } = checkObject('naiveErrors', 'dataset', dataset, 'a dataset');
  const { series, columns = [], target: decodings = [] } = ofTable(preprocessing) ?? {};
  const [decoding] = decodings;
  if (series === undefined || decoding?.type !== 'values') return null;
  const widths = columns.map((column) => createColumnEncoder(column).inputs.length);
  const c = columns.findIndex(({ name }) => name === series.target);
  const target = columns[c];
  if (target === undefined || !('center' in target)) return null;
  const { center, scale } = target;
  const sumOf = (numbers: readonly number[]) => numbers.reduce((sum, number) => sum + number, 0);
  const [I, input] = [sumOf(widths), sumOf(widths.slice(0, c))]; // inputs of a row, and that of the target
  const { context: T } = series;
  const { rows, targets } = dataset;
  const { columns: H, array: t } = targets;

  /** Errors of the value `period` rows before, or of the last one of the window that lies whole periods before. */
  function errorsOf(period: number): Omit<NaiveErrors, 'season'> {
    const sums = Array.from({ length: H }, () => ({ absolute: 0, squared: 0 }));
    for (let n = 0; n < rows; n++) {
      const x = inputRows(dataset, n, 1, 'float64');
      for (const [h, sum] of sums.entries()) {
        const row = T - period + (h % period);
        const value = x[row * I + input] * scale + center;
        const error = decodeValue(t[n * H + h], decoding) - value;
        sum.absolute += Math.abs(error);
        sum.squared += error * error;
      }
    }
    const totals = { absolute: sumOf(sums.map((s) => s.absolute)), squared: sumOf(sums.map((s) => s.squared)) };
    const errors = ({ absolute, squared }: typeof totals, count: number): ForecastErrors => ({
      mae: absolute / count,
      rmse: Math.sqrt(squared / count),
    });
    return { ...errors(totals, rows * H), steps: sums.map((sum) => errors(sum, rows)) };
  }

  const seasons = seasonsOf(series).map(({ name, period }) => ({ name, ...errorsOf(period) }));
  const season = seasons.toSorted((a, b) => a.rmse - b.rmse)[0];
  return { ...errorsOf(1), ...(season && { season }) };
}

/** Steps by which a season may miss whole steps: a year of 52 weeks is near enough, a day of 7 hours is none. */
const YEAR_TOLERANCE = 0.3;
const ROUNDING = 1e-6;

/** Days of a season. */
const SEASONS = { day: 1, week: 7, year: 365.25 };

/** The days, weeks and years that are whole steps, of which a window has one. */
function seasonsOf({ step: { unit, size }, context }: SeriesEncoding): { name: string; period: number }[] {
  if (unit === 'numbers') return [];
  const seasons = unit === 'months' ? { year: 12 } : SEASONS;
  return Object.entries(seasons).flatMap(([name, length]) => {
    const steps = length / size;
    const tolerance = name === 'year' ? YEAR_TOLERANCE : ROUNDING;
    const isWhole = Math.abs(steps - Math.round(steps)) < tolerance;
    const period = Math.round(steps);
    return isWhole && period > 1 && period <= context ? [{ name, period }] : [];
  });
}
