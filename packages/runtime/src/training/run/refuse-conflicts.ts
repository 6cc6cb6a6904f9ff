import { OptionError } from '@gradloom/core';
import { show } from '@gradloom/core/internal';
import type { DataSplits } from '../../data/dataset.ts';
import type { TrainOptions } from './options.ts';

/** @throws OptionError for valid options that do not fit each other or the data. */
export function refuseConflicts(
  {
    epochs,
    steps,
    batch,
    accumulate = 1,
    probe,
    profile,
    evaluateTest,
    cluster,
    reduce,
    overlap,
    ...early
  }: TrainOptions,
  data: DataSplits,
): void {
  const { patience, minDelta, monitor } = early;
  if (epochs !== undefined && steps !== undefined) {
    const problem = `has ${show(epochs)} and steps has ${show(steps)}, expected one of the two`;
    throw new OptionError('train', ['epochs', 'steps'], problem);
  }
  if (batch === 'full' && accumulate > 1) {
    const problem = `has ${accumulate}, expected 1 (a full batch has all rows)`;
    throw new OptionError('train', ['accumulate', 'batch'], problem);
  }
  // A probe uses the callback that the clock needs between forward and backward.
  if (profile && probe !== undefined) {
    const about = 'probe and profile';
    throw new OptionError('train', ['probe', 'profile'], 'are both set, expected one of the two', { about });
  }
  if (evaluateTest && data.test === undefined) {
    throw new OptionError('train', 'evaluateTest', 'is set, expected a dataset with a test set');
  }
  if (cluster === undefined && reduce === 'allreduce') {
    throw new OptionError('train', ['reduce', 'cluster'], 'has allreduce, expected tree without a cluster');
  }
  if (cluster === undefined && overlap === false) {
    throw new OptionError('train', ['overlap', 'cluster'], 'is false, expected true without a cluster');
  }
  if (patience !== undefined && data.validation === undefined) {
    const problem = `has ${show(patience)}, expected none without a validation set (early stopping watches it)`;
    throw new OptionError('train', 'patience', problem);
  }
  for (const [name, value] of Object.entries({ minDelta, monitor })) {
    if (value === undefined || patience !== undefined) continue;
    throw new OptionError('train', name, `has ${show(value)}, expected none without patience`);
  }
}
