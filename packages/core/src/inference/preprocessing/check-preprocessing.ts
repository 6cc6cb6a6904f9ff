import { OptionError } from '../../checks/option-error.ts';
import { positiveInteger } from '../../checks/options/index.ts';
import { wholeNumber } from '../../checks/options/kinds.ts';
import { counted, has } from '../../checks/show.ts';
import { checkTokenizer } from '../text/tokenizer-spec.ts';
import { type CellFormat, THOUSANDS } from './cell-format.ts';
import {
  type ChannelScale,
  type ColumnEncoding,
  forecastNames,
  type ImageEncoding,
  type ImagePreprocessing,
  LABEL_SEPARATORS,
  type Preprocessing,
  type SeriesEncoding,
  type TablePreprocessing,
  type TargetDecoding,
  type TextPreprocessing,
  type ValueRange,
} from './preprocessing.ts';

/**
 * Validates a preprocessing, which may come from any file, and returns it.
 * @throws OptionError naming the invalid part, its value and what was expected.
 */
export function checkPreprocessing(where: string, value: unknown): Preprocessing {
  if (hasField(value, 'image')) return checkImages(where, value);
  if (hasField(value, 'text')) return textPreprocessing(where, 'preprocessing', value);
  const isSeries = hasField(value, 'series');
  const { series, ...table } = fields({
    version,
    columns: listOf(checkColumn),
    target: listOf(checkTarget),
    ...(isSeries && { series: unchecked }),
  })(where, 'preprocessing', value);
  const { columns, target } = table;
  const names = new Set<string>();
  for (const [c, { name }] of columns.entries()) {
    if (names.has(name)) fail(where, `preprocessing.columns.${c}.name`, name, 'each name once');
    names.add(name);
  }
  const twice = target.findIndex(({ name }, k) => target.findIndex((other) => other.name === name) < k);
  if (twice !== -1) fail(where, `preprocessing.target.${twice}.name`, target[twice].name, 'each name once');
  for (const [c, { type }] of columns.entries()) {
    if (isSeries && (type === 'text' || type === 'image'))
      fail(where, `preprocessing.columns.${c}.type`, type, 'another type in a series');
  }
  return isSeries ? { ...table, series: checkSeries(where, series, columns, target) } : table;
}

/** Like `checkPreprocessing`, but accepts only the preprocessing of a table. */
export function checkTablePreprocessing(where: string, value: unknown): TablePreprocessing {
  const preprocessing = checkPreprocessing(where, value);
  return 'columns' in preprocessing ? preprocessing : fail(where, 'preprocessing', preprocessing, 'columns of a table');
}

/** Returns the encoding of images if it is valid. @throws OptionError naming the invalid part. */
export function checkImage(where: string, path: string, value: unknown): ImageEncoding {
  const hasScale = hasField(value, 'scale');
  const { scale, ...image } = fields({ ...imageFields, ...(hasScale && { scale: unchecked }) })(where, path, value);
  return hasScale ? { ...image, scale: checkScale(where, `${path}.scale`, scale, image.channels) } : image;
}

/** Returns mean and deviation of C channels if they are valid. @throws OptionError naming the invalid part. */
export function checkScale(where: string, path: string, value: unknown, C: number): ChannelScale {
  const perChannel =
    (check: Check<number>): Check<readonly number[]> =>
    (where, path, value) => {
      const numbers = listOf(unchecked)(where, path, value);
      if (numbers.length !== C) fail(where, path, numbers, `${counted(C, 'number')}, one for each channel`);
      return listOf(check)(where, path, value);
    };
  return fields({ mean: perChannel(number), deviation: perChannel(nonZero) })(where, path, value);
}

function checkSeries(
  where: string,
  value: unknown,
  columns: readonly ColumnEncoding[],
  target: readonly TargetDecoding[],
): SeriesEncoding {
  const path = 'preprocessing.series';
  const isNumbers = hasField(value, 'step') && hasField(value.step, 'unit') && value.step.unit === 'numbers';
  const series: SeriesEncoding = fields({
    time: text,
    ...(hasField(value, 'key') && { key: text }),
    target: text,
    context: integer,
    horizon: integer,
    step: fields({ unit: oneOf(['days', 'months', 'numbers']), size: positive }),
    format: optional(formatOf(isNumbers ? 'numeric' : 'date')),
    means: optional(flag),
    gaps: optional(oneOf(['refuse', 'interpolate', 'skip'])),
  })(where, path, value);
  if (columns.find(({ name }) => name === series.target)?.type !== 'numeric') {
    fail(where, `${path}.target`, series.target, 'the name of a numeric column');
  }
  const names = forecastNames(series.target, series.horizon);
  const isForecast = ({ name, type }: TargetDecoding, h: number) => name === names[h] && type === 'values';
  if (target.length !== names.length || !target.every(isForecast)) {
    const targetNames = target.map(({ name }) => name);
    fail(where, 'preprocessing.target', targetNames, `the values ${names.join(', ')}`);
  }
  return series;
}

