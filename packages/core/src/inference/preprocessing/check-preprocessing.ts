import { OptionError } from '../../checks/option-error.ts';
import { positiveInteger } from '../../checks/options/index.ts';
import { counted, has } from '../../checks/show.ts';
import { checkTokenizer } from '../text/tokenizer-spec.ts';
import { type CellFormat, THOUSANDS } from './cell-format.ts';
import {
  type ChannelScale,
  type ColumnEncoding,
  forecastNames,
  type ImageEncoding,
  type ImagePreprocessing,
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
  if (typeof value === 'object' && value !== null && 'image' in value) return checkImages(where, value);
  if (typeof value === 'object' && value !== null && 'text' in value) return checkText(where, value);
  const isSeries = typeof value === 'object' && value !== null && 'series' in value;
  const keys = ['version', 'columns', 'target'];
  const whole = fieldsOf(where, 'preprocessing', value, isSeries ? [...keys, 'series'] : keys);
  checkVersion(where, whole);
  const columns = listOf(where, 'preprocessing.columns', whole.columns).map((column, c) =>
    checkColumn(where, `preprocessing.columns.${c}`, column),
  );
  const target = listOf(where, 'preprocessing.target', whole.target).map((decoding, t) =>
    checkTarget(where, `preprocessing.target.${t}`, decoding),
  );
  const names = new Set<string>();
  for (const [c, { name }] of columns.entries()) {
    if (names.has(name)) fail(where, `preprocessing.columns.${c}.name`, name, 'each name once');
    names.add(name);
  }
  if (target.length > 1) {
    const at = target.findIndex(({ type }) => type === 'classes');
    if (at !== -1) fail(where, `preprocessing.target.${at}.type`, 'classes', 'values, as one of several targets');
  }
  const at = columns.findIndex(({ type }) => type === 'text');
  if (at !== -1 && (columns.length > 1 || isSeries)) {
    fail(
      where,
      `preprocessing.columns.${at}.type`,
      'text',
      `another type ${isSeries ? 'in a series' : 'beside others'}`,
    );
  }
  if (!isSeries) return { version: 1, columns, target };
  return { version: 1, columns, target, series: checkSeries(where, whole.series, columns, target) };
}

const stepUnits = ['days', 'months', 'numbers'] as const;

function checkSeries(
  where: string,
  value: unknown,
  columns: readonly ColumnEncoding[],
  target: readonly TargetDecoding[],
): SeriesEncoding {
  const path = 'preprocessing.series';
  const hasKey = typeof value === 'object' && value !== null && 'key' in value;
  const keys = ['time', ...(hasKey ? ['key'] : []), 'target', 'context', 'horizon', 'step'];
  const fields = fieldsOf(where, path, value, keys, ['format']);
  const { unit, size } = fieldsOf(where, `${path}.step`, fields.step, ['unit', 'size']);
  const series: SeriesEncoding = {
    time: textOf(where, `${path}.time`, fields.time),
    ...(hasKey ? { key: textOf(where, `${path}.key`, fields.key) } : {}),
    target: textOf(where, `${path}.target`, fields.target),
    context: positiveInteger.check(where, `${path}.context`, fields.context),
    horizon: positiveInteger.check(where, `${path}.horizon`, fields.horizon),
    step: {
      unit: oneOf(where, `${path}.step.unit`, unit, stepUnits),
      size:
        numberOf(where, `${path}.step.size`, size) > 0
          ? (size as number)
          : fail(where, `${path}.step.size`, size, 'a number above 0'),
    },
    ...formatIn(where, `${path}.format`, fields.format, unit === 'numbers' ? 'numeric' : 'date'),
  };
  if (columns.find(({ name }) => name === series.target)?.type !== 'numeric') {
    fail(where, `${path}.target`, series.target, 'the name of a numeric column');
  }
  const names = forecastNames(series.target, series.horizon);
  const isOf =
    target.length === names.length && target.every(({ name, type }, h) => name === names[h] && type === 'values');
  if (!isOf)
    fail(
      where,
      'preprocessing.target',
      target.map(({ name }) => name),
      `the values ${names.join(', ')}`,
    );
  return series;
}

/** Like `checkPreprocessing`, for that of a table alone. */
export function checkTablePreprocessing(where: string, value: unknown): TablePreprocessing {
  const checked = checkPreprocessing(where, value);
  return 'columns' in checked ? checked : fail(where, 'preprocessing', checked, 'columns of a table');
}

function checkVersion(where: string, { version }: Fields): void {
  if (version !== 1) fail(where, 'preprocessing.version', version, '1 (a newer Gradloom may read it)');
}

