import type { DataSplits, Dataset } from '@gradloom/runtime';
import { UsageError } from '../../terminal/failure.ts';

/** The parts of a dataset. */
export const splitNames = { train: true, validation: true, test: true } satisfies Record<keyof DataSplits, true>;

export type SplitName = keyof typeof splitNames;

/** The part of a dataset that is measured. `all` is for a dataset without parts that the model was not trained on. */
export interface TakenRows {
  readonly split: SplitName | 'all';
  readonly dataset: Dataset;
}

/**
 * The requested part; by default the test set; without one, of the model's own dataset the validation set, else all
 * rows.
 * @throws UsageError if the dataset does not have it.
 */
export function takeSplit(sets: DataSplits, asked: SplitName | undefined, isOwn: boolean): TakenRows {
  if (asked === undefined && !isOwn && Object.keys(sets).length === 1) return { split: 'all', dataset: sets.train };
  const held = (['test', 'validation'] as const).find((name) => isOwn && sets[name] !== undefined);
  const split = asked ?? held ?? (sets.test === undefined ? 'train' : 'test');
  const dataset = sets[split];
  if (dataset !== undefined) return { split, dataset };
  const known = Object.keys(splitNames).filter((name) => name in sets);
  throw new UsageError(`--split has ${split}, expected ${known.join(' or ')} (${sets.train.name} has no other set)`);
}