function checkImages(where: string, value: object): ImagePreprocessing {
  const hasTarget = 'target' in value;
  const { target, ...images } = fields({ version, image: checkImage, ...(hasTarget && { target: listOf(unchecked) }) })(
    where,
    'preprocessing',
    value,
  );
  if (!hasTarget) return images;
  const [first, ...otherTargets] = target ?? [];
  const decoding = checkTarget(where, 'preprocessing.target.0', first);
  if (otherTargets.length === 0 && decoding.type === 'classes') return { ...images, target: [decoding] };
  return fail(where, 'preprocessing.target', target, 'the names of classes');
}

const numberTypes = ['numeric', 'date', 'boolean'] as const;

function checkColumn(where: string, path: string, value: unknown): ColumnEncoding {
  const type = checkType(where, path, value, [...numberTypes, 'categorical', 'text', 'image'] as const);
  if (type === 'image') return fields({ name: text, type: always(type), ...imageFields })(where, path, value);
  if (type === 'text') {
    const textFields = { name: text, type: always(type), tokenizer: checkTokenizer, context: integer };
    return fields({ ...textFields, gaps: optional(flag), lowercase: optional(flag) })(where, path, value);
  }
  if (type === 'categorical') {
    return fields({
      name: text,
      type: always(type),
      categories: uniqueTexts,
      missing: flag,
      gaps: optional(flag),
      others: optional(flagOrNames),
    })(where, path, value);
  }
  return fields({
    name: text,
    type: always(type),
    format: optional(formatOf(type)),
    center: number,
    scale: nonZero,
    fill: numberOrNull,
    indicator: flag,
    gaps: optional(flag), // older models lack this field, the range and the format
    range: optional(range),
    ramps: optional(ascending),
    ...(type === 'date' && { parts: optional(listOf(oneOf(['hour', 'weekday', 'month']))) }),
  })(where, path, value);
}

function checkTarget(where: string, path: string, value: unknown): TargetDecoding {
  const type = checkType(where, path, value, ['values', 'classes'] as const);
  if (type === 'classes') {
    const list = fields({ column: text, separator: oneOf(LABEL_SEPARATORS) });
    const classFields = {
      name: text,
      type: always(type),
      labels: uniqueTexts,
      list: optional(list),
      areProbabilities: optional(flag),
    };
    const decoding = fields(classFields)(where, path, value);
    if (decoding.list === undefined || decoding.labels.length === 2) return decoding;
    return fail(where, `${path}.labels`, decoding.labels, 'two names: of rows without the label, and of those with it');
  }
  return fields({
    name: text,
    type: always(type),
    format: optional(formatOf('numeric')),
    transform: optional(oneOf(['log'])),
    center: number,
    scale: nonZero,
  })(where, path, value);
}

/** Returns the value at a path if it is valid. @throws OptionError naming the path. */
type Check<T> = (where: string, path: string, value: unknown) => T;
type Optional<T> = Check<T> & { readonly isOptional: true };
type Spec = Readonly<Record<string, Check<unknown>>>;
type Checked<S extends Spec> = {
  readonly [K in keyof S as S[K] extends Optional<unknown> ? never : K]: ReturnType<S[K]>;
} & { readonly [K in keyof S as S[K] extends Optional<unknown> ? K : never]?: ReturnType<S[K]> };

const optional = <T>(check: Check<T>): Optional<T> =>
  Object.assign((...value: Parameters<Check<T>>) => check(...value), { isOptional: true } as const);

/** Checks an object with exactly these fields, without some of the optional ones. Fields keep the order of `spec`. */
function fields<S extends Spec>(spec: S): Check<Checked<S>> {
  const fieldNames = Object.keys(spec);
  const required = fieldNames.filter((name) => !('isOptional' in spec[name]));
  return (where, path, value) => {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) {
      return fail(where, path, value, `an object with ${required.join(', ')}`);
    }
    const keys = Object.keys(value).filter((key) => required.includes(key) || !fieldNames.includes(key));
    if (keys.length !== required.length || !keys.every((key) => required.includes(key))) {
      fail(where, path, keys, `the keys ${required.join(', ')}`);
    }
    const entries = fieldNames.flatMap((name) => {
      const field = (value as Readonly<Record<string, unknown>>)[name];
      const isAbsent = field === undefined && !required.includes(name);
      return isAbsent ? [] : [[name, spec[name](where, `${path}.${name}`, field)]];
    });
    return Object.fromEntries(entries);
  };
}

