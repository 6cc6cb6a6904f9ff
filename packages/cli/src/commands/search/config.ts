import { show, suggest } from '@gradloom/core/internal';
import { monitors } from '@gradloom/runtime/options';
import { entriesToRaw } from '../../options/config-file.ts';
import { effects } from '../../options/effects.ts';
import { wholeNumber } from '../../options/numbers.ts';
import { parseRaw } from '../../options/raw-options.ts';
import { isRecord, readObject } from '../../options/read-object.ts';
import { kebabCase } from '../../options/words.ts';
import { asUsage, UsageError } from '../../terminal/failure.ts';
import { type TrainValues, trainAlternatives, trainOptions } from '../train/options.ts';
import { type Dimension, gridOf, readSpace, type SearchedKey } from './space.ts';

export type Method = 'grid' | 'random' | 'halving';

export type MetricName = keyof typeof monitors;

/** A search as its file describes it, with every default filled in but for those that the data decide. */
export interface SearchConfig {
  readonly options: Readonly<Record<string, unknown>>; // of train, as the file has them
  readonly search: Readonly<Record<string, unknown>>;
  readonly method: Method;
  readonly runs: number; // trials of the first round
  readonly seed: number; // of the draws
  readonly folds: number | null; // null: one run a trial, measured on the validation rows
  readonly metric: MetricName | null; // null: accuracy of classes, R² of values
  readonly halving: Halving | null;
}

export interface Halving {
  readonly factor: number; // of the trials that go on, 1 / factor; each has factor times the steps
  readonly unit: 'steps' | 'epochs';
  readonly from: number | null; // of the first round; null: so that the last has `to`
  readonly to: number | null; // of the last round; null: what train takes by default
}

const KEYS = ['options', 'search', 'method', 'runs', 'seed', 'folds', 'metric', 'halving'] as const;
const METHODS: readonly Method[] = ['grid', 'random', 'halving'];
const RUNS = 20;
const FACTOR = 3;

/** Options of train that decide which rows a run is measured on: figures on other rows do not compare. */
const OF_ROWS: readonly SearchedKey[] = ['dataset', 'target', 'targets', 'validation', 'test', 'folds', 'fold'];

/** Options of the loss, by which the losses of trials differ that are equally good. */
const OF_LOSS: readonly SearchedKey[] = ['loss', 'label-smoothing'];

/** The rounds of a halving have these. */
const OF_LENGTH: readonly SearchedKey[] = ['epochs', 'steps'];

/** Most trials: more must be a mistake. */
const MOST_RUNS = 100_000;

/** @throws UsageError naming the first key that does not fit, Error where the file cannot be read. */
export async function readSearch(path: string): Promise<SearchConfig> {
  return checkSearch(path, await readObject('the search', path));
}

/** @throws UsageError */
export function checkSearch(where: string, file: Readonly<Record<string, unknown>>): SearchConfig {
  for (const key of Object.keys(file)) {
    if ((KEYS as readonly string[]).includes(key)) continue;
    throw new UsageError(
      `${where}: key ${show(key)} is unknown, expected some of ${KEYS.join(', ')}${suggest(key, KEYS)}`,
    );
  }
  const { options = {}, search, method = 'random', runs, seed = 0, folds, metric, halving } = file;
  if (!isRecord(options)) throw new UsageError(`${where}: options has ${show(options)}, expected options of train`);
  if (!METHODS.includes(method as Method)) {
    throw new UsageError(`${where}: method has ${show(method)}, expected grid, random or halving`);
  }
  if (metric !== undefined && !(typeof metric === 'string' && Object.hasOwn(monitors, metric))) {
    throw new UsageError(`${where}: metric has ${show(metric)}, expected one of ${Object.keys(monitors).join(', ')}`);
  }
  const space = readSpace(where, (key) => searchedKey(where, key), search);
  const fixed = fixedOptions(where, options);
  for (const { key } of space) {
    if (method === 'halving' && OF_LENGTH.includes(key)) {
      throw new UsageError(
        `${where}: search has ${key}, expected none with method halving (halving says how long runs are)`,
      );
    }
    if (metric === 'validation-loss' && OF_LOSS.includes(key)) {
      throw new UsageError(
        `${where}: metric has "validation-loss", expected another where search has ${key} (losses of different kinds do not compare)`,
      );
    }
    if (!(key in fixed)) continue;
    throw new UsageError(`${where}: ${key} is in options and in search, expected it in one of the two`);
  }
  if (method === 'grid' && runs !== undefined) {
    throw new UsageError(
      `${where}: runs has ${show(runs)}, expected none with method grid, which has a run for each point`,
    );
  }
  const read = (name: string, least: number, value: unknown) =>
    asUsage(() => wholeNumber(least).parse(`${where}: ${name}`, value));
  if (typeof runs === 'number' && runs > MOST_RUNS) {
    throw new UsageError(`${where}: runs has ${runs}, expected at most ${MOST_RUNS}`);
  }
  return {
    ...{ options, search: search as SearchConfig['search'], method: method as Method },
    runs: method === 'grid' ? gridOf(where, space).length : runs === undefined ? RUNS : read('runs', 1, runs),
    seed: read('seed', 0, seed),
    folds: folds === undefined ? null : read('folds', 2, folds),
    metric: (metric as MetricName | undefined) ?? null,
    halving: method === 'halving' ? readHalving(`${where}: halving`, halving ?? {}) : refuseHalving(where, halving),
  };
}

