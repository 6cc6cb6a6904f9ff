import type { EncodingNote, TablePreprocessing } from '@gradloom/core';
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
import { keyOf, segmentsOf } from './series.ts';
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
  const { name, rows, series: times, ...table } = checkTable('lastWindows', seriesTable);
  const { series, target, ...preprocessing } = checkTablePreprocessing('lastWindows', encoding);
  if (times === undefined || series === undefined) {
    throw new Error(`lastWindows: ${showName(name)} has no times, expected a series (readTableAs)`);
  }
  const { context: T } = series;
  const { key } = times;
  const allRows = Uint32Array.from({ length: rows }, (_, n) => n);
  const { order, segments } = segmentsOf(times, rows, allRows);
  const keys = segments.map(({ first }) => (key === null ? null : keyOf(key, order[first])));
  for (const [s, { length }] of segments.entries()) {
    if (length >= T) continue;
    const ofSeries = keys[s] === null ? '' : ` of ${show(keys[s])}`;
    const has = `${counted(length, 'row')}${ofSeries}`;
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

/**
 * Errors of the naive forecast of a series: the last value of the window at each step after it. Null for other
 * datasets. [Hyndman, Athanasopoulos, §5.2](https://otexts.com/fpp3/simple-methods.html)
 */
export function naiveErrors(dataset: Dataset): ForecastErrors | null {
  const { rows, targets, preprocessing } = checkObject('naiveErrors', 'dataset', dataset, 'a dataset');
  const { series, columns = [], target: decodings = [] } = ofTable(preprocessing) ?? {};
  const [decoding] = decodings;
  if (series === undefined || decoding?.type !== 'values') return null;
  const widths = columns.map((column) => createColumnEncoder(column).inputs.length);
  const c = columns.findIndex(({ name }) => name === series.target);
  const target = columns[c];
  if (target === undefined || !('center' in target)) return null;
  const sumOf = (numbers: readonly number[]) => numbers.reduce((sum, number) => sum + number, 0);
  const lastValueIndex = (series.context - 1) * sumOf(widths) + sumOf(widths.slice(0, c)); // in a window
  const { columns: H, array: t } = targets;
  let [absolute, squared] = [0, 0];
  for (let n = 0; n < rows; n++) {
    const last = inputRows(dataset, n, 1, 'float64')[lastValueIndex] * target.scale + target.center;
    for (let h = 0; h < H; h++) {
      const error = decodeValue(t[n * H + h], decoding) - last;
      absolute += Math.abs(error);
      squared += error * error;
    }
  }
  return { mae: absolute / (rows * H), rmse: Math.sqrt(squared / (rows * H)) };
}