const hasField = <N extends string>(value: unknown, name: N): value is { readonly [K in N]: unknown } =>
  typeof value === 'object' && value !== null && name in value;

function fail(where: string, path: string, value: unknown, expected: string): never {
  throw new OptionError(where, path, `${has(value)}, expected ${expected}`);
}

/** A check by the test `isValid`; errors say what is `expected`. */
const checkOf =
  <T>(isValid: (value: unknown) => value is T, expected: string): Check<T> =>
  (where, path, value) =>
    isValid(value) ? value : fail(where, path, value, expected);

const unchecked: Check<unknown> = (_where, _path, value) => value;
const always =
  <T>(value: T): Check<T> =>
  () =>
    value;
const isNumber = (value: unknown): value is number => typeof value === 'number' && Number.isFinite(value);
const text = checkOf((value) => typeof value === 'string', 'text');
const flag = checkOf((value) => typeof value === 'boolean', 'true or false');
const number = checkOf(isNumber, 'a finite number');
const integer: Check<number> = (where, path, value) => positiveInteger.check(where, path, value);
const version = checkOf((value): value is 1 => value === 1, '1 (a newer Gradloom may read it)');
const channels = checkOf((value): value is 1 | 3 => value === 1 || value === 3, '1 or 3');
const numberOrNull: Check<number | null> = (where, path, value) => (value === null ? null : number(where, path, value));

const nonZero: Check<number> = (where, path, value) =>
  number(where, path, value) || fail(where, path, value, 'a number other than 0');

const bits: Check<number> = (where, path, value) => wholeNumber(8, 16).check(where, path, value);
const imageFields = { height: integer, width: integer, channels, divisor: nonZero, bits: optional(bits) };

const positive: Check<number> = (where, path, value) =>
  number(where, path, value) > 0 ? (value as number) : fail(where, path, value, 'a number above 0');

const oneOf = <const T extends string>(known: readonly T[]): Check<T> =>
  checkOf((value): value is T => known.some((name) => name === value), `one of ${known.join(', ')}`);

const listOf =
  <T>(check: Check<T>): Check<readonly T[]> =>
  (where, path, value) =>
    Array.isArray(value) && value.length > 0
      ? value.map((entry, n) => check(where, `${path}.${n}`, entry))
      : fail(where, path, value, 'a list with at least one entry');

const ascending: Check<readonly number[]> = (where, path, value) => {
  const bounds = listOf(number)(where, path, value);
  const isAscending = bounds.every((bound, k) => k === 0 || bound > bounds[k - 1]);
  return bounds.length > 1 && isAscending ? bounds : fail(where, path, value, 'at least two ascending numbers');
};

const uniqueTexts = checkOf(
  (value): value is readonly string[] =>
    Array.isArray(value) && value.every((name) => typeof name === 'string') && new Set(value).size === value.length,
  'a list of texts, each of them once',
);

const flagOrNames: Check<boolean | readonly string[]> = (where, path, value) =>
  Array.isArray(value) ? uniqueTexts(where, path, value) : flag(where, path, value);

const range: Check<ValueRange> = (where, path, value) => {
  const [min, max, ...excess] = listOf(number)(where, path, value);
  return excess.length === 0 && min <= max ? [min, max] : fail(where, path, value, 'a least and a greatest number');
};

/** The type of an encoding, which says what its other fields are. */
const checkType = <T extends string>(where: string, path: string, value: unknown, known: readonly T[]): T =>
  oneOf(known)(where, `${path}.type`, hasField(value, 'type') ? value.type : undefined);

const formatOf =
  (type: 'numeric' | 'date' | 'boolean'): Check<CellFormat> =>
  (where, path, value) => {
    if (type === 'boolean') return fail(where, path, value, 'none for a boolean');
    if (type === 'date') return fields({ order: oneOf(['dmy', 'mdy', 'time']) })(where, path, value);
    const decimal = hasField(value, 'decimal') && value.decimal === 'comma' ? 'comma' : 'point';
    const thousands = optional(oneOf(THOUSANDS[decimal]));
    return fields({ decimal: oneOf(['point', 'comma']), thousands, unit: optional(text) })(where, path, value);
  };

const textPreprocessing: Check<TextPreprocessing> = fields({
  version,
  text: fields({ tokenizer: checkTokenizer, context: integer, lines: flag }),
});