function checkImages(where: string, value: object): ImagePreprocessing {
  const names = 'target' in value ? ['version', 'image', 'target'] : ['version', 'image'];
  const whole = fieldsOf(where, 'preprocessing', value, names);
  checkVersion(where, whole);
  const image = checkImage(where, 'preprocessing.image', whole.image);
  if (whole.target === undefined) return { version: 1, image };
  const [first, ...others] = listOf(where, 'preprocessing.target', whole.target);
  const target = checkTarget(where, 'preprocessing.target.0', first);
  if (others.length === 0 && target.type === 'classes') return { version: 1, image, target: [target] };
  return fail(where, 'preprocessing.target', whole.target, 'the names of classes');
}

function checkText(where: string, value: object): TextPreprocessing {
  const whole = fieldsOf(where, 'preprocessing', value, ['version', 'text']);
  checkVersion(where, whole);
  const path = 'preprocessing.text';
  const { tokenizer, context, lines } = fieldsOf(where, path, whole.text, ['tokenizer', 'context', 'lines']);
  const text = {
    tokenizer: checkTokenizer(where, `${path}.tokenizer`, tokenizer),
    context: positiveInteger.check(where, `${path}.context`, context),
    lines: flagOf(where, `${path}.lines`, lines),
  };
  return { version: 1, text };
}

/** Returns the encoding of images if it is valid. @throws OptionError naming the invalid part. */
export function checkImage(where: string, path: string, value: unknown): ImageEncoding {
  const hasScale = typeof value === 'object' && value !== null && 'scale' in value;
  const names = ['height', 'width', 'channels', 'divisor'];
  const { height, width, channels, divisor, scale } = fieldsOf(
    where,
    path,
    value,
    hasScale ? [...names, 'scale'] : names,
  );
  const image: ImageEncoding = {
    height: positiveInteger.check(where, `${path}.height`, height),
    width: positiveInteger.check(where, `${path}.width`, width),
    channels: channels === 1 || channels === 3 ? channels : fail(where, `${path}.channels`, channels, '1 or 3'),
    divisor: scaleOf(where, `${path}.divisor`, divisor),
  };
  return hasScale ? { ...image, scale: checkScale(where, `${path}.scale`, scale, image.channels) } : image;
}

/** Returns mean and deviation of C channels if they are valid. @throws OptionError naming the invalid part. */
export function checkScale(where: string, path: string, value: unknown, C: number): ChannelScale {
  const fields = fieldsOf(where, path, value, ['mean', 'deviation']);
  const numbersOf = (name: string, check: typeof numberOf): readonly number[] => {
    const list = listOf(where, `${path}.${name}`, fields[name]);
    if (list.length !== C) fail(where, `${path}.${name}`, list, `${counted(C, 'number')}, one for each channel`);
    return list.map((value, c) => check(where, `${path}.${name}.${c}`, value));
  };
  return { mean: numbersOf('mean', numberOf), deviation: numbersOf('deviation', scaleOf) };
}

type Fields = Readonly<Record<string, unknown>>;

const numberTypes = ['numeric', 'date', 'boolean'] as const;

function checkColumn(where: string, path: string, value: unknown): ColumnEncoding {
  const kind = typeOf(where, path, value, [...numberTypes, 'categorical', 'text']);
  if (kind === 'text') {
    const column = fieldsOf(where, path, value, ['name', 'type', 'tokenizer', 'context']);
    return {
      name: textOf(where, `${path}.name`, column.name),
      type: kind,
      tokenizer: checkTokenizer(where, `${path}.tokenizer`, column.tokenizer),
      context: positiveInteger.check(where, `${path}.context`, column.context),
    };
  }
  if (kind === 'categorical') {
    const column = fieldsOf(where, path, value, ['name', 'type', 'categories', 'missing'], ['gaps', 'others']);
    return {
      name: textOf(where, `${path}.name`, column.name),
      type: kind,
      categories: namesOf(where, `${path}.categories`, column.categories),
      missing: flagOf(where, `${path}.missing`, column.missing),
      ...(column.gaps === undefined ? {} : { gaps: flagOf(where, `${path}.gaps`, column.gaps) }),
      ...(column.others === undefined ? {} : { others: othersOf(where, `${path}.others`, column.others) }),
    };
  }
  const keys = ['name', 'type', 'center', 'scale', 'fill', 'indicator'];
  const column = fieldsOf(where, path, value, keys, ['format', 'gaps', 'range']); // older models have none
  return {
    name: textOf(where, `${path}.name`, column.name),
    type: kind as (typeof numberTypes)[number],
    ...formatIn(where, `${path}.format`, column.format, kind),
    center: numberOf(where, `${path}.center`, column.center),
    scale: scaleOf(where, `${path}.scale`, column.scale),
    fill: column.fill === null ? null : numberOf(where, `${path}.fill`, column.fill),
    indicator: flagOf(where, `${path}.indicator`, column.indicator),
    ...(column.gaps === undefined ? {} : { gaps: flagOf(where, `${path}.gaps`, column.gaps) }),
    ...(column.range !== undefined ? { range: rangeOf(where, `${path}.range`, column.range) } : {}),
  };
}

