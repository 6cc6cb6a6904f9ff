import { OptionError } from '@gradloom/core';
import { complete, hasHeads } from '@gradloom/core/internal';
import { hashDataset, planRun } from '@gradloom/runtime/internal';
import type { DatasetSource } from '../../files/datasets/dataset-source.ts';
import { without } from '../../options/option.ts';
import { UsageError, withoutCaller } from '../../terminal/failure.ts';
import { openBaseModel } from '../train/base-model.ts';
import { expectedDataset, type TrainValues, trainOptions } from '../train/options.ts';
import { createRecipe, type OpenedRun, openShares, type Recipe, stepsPerEpoch } from '../train/recipe.ts';
import { fixedOptions, LOSS_OPTIONS, type MetricName, type SearchConfig, spaceOf, valuesAt } from './config.ts';
import type { RunKey } from './outcome.ts';
import type { Dimension, Point } from './space.ts';
import { type Round, type Trial, trialsOf } from './trials.ts';

/** A search whose first runs and data fit together. */
export interface OpenedSearch {
  readonly space: readonly Dimension[];
  readonly trials: readonly Trial[];
  readonly runs: ReturnType<typeof openRuns>;
  readonly metric: MetricName;
  readonly data: string; // SHA-256 of the datasets
  readonly length: number; // steps or epochs that train takes by default, for a halving
}

/** @throws UsageError for the first trial whose options do not fit, before anything is written */
export async function openSearch(where: string, config: SearchConfig): Promise<OpenedSearch> {
  const space = spaceOf(where, config);
  const trials = trialsOf(where, config, space);
  const runs = openRuns(where, config);
  const fold = config.folds === null ? null : 1; // each trial is checked on its first fold
  let firstRecipe: Recipe | null = null;
  datasetOf(where, fixedOptions(where, config.options)); // throws without a dataset
  for (const { number, point } of trials) {
    try {
      const recipe = await runs.recipeOf(point, fold, null); // null: of the length that options give
      firstRecipe ??= recipe;
      const { spec, sets, options } = recipe;
      if (fold === null && sets.validation === undefined) break; // refused below, with the other checks
      complete(planRun(spec, sets, options));
    } catch (error) {
      if (!(error instanceof Error)) throw error;
      const problem = error instanceof OptionError ? withoutCaller(error) : error.message;
      throw new UsageError(`${where}: trial ${number} (${pointText(point)}): ${problem}`, { cause: error });
    }
  }
  if (firstRecipe === null) throw new UsageError(`${where}: the search has no trials, expected at least one`);
  const { sets, options } = firstRecipe;
  if (fold === null && sets.validation === undefined) {
    throw new UsageError(
      `${where}: ${sets.train.name} has no validation rows by default, expected a share in options, such as validation: 0.2, or folds`,
    );
  }
  const mainMetric = sets.train.classes === null ? 'r2' : 'accuracy';
  const metric = config.metric ?? (hasHeads(options.loss) ? 'validation-loss' : mainMetric);
  const { search } = config;
  if (metric === 'validation-loss' && LOSS_OPTIONS.some((key) => key in search)) {
    throw new UsageError(`${where}: search has another loss, expected none with several targets (they do not compare)`);
  }
  refuseMissingMetric(where, metric, firstRecipe);
  const hashes: string[] = [];
  for (const set of [sets.train, sets.validation, sets.test]) {
    if (set !== undefined) hashes.push(await hashDataset(set));
  }
  const perEpoch = stepsPerEpoch(firstRecipe);
  const { steps, epochs = steps === undefined ? 1 : Math.max(1, Math.round(steps / perEpoch)) } = options;
  const length = config.halving?.unit === 'epochs' ? epochs : (steps ?? epochs * perEpoch);
  const { from = null, to = null } = config.halving ?? {};
  if (from !== null && to === null && from > length) {
    throw new UsageError(
      `${where}: halving: from has ${from}, expected at most the ${length} that a run has by default, or to as well`,
    );
  }
  return { space, trials, runs, metric, data: hashes.join(' '), length };
}

/** @throws UsageError if the runs do not have the metric, a figure of their held-out rows. */
function refuseMissingMetric(where: string, metric: MetricName, { spec, sets, options }: Recipe): void {
  const stopEarly = { ...without(options, 'minDelta'), patience: 1, monitor: metric };
  try {
    // Early stopping can watch the same figures that a run has.
    complete(planRun(spec, { ...sets, validation: sets.validation ?? sets.train }, stopEarly));
  } catch (error) {
    if (!(error instanceof OptionError && error.options[0] === 'monitor')) throw error;
    throw new UsageError(`${where}: metric ${error.problem}`, { cause: error });
  }
}

const pointText = (point: Readonly<Record<string, unknown>>): string =>
  Object.entries(point)
    .map(([key, value]) => `${key} ${typeof value === 'object' ? JSON.stringify(value) : String(value)}`)
    .join(', ');

/** Recipes of the runs of a search; runs with the same data options share the data. Errors name the file. */
function openRuns(where: string, config: SearchConfig) {
  const cache = new Map<string, Promise<OpenedRun>>();
  const maxCached = 2 * (config.folds ?? 1); // all folds of two sets of data options

  function open(values: TrainValues, fold: RunKey['fold']): Promise<OpenedRun> {
    const { validation, test } = values;
    const dataset = datasetOf(where, values);
    const key = JSON.stringify([dataOf(values), fold]);
    const cachedShares = cache.get(key);
    if (cachedShares !== undefined) return cachedShares;
    const folds = config.folds === null || fold === null ? {} : { folds: config.folds, fold };
    const shares = { validation, test, ...folds };
    const openedShares = openBaseModel(values).then((baseModel) =>
      openShares({ ...values, dataset }, shares, baseModel),
    );
    cache.set(key, openedShares);
    for (const oldestKey of cache.keys()) if (cache.size > maxCached) cache.delete(oldestKey);
    return openedShares;
  }

  return {
    async recipeOf(point: Point, fold: RunKey['fold'], length: Round['length']): Promise<Recipe> {
      const values = valuesAt(where, config, point);
      const runValues: TrainValues =
        length === null ? values : { ...without(values, 'epochs', 'steps', 'minutes'), [length.unit]: length.count };
      return createRecipe(runValues, await open(values, fold));
    },
  };
}

function datasetOf(where: string, { dataset }: TrainValues): DatasetSource {
  if (dataset !== undefined) return dataset;
  throw new UsageError(`${where}: options has no dataset, expected ${expectedDataset}`);
}

/** The options that determine the datasets. */
const dataOf = (values: TrainValues) =>
  Object.entries(values).filter(
    ([key]) => trainOptions[key as keyof TrainValues].group === 'Data' || key === 'from' || key === 'replace-head',
  );
