import type { DataSplits, Model } from '@gradloom/runtime';
import type { DatasetSource } from '../datasets/dataset-source.ts';
import { openDataset } from '../datasets/open-dataset.ts';
import { type SelectedRows, type SplitName, selectSplit } from '../datasets/split-names.ts';
import { dataOf } from './open-model.ts';

/** Rows that a model is used on. */
export interface ModelRows extends SelectedRows {
  readonly sets: DataSplits;
  readonly isTrainingDataset: boolean; // the model was trained on this dataset
  readonly warnings: readonly string[]; // rows of another table that are left out
}

/**
 * The rows named by --dataset and --split, by default those that the model's run held out. Rows of a table are encoded
 * as the model's training rows were.
 * @throws UsageError if they do not exist.
 */
export async function openModelRows(
  model: Model,
  requested: DatasetSource | undefined,
  part: SplitName | undefined,
  { mayStream = false } = {}, // whether the inputs of a streaming run stay in their file
): Promise<ModelRows> {
  const { source, shares, name, isTrainingDataset, classNames } = dataOf(model, requested);
  const read = mayStream && isTrainingDataset && model.metadata.streams === true ? withStreaming(source) : source;
  const { sets, warnings = [] } = await openDataset(read, shares, name, classNames, model.preprocessing ?? null);
  return {
    ...selectSplit(sets, part, isTrainingDataset),
    sets,
    isTrainingDataset,
    warnings: isTrainingDataset ? [] : warnings,
  };
}

const withStreaming = (source: DatasetSource): DatasetSource =>
  'path' in source ? { ...source, options: { ...source.options, stream: true } } : source;
