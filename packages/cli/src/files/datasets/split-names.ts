import { option } from '@gradloom/core/internal';
import type { DataSplits, Dataset } from '@gradloom/runtime';
import { grouped, type OptionTable } from '../../options/option.ts';
import { UsageError } from '../../terminal/failure.ts';
import { datasetSource } from './dataset-source.ts';

const splitNames = { train: true, validation: true, test: true } satisfies Record<keyof DataSplits, true>;

export type SplitName = keyof typeof splitNames;

/** Options that choose the rows of a command on a run; `use` says what it does with them. */
export const rowOptions = (use: string) =>
  grouped(
    { group: 'Data' },
    {
      dataset: datasetSource(undefined, `rows to ${use}: name or path, as in train`, 'the dataset of the run'),
      split: option.oneOf(splitNames)(
        undefined,
        'part of the dataset: train, validation or test',
        'test, else validation, else all rows',
      ),
    },
  ) satisfies OptionTable;

/** The part of a dataset that is measured; `all`: the only set of a dataset that the model was not trained on. */
export interface SelectedRows {
  readonly split: SplitName | 'all';
  readonly dataset: Dataset;
}

/**
 * The requested part. By default the test set, else the validation set of the model's own dataset, else all rows.
 * @throws UsageError if the dataset does not have it.
 */
export function selectSplit(
  sets: DataSplits,
  requested: SplitName | undefined,
  isTrainingDataset: boolean,
): SelectedRows {
  if (requested === undefined && !isTrainingDataset && Object.keys(sets).length === 1)
    return { split: 'all', dataset: sets.train };
  const heldOutName = (['test', 'validation'] as const).find((name) => isTrainingDataset && sets[name] !== undefined);
  const split = requested ?? heldOutName ?? (sets.test === undefined ? 'train' : 'test');
  const dataset = sets[split];
  if (dataset !== undefined) return { split, dataset };
  const names = Object.keys(splitNames).filter((name) => name in sets);
  throw new UsageError(`--split has ${split}, expected ${names.join(' or ')} (${sets.train.name} has no other set)`);
}
