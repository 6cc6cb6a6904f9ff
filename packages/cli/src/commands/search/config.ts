import { option, show, suggest } from '@gradloom/core/internal';
import { monitors } from '@gradloom/runtime/options';
import { entriesToRaw, refuseForeign } from '../../options/config-file.ts';
import { effects, RESULT_EFFECTS } from '../../options/effects.ts';
import { kebabCase } from '../../options/flags-of.ts';
import { readEntries } from '../../options/option.ts';
import { parseRaw } from '../../options/raw-options.ts';
import { isRecord, readObject } from '../../options/read-object.ts';
import { asUsageError, UsageError } from '../../terminal/failure.ts';
import { type TrainValues, trainAlternatives, trainOptions } from '../train/options.ts';
import { type Dimension, gridOf, readSpace, type SearchedKey } from './space.ts';

const methods = { grid: true, random: true, halving: true };
const units = { steps: true, epochs: true };

export type Method = keyof typeof methods;

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
  readonly factor: number; // the best 1 / factor of the trials go on to the next round, with runs factor times as long
  readonly unit: 'steps' | 'epochs';
  readonly from: number | null; // steps or epochs of the first round; null: few enough to reach `to` in the last
  readonly to: number | null; // steps or epochs of the last round; null: the default of train
}

/** Options of train that decide which rows a run is measured on: figures on other rows do not compare. */
const ROW_OPTIONS = new Set<string>(['dataset', 'target', 'targets', 'split', 'validation', 'test', 'folds', 'fold']);

/** Options of the loss: trials that differ in them have losses that do not compare. */
export const LOSS_OPTIONS: readonly SearchedKey[] = ['loss', 'label-smoothing'];

/** The length of a run, which the rounds of a halving set. */
const LENGTH_OPTIONS: readonly SearchedKey[] = ['epochs', 'steps', 'minutes'];

/** @throws UsageError naming the first key that does not fit, Error where the file cannot be read. */
export async function readSearch(path: string): Promise<SearchConfig> {
  return checkSearch(path, await readObject('the search', path));
}

const MAX_RUNS = 100_000; // trials: more must be a mistake

const searchKeys = {
  options: option.unchecked<unknown>(),
  search: option.unchecked<unknown>(),
  method: option.oneOf(methods)('random'),
  runs: option.wholeNumber(1, MAX_RUNS)(),
  seed: option.count(0),
  folds: option.wholeNumber(2)(),
  metric: option.oneOf(monitors)(),
  halving: option.unchecked<unknown>(),
};

const DEFAULT_RUNS = 20;

const halvingKeys = {
  factor: option.number('a number above 1', (x) => x > 1)(3),
  unit: option.oneOf(units)('steps'),
  from: option.positiveInteger(),
  to: option.positiveInteger(),
};

/** @throws UsageError */
export function checkSearch(where: string, file: Readonly<Record<string, unknown>>): SearchConfig {
  const entries = asUsageError(() => readEntries(where, searchKeys, file));
  const { options = {}, search, method, runs, seed, folds, metric, halving } = entries;
  if (!isRecord(options)) throw new UsageError(`${where}: options has ${show(options)}, expected options of train`);
  const space = readSpace(where, (key) => searchedKey(where, key), search);
  const fixedValues = fixedOptions(where, options);
  for (const { key } of space) {
    if (method === 'halving' && LENGTH_OPTIONS.includes(key)) {
      throw new UsageError(
        `${where}: search has ${key}, expected none with method halving (halving says how long runs are)`,
      );
    }
    if (metric === 'validation-loss' && LOSS_OPTIONS.includes(key)) {
      throw new UsageError(
        `${where}: metric has "validation-loss", expected another where search has ${key} (losses of different kinds do not compare)`,
      );
    }
    if (!(key in fixedValues)) continue;
    throw new UsageError(`${where}: ${key} is in options and in search, expected it in one of the two`);
  }
  if (method === 'grid' && runs !== undefined) {
    throw new UsageError(
      `${where}: runs has ${show(runs)}, expected none with method grid, which has a run for each point`,
    );
  }
  return {
    options,
    search: search as SearchConfig['search'],
    method,
    seed,
    runs: method === 'grid' ? gridOf(where, space).length : (runs ?? DEFAULT_RUNS),
    folds: folds ?? null,
    metric: metric ?? null,
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
  const { from = null, to = null, ...rest } = asUsageError(() => readEntries(where, halvingKeys, halving));
  if (from !== null && to !== null && from > to) {
    throw new UsageError(`${where}: from has ${from}, expected at most to, ${to}`);
  }
  return { ...rest, from, to };
}

/** The space of a search that was checked. */
export const spaceOf = (where: string, { search }: Pick<SearchConfig, 'search'>): Dimension[] =>
  readSpace(where, (key) => searchedKey(where, key), search);

/** @throws UsageError for an option that train does not have, or that cannot be searched. */
function searchedKey(where: string, key: string): SearchedKey {
  const optionName = kebabCase(key);
  const isSearched = (name: string): name is SearchedKey =>
    Object.hasOwn(trainOptions, name) &&
    RESULT_EFFECTS.includes(trainOptions[name as SearchedKey].effect) &&
    !ROW_OPTIONS.has(name);
  if (isSearched(optionName)) return optionName;
  if (ROW_OPTIONS.has(optionName)) {
    const expectedIn = optionName.startsWith('fold') ? 'beside search, as folds' : 'in options';
    const why = 'figures on different rows do not compare';
    throw new UsageError(`${where}: search has ${optionName}, expected it ${expectedIn} (${why})`);
  }
  const names = Object.keys(trainOptions).filter(isSearched);
  throw new UsageError(
    `${where}: search has ${show(key)}, expected options of train that change its result${suggest(optionName, names)}`,
  );
}

/** The fixed options, parsed. @throws UsageError naming the first that does not fit. */
export function fixedOptions(where: string, options: Readonly<Record<string, unknown>>): TrainValues {
  const { raw, foreign } = entriesToRaw(trainOptions, options, `${where}: options`, 'config');
  refuseForeign(foreign);
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