const othersOf = (where: string, path: string, value: unknown): boolean | readonly string[] =>
  Array.isArray(value) ? namesOf(where, path, value) : flagOf(where, path, value);

function rangeOf(where: string, path: string, value: unknown): ValueRange {
  const [least, greatest] = listOf(where, path, value).map((end, e) => numberOf(where, `${path}.${e}`, end));
  const isRange = (value as readonly unknown[]).length === 2 && least <= greatest;
  return isRange ? [least, greatest] : fail(where, path, value, 'a least and a greatest number');
}

function checkTarget(where: string, path: string, value: unknown): TargetDecoding {
  const kind = typeOf(where, path, value, ['values', 'classes']);
  if (kind === 'classes') {
    const target = fieldsOf(where, path, value, ['name', 'type', 'labels']);
    const name = textOf(where, `${path}.name`, target.name);
    return { name, type: 'classes', labels: namesOf(where, `${path}.labels`, target.labels) };
  }
  const target = fieldsOf(where, path, value, ['name', 'type', 'center', 'scale'], ['format', 'transform']);
  const name = textOf(where, `${path}.name`, target.name);
  const center = numberOf(where, `${path}.center`, target.center);
  const format = formatIn(where, `${path}.format`, target.format, 'numeric');
  const transform =
    target.transform === undefined ? {} : { transform: oneOf(where, `${path}.transform`, target.transform, ['log']) };
  return {
    name,
    type: 'values',
    ...format,
    ...transform,
    center,
    scale: scaleOf(where, `${path}.scale`, target.scale),
  };
}

function fail(where: string, path: string, value: unknown, expected: string): never {
  throw new OptionError(where, path, `${has(value)}, expected ${expected}`);
}

/** The format of cells of a type, if there is one. */
function formatIn(where: string, path: string, value: unknown, type: string): { readonly format?: CellFormat } {
  if (value === undefined) return {};
  if (type === 'boolean') fail(where, path, value, 'none for a boolean');
  if (type === 'date') {
    const { order } = fieldsOf(where, path, value, ['order']);
    return { format: { order: oneOf(where, `${path}.order`, order, ['dmy', 'mdy', 'time']) } };
  }
  const fields = fieldsOf(where, path, value, ['decimal'], ['thousands', 'unit']);
  const decimal = oneOf(where, `${path}.decimal`, fields.decimal, ['point', 'comma']);
  const thousands =
    fields.thousands === undefined
      ? {}
      : { thousands: oneOf(where, `${path}.thousands`, fields.thousands, THOUSANDS[decimal]) };
  const unit = fields.unit === undefined ? {} : { unit: textOf(where, `${path}.unit`, fields.unit) };
  return { format: { decimal, ...thousands, ...unit } };
}

/** Returns the value if it is an object with exactly these keys, and any of the optional ones. */
function fieldsOf(
  where: string,
  path: string,
  value: unknown,
  keys: readonly string[],
  optional: readonly string[] = [],
): Fields {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return fail(where, path, value, `an object with ${keys.join(', ')}`);
  }
  const presentKeys = Object.keys(value).filter((key) => !optional.includes(key));
  const other = presentKeys.find((key) => !keys.includes(key)) ?? keys.find((key) => !presentKeys.includes(key));
  if (other !== undefined) fail(where, path, presentKeys, `the keys ${keys.join(', ')}`);
  return value as Fields;
}

const oneOf = <T extends string>(where: string, path: string, value: unknown, known: readonly T[]): T =>
  known.find((name) => name === value) ?? fail(where, path, value, `one of ${known.join(', ')}`);

function typeOf(where: string, path: string, value: unknown, known: readonly string[]): string {
  const type = typeof value === 'object' && value !== null && 'type' in value ? value.type : undefined;
  return known.find((name) => name === type) ?? fail(where, `${path}.type`, type, `one of ${known.join(', ')}`);
}

const listOf = (where: string, path: string, value: unknown): readonly unknown[] =>
  Array.isArray(value) && value.length > 0 ? value : fail(where, path, value, 'a list with at least one entry');

const textOf = (where: string, path: string, value: unknown): string =>
  typeof value === 'string' ? value : fail(where, path, value, 'text');

const flagOf = (where: string, path: string, value: unknown): boolean =>
  typeof value === 'boolean' ? value : fail(where, path, value, 'true or false');

const numberOf = (where: string, path: string, value: unknown): number =>
  typeof value === 'number' && Number.isFinite(value) ? value : fail(where, path, value, 'a finite number');

const scaleOf = (where: string, path: string, value: unknown): number =>
  numberOf(where, path, value) === 0 ? fail(where, path, value, 'a number other than 0') : (value as number);

function namesOf(where: string, path: string, value: unknown): readonly string[] {
  const isNames = Array.isArray(value) && value.every((name) => typeof name === 'string');
  if (!isNames || new Set(value).size < value.length) fail(where, path, value, 'a list of texts, each of them once');
  return value as readonly string[];
}
