import {
  type ColumnEncoding,
  type DatePart,
  math,
  type NumberEncoding,
  OptionError,
  type TablePreprocessing,
  type TargetDecoding,
} from '@gradloom/core';
import {
  DAY_SECONDS,
  dateText,
  forecastNames,
  isDateFormat,
  readNumber,
  show,
  showName,
  weekdayOf,
} from '@gradloom/core/internal';
import { quantileOf, scalingOf } from './scaling.ts';
import { extentOf, sentinelOf } from './sniffers/numbers.ts';
import { checkRows, checkTable, pickCells, type Table, type TableColumn, type TableSeries } from './table.ts';
import { ONE_HOT_LIMIT, type Scale } from './table-options.ts';
import { fitTokens } from './token-column.ts';

/**
 * Least number of gaps in the training rows for which a gap becomes an input of its own. Weights learned from two rows
 * gave confident wrong answers for other rows with a gap: on penguins, with two rows without measurements, the log loss
 * of new rows was 0.047 with such an input and 0.028 without (bench/tables).
 */
const MIN_GAPS = 10;

/**
 * Fits the preprocessing of a table on the rows at `rows` alone: other rows do not influence means, deviations, medians
 * and categories. Only class names are taken from the whole table.
 * @throws Error for a column whose numbers are too large or too small to be scaled.
 */
export function fitPreprocessing(table: Table, rows: Uint32Array): TablePreprocessing {
  checkRows('fitPreprocessing', 'rows', rows, checkTable('fitPreprocessing', table));
  const { scale, missing = 'impute', ramps = true } = table.options;
  const target = fitTargets(table, rows);
  // A wider table fits into a model file only without ranges.
  const withRange = table.inputs.length <= MAX_RANGES;
  const withRamps = ramps && isPlain(table) && haveRoomForRamps(rows.length, table.inputs.length);
  const preprocessing: TablePreprocessing = {
    version: 1,
    columns: table.inputs.map((column) => encodingOf(table, column, rows, { scale, missing, withRange, withRamps })),
    ...(table.series === undefined ? { target } : forecastsOf(table.series, target[0])),
  };
  return fitsModelFile(preprocessing) ? preprocessing : withoutRarer(table, preprocessing);
}

/** The decoding of each target, fitted on the rows at `rows` alone. */
export function fitTargets(table: Table, rows: Uint32Array): readonly TargetDecoding[] {
  if (table.options.targets !== 'probabilities')
    return table.targets.map((column) => decodingOf(table, column, rows, table.options.scale));
  const labels = table.targets.map(({ name }) => name);
  return [{ name: labels.join(','), type: 'classes', labels, areProbabilities: true }];
}

/** The target of a series at each step after a window, and how its rows become windows. */
function forecastsOf(
  { time, key, context, horizon, step, means, gaps }: TableSeries,
  target: TargetDecoding,
): Pick<TablePreprocessing, 'target' | 'series'> {
  const { name } = target;
  return {
    target: forecastNames(name, horizon).map((forecast) => ({ ...target, name: forecast })),
    series: {
      time: time.name,
      ...(key && { key: key.name }),
      target: name,
      context,
      horizon,
      step,
      ...(time.format && { format: time.format }),
      ...(means && { means }),
      ...(gaps !== 'refuse' && { gaps }),
    },
  };
}

/** Maximum number of columns with ranges: the header of a model file has room for 10 JSON values of each. */
const MAX_RANGES = 10_000;

/** Room for preprocessing in the header of a model file, in JSON values and bytes: about 16,000 columns. */
const MAX_VALUES = 115_000;
const MAX_BYTES = 1_800_000;

function fitsModelFile(preprocessing: TablePreprocessing): boolean {
  // An encoding of numbers has at most 12 JSON values besides its ramps and parts; one of categories 6, besides its
  // names.
  const valuesOf = (column: ColumnEncoding): number => {
    if ('indicator' in column) return 12 + (column.ramps?.length ?? 0) + (column.parts?.length ?? 0);
    if (column.type !== 'categorical') return 7;
    return 6 + column.categories.length + (Array.isArray(column.others) ? column.others.length : 0);
  };
  const values = preprocessing.columns.reduce((sum, column) => sum + valuesOf(column) + ('gaps' in column ? 1 : 0), 0);
  return values <= MAX_VALUES && JSON.stringify(preprocessing).length <= MAX_BYTES;
}

/**
 * Leaves out the names of rarer categories, for which a model file has no room. @throws Error if there are still more
 * columns or categories than it can hold, before training starts.
 */