function refuseHalving(where: string, halving: unknown): null {
  if (halving === undefined) return null;
  throw new UsageError(`${where}: halving has ${show(halving)}, expected none without method halving`);
}

function readHalving(where: string, halving: unknown): Halving {
  if (!isRecord(halving))
    throw new UsageError(`${where} has ${show(halving)}, expected an object such as { "factor": 3 }`);
  const known = ['factor', 'unit', 'from', 'to'];
  const unknown = Object.keys(halving).find((key) => !known.includes(key));
  if (unknown !== undefined) {
    throw new UsageError(`${where}: key ${show(unknown)} is unknown, expected some of ${known.join(', ')}`);
  }
  const { factor = FACTOR, unit = 'steps', from, to } = halving;
  if (unit !== 'steps' && unit !== 'epochs') {
    throw new UsageError(`${where}: unit has ${show(unit)}, expected steps or epochs`);
  }
  if (typeof factor !== 'number' || !(factor > 1) || !Number.isFinite(factor)) {
    throw new UsageError(`${where}: factor has ${show(factor)}, expected a number above 1`);
  }
  const length = (name: string, value: unknown) =>
    value === undefined ? null : asUsage(() => wholeNumber(1).parse(`${where}: ${name}`, value));
  const read: Halving = { factor, unit, from: length('from', from), to: length('to', to) };
  if (read.from !== null && read.to !== null && read.from > read.to) {
    throw new UsageError(`${where}: from has ${read.from}, expected at most to, ${read.to}`);
  }
  return read;
}

/** The space of a search that was checked. */
export const spaceOf = (where: string, { search }: Pick<SearchConfig, 'search'>): Dimension[] =>
  readSpace(where, (key) => searchedKey(where, key), search);

/** @throws UsageError for an option that train does not have, or that cannot be searched. */
function searchedKey(where: string, key: string): SearchedKey {
  const own = kebabCase(key);
  const isSearched = (name: string): name is SearchedKey =>
    Object.hasOwn(trainOptions, name) &&
    ['result', 'reading', 'naming'].includes(trainOptions[name as SearchedKey].effect) &&
    !OF_ROWS.includes(name as SearchedKey);
  if (isSearched(own)) return own;
  if ((OF_ROWS as readonly string[]).includes(own)) {
    throw new UsageError(
      `${where}: search has ${own}, expected it ${own.startsWith('fold') ? 'beside search, as folds' : 'in options'} (figures on different rows do not compare)`,
    );
  }
  const known = Object.keys(trainOptions).filter(isSearched);
  throw new UsageError(
    `${where}: search has ${show(key)}, expected options of train that change its result${suggest(own, known)}`,
  );
}

/** The fixed options, parsed. @throws UsageError naming the first that does not fit. */
export function fixedOptions(where: string, options: Readonly<Record<string, unknown>>): TrainValues {
  const { raw, foreign } = entriesToRaw(trainOptions, options, `${where}: options`, 'config');
  for (const { name, value, why } of foreign) {
    throw new UsageError(`${name} has ${show(value)}, expected the file not to set it (${why})`);
  }
  for (const [key, { name, value }] of Object.entries(raw)) {
    const { effect } = trainOptions[key as SearchedKey];
    if (key === 'folds' || key === 'fold') {
      throw new UsageError(`${name} has ${show(value)}, expected folds beside options, for the whole search`);
    }
    if (effects[effect].setBy === 'run' && key !== 'threads') continue;
    throw new UsageError(`${name} has ${show(value)}, expected the file not to set it (it is a flag of the search)`);
  }
  return parseRaw(trainOptions, raw, trainAlternatives);
}

/** The options of a run of the search: the fixed ones, with the values of a point. @throws UsageError */
export function valuesAt(
  where: string,
  { options }: SearchConfig,
  point: Readonly<Record<string, unknown>>,
): TrainValues {
  return fixedOptions(where, { ...options, ...point });
}
