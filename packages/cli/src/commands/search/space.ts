import type { Random } from '@gradloom/core';
import { option, show } from '@gradloom/core/internal';
import { readEntries, readValue } from '../../options/option.ts';
import { isRecord } from '../../options/read-object.ts';
import { asUsageError, failureOf, UsageError } from '../../terminal/failure.ts';
import { trainOptions } from '../train/options.ts';

/** A searched option: values to choose from, or a range of numbers. */
export type Dimension = { readonly key: SearchedKey } & (
  | { readonly kind: 'list'; readonly values: readonly unknown[] }
  | {
      readonly kind: 'range';
      readonly from: number;
      readonly to: number;
      readonly log: boolean;
      readonly whole: boolean; // the option takes whole numbers only
      readonly step: number | null; // the values are from, from + step, …
      readonly count: number | null; // of a grid: so many values at equal distances
    }
);

export type SearchedKey = keyof typeof trainOptions;

/** Values of the searched options as a file has them, before they are parsed. */
export type Point = Readonly<Partial<Record<SearchedKey, unknown>>>;

/** The dimensions of the search, in the order of the file. @throws UsageError naming the first that does not fit. */
export function readSpace(where: string, keyOf: (key: string) => SearchedKey, space: unknown): Dimension[] {
  if (!isRecord(space) || Object.keys(space).length === 0) {
    throw new UsageError(
      `${where}: search has ${show(space)}, expected options and their values, such as { "lr": [0.01, 0.1] }`,
    );
  }
  const dimensions = Object.entries(space).map(([key, values]) =>
    readDimension(`${where}: search ${key}`, keyOf(key), values),
  );
  for (const [k, { key }] of dimensions.entries()) {
    if (dimensions.findIndex((other) => other.key === key) === k) continue;
    throw new UsageError(`${where}: search has ${key} twice, expected it once`);
  }
  return dimensions;
}

const rangeKeys = {
  from: option.required(option.finite),
  to: option.required(option.finite),
  scale: option.oneOf({ linear: true, log: true })('linear'),
  step: option.positive(),
  count: option.wholeNumber(2)(),
};

function readDimension(name: string, key: SearchedKey, values: unknown): Dimension {
  const parse = (value: unknown) => asUsageError(() => readValue(trainOptions[key], name, value));
  if (Array.isArray(values)) {
    if (values.length === 0) throw new UsageError(`${name} has no values, expected at least one`);
    for (const value of values) parse(value);
    return { key, kind: 'list', values };
  }
  if (!isRecord(values)) {
    const form = 'a list of values, or a range such as { "from": 0.001, "to": 0.1, "scale": "log" }';
    throw new UsageError(`${name} has ${show(values)}, expected ${form} (a single value belongs into options)`);
  }
  const { from: low, to: high, scale, step, count } = asUsageError(() => readEntries(name, rangeKeys, values));
  for (const end of [low, high]) parse(end);
  if (low >= high) throw new UsageError(`${name}: from has ${low}, expected less than to, ${high}`);
  if (scale === 'log' && low <= 0)
    throw new UsageError(`${name}: from has ${low}, expected more than 0 with scale log`);
  if (step !== undefined && scale === 'log') {
    throw new UsageError(`${name}: step has ${step}, expected none with scale log`);
  }
  if (count !== undefined && step !== undefined) {
    throw new UsageError(`${name}: count has ${count}, expected none beside step`);
  }
  const takesFractions = failureOf(() => parse(low + 0.5)) === null;
  return {
    key,
    kind: 'range',
    from: low,
    to: high,
    log: scale === 'log',
    whole: Number.isInteger(low) && Number.isInteger(high) && !takesFractions,
    step: step ?? null,
    count: count ?? null,
  };
}

/** Digits of a drawn number: enough for a search, and few enough to type. */
const DIGITS = 4;

/** A point drawn at random, each option by itself. */
export const drawPoint = (space: readonly Dimension[], random: Random): Point =>
  Object.fromEntries(space.map((dimension) => [dimension.key, draw(dimension, random)]));

function draw(dimension: Dimension, random: Random): unknown {
  if (dimension.kind === 'list') return dimension.values[random.integer(dimension.values.length)];
  const { from, to, step } = dimension;
  if (step !== null) return stepValue(from, step, random.integer(countSteps(from, to, step)));
  return between(dimension, random.uniform());
}

/** Number of values from, from + step, … up to `to`, which a rounding error of the quotient must not leave out. */
const countSteps = (from: number, to: number, step: number): number => Math.floor((to - from) / step + 1e-9) + 1;
/** The k-th value, without the digits that binary rounding adds. */
const stepValue = (from: number, step: number, k: number): number => Number((from + k * step).toPrecision(12));

/** The number at a share of the range. A range of whole numbers has each as likely as its neighbours. */
function between({ from, to, log, whole }: Extract<Dimension, { kind: 'range' }>, share: number): number {
  const value = interpolate(from, whole ? to + 1 : to, log, share);
  if (whole) return Math.min(to, Math.floor(value));
  return Math.min(to, Math.max(from, Number(value.toPrecision(DIGITS))));
}

const interpolate = (from: number, to: number, log: boolean, share: number): number =>
  log ? from * (to / from) ** share : from + (to - from) * share;

/** Maximum number of points of a grid: more must be a mistake. */
const MAX_POINTS = 100_000;

/**
 * Every combination of the values, the last option changing fastest.
 * @throws UsageError for a range without step or count.
 */
export function gridOf(where: string, space: readonly Dimension[]): Point[] {
  const axes = space.map((dimension) => axisOf(where, dimension));
  const size = axes.reduce((product, values) => product * values.length, 1);
  if (size > MAX_POINTS) {
    throw new UsageError(
      `${where}: the grid has ${size} points, expected at most ${MAX_POINTS} (method random draws some of them)`,
    );
  }
  let points: Point[] = [{}];
  for (const [k, values] of axes.entries()) {
    points = points.flatMap((point) => values.map((value) => ({ ...point, [space[k].key]: value })));
  }
  return points;
}

function axisOf(where: string, dimension: Dimension): readonly unknown[] {
  if (dimension.kind === 'list') return dimension.values;
  const { key, from, to, step, count, whole, log } = dimension;
  if (step !== null) return Array.from({ length: countSteps(from, to, step) }, (_, k) => stepValue(from, step, k));
  if (count === null) {
    throw new UsageError(`${where}: search ${key} has a range, expected step or count beside it for a grid`);
  }
  const values = Array.from({ length: count }, (_, k) => {
    const value = interpolate(from, to, log, k / (count - 1));
    return whole ? Math.round(value) : Number(value.toPrecision(DIGITS));
  });
  return [...new Set(values)];
}