function withoutRarer({ name }: Table, preprocessing: TablePreprocessing): TablePreprocessing {
  const columns = preprocessing.columns.map((column) =>
    column.type === 'categorical' && column.others ? { ...column, others: true } : column,
  );
  if (fitsModelFile({ ...preprocessing, columns })) return { ...preprocessing, columns };
  const counts = columns.map((column) => (column.type === 'categorical' ? column.categories.length : 0));
  const has = `${columns.length} columns with ${counts.reduce((sum, count) => sum + count, 0)} categories`;
  const expected = 'no more than a model file holds, about 16,000 (--drop leaves some out)';
  throw new Error(`fitPreprocessing: ${showName(name)} has ${has}, expected ${expected}`);
}

function encodingOf(
  table: Table,
  column: TableColumn,
  rows: Uint32Array,
  fit: { scale: Scale | undefined; missing: 'impute' | 'drop'; withRange: boolean; withRamps: boolean },
): ColumnEncoding {
  const { name, type, data } = column;
  if (data.kind === 'numbers') return numberEncodingOf(table, column, presentOf(data.values, rows), rows.length, fit);
  if (type === 'text') return fitTokens(table, column, data, rows);
  if (data.images !== undefined) {
    const { height, width, channels, bits } = data.images;
    return { name, type: 'image', height, width, channels, divisor: 255, ...(bits && { bits }) };
  }
  const { indices, words } = data;
  const counts = new Uint32Array(words.length);
  let gaps = 0;
  for (const n of rows) {
    if (indices[n] === -1) gaps++;
    else counts[indices[n]]++;
  }
  const { oneHotLimit = ONE_HOT_LIMIT } = table.options;
  const usedWords = words.flatMap((word, index) => (counts[index] > 0 ? [{ word, count: counts[index] }] : []));
  // Equally frequent words stay in the order of the file.
  const byCount = usedWords.toSorted((a, b) => b.count - a.count).map(({ word }) => word);
  const [frequent, rarer] = [byCount.slice(0, oneHotLimit), byCount.slice(oneHotLimit)];
  return {
    name,
    type: 'categorical',
    categories: sortedNames(frequent),
    missing: gaps >= MIN_GAPS,
    ...(gaps > 0 && gaps < MIN_GAPS ? { gaps: true } : {}),
    ...(rarer.length > 0 ? { others: sortedNames(rarer) } : {}),
  };
}

function numberEncodingOf(
  table: Table,
  column: TableColumn,
  present: Float64Array, // the numbers of the rows without gaps
  rows: number,
  { scale, missing, withRange, withRamps }: Parameters<typeof encodingOf>[3],
): ColumnEncoding {
  const { name, type, format } = column;
  const kind = type === 'date' || type === 'boolean' ? type : 'numeric';
  const fill = missing === 'impute' ? fillOf(present, kind === 'boolean') : null;
  const gaps = missing === 'impute' ? rows - present.length : 0;
  // A few numbers such as -999 would make a mean and a deviation in which all others are nearly alike.
  const hasSentinel = sentinelOf({ ...column, data: { kind: 'numbers', values: present } }) !== undefined;
  const { center, divisor } = scalingOf(present, scale ?? (hasSentinel ? 'robust' : 'standard'));
  if (!Number.isFinite(divisor)) {
    const has = 'has numbers that are further apart than the largest double';
    throw new Error(`fitPreprocessing: ${showName(table.name)}: column ${show(name)} ${has}, expected closer ones`);
  }
  return {
    name,
    type: kind,
    ...(format && { format }),
    center,
    scale: divisor,
    fill,
    indicator: gaps >= MIN_GAPS,
    ...(gaps > 0 && gaps < MIN_GAPS ? { gaps: true } : {}),
    ...(withRange && kind !== 'boolean' && present.length > 0 ? { range: extentOf(present) } : {}),
    ...(withRamps && kind !== 'boolean' ? rampsOf(present) : {}),
    ...(kind === 'date' && table.options.dateParts !== 'none'
      ? datePartsOf(present, isDateFormat(format) && format.order === 'time')
      : {}),
  };
}

/**
 * The parts of dates that differ from row to row, and whose period the rows extend over: in less than a year, the month
 * says no more than the date itself. A time of day alone has its hour, so that 23:59 is beside 0:00.
 */
function datePartsOf(days: Float64Array, isTimeOfDay: boolean): Pick<NumberEncoding, 'parts'> {
  const [min, max] = extentOf(days);
  const first = days[0];
  const fraction = (value: number): number => value - Math.floor(value);
  const differ = (part: (days: number) => number | string): boolean => days.some((day) => part(day) !== part(first));
  const parts: DatePart[] = [];
  if ((isTimeOfDay || max - min >= 1) && differ((day) => Math.round(DAY_SECONDS * fraction(day)) % DAY_SECONDS)) {
    parts.push('hour');
  }
  if (max - min >= 7 && differ(weekdayOf)) parts.push('weekday');
  if (max - min >= 365 && differ((day) => dateText(day).slice(-5, -3))) parts.push('month');
  return parts.length === 0 ? {} : { parts };
}

