import { openDataset } from '../../files/datasets/open-dataset.ts';
import { withTableFlags } from '../../files/datasets/table-options.ts';
import { UsageError } from '../../terminal/usage-error.ts';
import { type TrainValues, trainOptions } from '../train/options.ts';
import { createRecipe, type Recipe } from '../train/recipe.ts';
import { type SearchConfig, valuesAt } from './config.ts';
import type { RunKey } from './outcome.ts';
import type { Point } from './space.ts';
import type { Round } from './trials.ts';

type Opened = Awaited<ReturnType<typeof openDataset>>;

/** Recipes of the runs of a search; runs that differ only in what does not concern the data share the data. */
export interface Runs {
  recipeOf(point: Point, fold: RunKey['fold'], length: Round['length']): Promise<Recipe>;
}

/** @throws UsageError naming what does not fit, with the file */
export function openRuns(where: string, config: SearchConfig): Runs {
  const opened = new Map<string, Promise<Opened>>();
  const most = 2 * (config.folds ?? 1);

  function open(values: TrainValues, fold: RunKey['fold']): Promise<Opened> {
    const { dataset, validation, test } = values;
    if (dataset === undefined) {
      throw new UsageError(
        `${where}: options has no dataset, expected one of ${trainOptions.dataset.choices?.join(', ')}, or a path`,
      );
    }
    const key = JSON.stringify([dataOf(values), fold]);
    const known = opened.get(key);
    if (known !== undefined) return known;
    const folds = config.folds === null || fold === null ? {} : { folds: config.folds, fold };
    const fresh = openDataset(withTableFlags(dataset, values), { validation, test, ...folds });
    opened.set(key, fresh);
    for (const old of opened.keys()) if (opened.size > most) opened.delete(old);
    return fresh;
  }

  return {
    async recipeOf(point, fold, length) {
      const values = valuesAt(where, config, point);
      const { epochs: _e, steps: _s, ...rest } = values;
      const timed: TrainValues = length === null ? values : { ...rest, [length.unit]: length.count };
      return createRecipe(timed, await open(values, fold));
    },
  };
}

/** The options that decide what the sets are. */
const dataOf = (values: TrainValues) =>
  Object.entries(values).filter(([key]) => trainOptions[key as keyof TrainValues].group === 'Data');