/** R: ramps of a column. Sixteen fitted noise, and eight bounds between quantiles follow any curve closely enough. */
const RAMPS = 8;

/** Maximum number of ramped columns, and of numbers in the training rows with ramps (1 GiB). */
const MAX_RAMPED_COLUMNS = 2_000;
const MAX_RAMPED_NUMBERS = 2 ** 27;

/**
 * Whether rows are neither windows of a series, nor their own targets, nor have texts or images, whose networks have
 * little weight decay. Of one column or two a report draws the curve or the regions over the inputs themselves.
 */
const isPlain = ({ series, inputs, options }: Table): boolean =>
  series === undefined &&
  options.targets !== 'inputs' &&
  inputs.length > 2 &&
  inputs.every(({ type }) => type !== 'text' && type !== 'image');

/** With more columns than rows each column has too few rows for a curve. */
const haveRoomForRamps = (rows: number, columns: number): boolean =>
  columns <= Math.min(rows, MAX_RAMPED_COLUMNS) && rows * columns * (1 + RAMPS) <= MAX_RAMPED_NUMBERS;

/**
 * Bounds of ramps: quantiles of the numbers, of which equal ones count as an Rth of the rows at most, so that a column
 * of mostly zeros has bounds among its other numbers too. Two bounds would only repeat the scaled number.
 */
function rampsOf(present: Float64Array): Pick<NumberEncoding, 'ramps'> {
  const sortedValues = present.toSorted();
  const equalLimit = Math.ceil(sortedValues.length / RAMPS);
  const spread = sortedValues.filter((value, k) => k < equalLimit || value > sortedValues[k - equalLimit]);
  if (spread.length === 0) return {};
  const quantiles = Array.from({ length: RAMPS + 1 }, (_, r) => quantileOf(spread, r / RAMPS));
  const ramps = quantiles.filter((bound, r) => r === 0 || bound > quantiles[r - 1]);
  const isBounded = Number.isFinite(ramps[ramps.length - 1] - ramps[0]);
  return ramps.length > 2 && isBounded ? { ramps } : {};
}

/** The numbers of the rows without gaps. */
function presentOf(values: Float64Array, rows: Uint32Array): Float64Array {
  return pickCells(values, new Float64Array(rows.length), rows).filter((value) => !Number.isNaN(value));
}

/** The value for gaps: the median; for booleans the more frequent value. */
function fillOf(present: Float64Array, isBoolean: boolean): number {
  if (present.length === 0) return 0;
  const median = quantileOf(present.toSorted(), 0.5);
  return isBoolean ? Math.floor(median) : median;
}

/** Values are standardised, so that a learning rate suits targets of any size; classes keep their names. */
function decodingOf(
  table: Table,
  { name, format, list, data }: TableColumn,
  rows: Uint32Array,
  scale: Scale | undefined,
): TargetDecoding {
  if (data.kind === 'words') return { name, type: 'classes', labels: data.words, ...(list && { list }) };
  const isLog = table.options.targetTransform === 'log';
  if (isLog) refuseNegative(table, name, data.values);
  const present = presentOf(data.values, rows);
  const values = isLog ? present.map((value) => math.log(value)) : present;
  const { center, divisor } = scalingOf(values, scale === 'none' ? 'none' : 'standard');
  if (divisor >= 1e-150 && divisor <= 1e150) {
    const transform = isLog ? { transform: 'log' as const } : {};
    return { name, type: 'values', ...(format && { format }), ...transform, center, scale: divisor };
  }
  const has = `target ${show(name)} has values with a deviation of ${divisor}`;
  const expected = 'one from 1e-150 to 1e+150, since losses are in units of its square';
  throw new Error(`fitPreprocessing: ${showName(table.name)}: ${has}, expected ${expected}`);
}

/** @throws OptionError for a target that has no logarithm. */
function refuseNegative({ name }: Table, target: string, values: Float64Array): void {
  const n = values.findIndex((value) => !(value > 0));
  if (n === -1) return;
  const has = `has log, and the target ${show(target)} of ${showName(name)} has ${values[n]} in row ${n + 1}`;
  throw new OptionError('fitPreprocessing', 'targetTransform', `${has}, expected numbers above 0`);
}

/** Class or category names in order: by value if all are numbers, else as text. */
export function sortedNames(names: Iterable<string>): string[] {
  const sorted = [...names];
  const areNumbers = sorted.every((name) => readNumber(name) !== undefined);
  return sorted.sort(areNumbers ? (a, b) => Number(a) - Number(b) : undefined);
}
