import { OptionError } from '@gradloom/core';
import { show } from '@gradloom/core/internal';
import type { DataSplits } from '../datasets/dataset.ts';
import type { TrainOptions } from './options.ts';

/** @throws OptionError for valid options that do not fit each other or the data. */
export function refuseConflicts({ epochs, steps, probe, profile, evaluateTest }: TrainOptions, data: DataSplits): void {
  if (epochs !== undefined && steps !== undefined) {
    const problem = `has ${show(epochs)} and steps has ${show(steps)}, expected one of the two`;
    throw new OptionError('train', ['epochs', 'steps'], problem);
  }
  // A probe uses the callback that the clock needs between forward and backward.
  if (profile && probe !== undefined) {
    const about = 'probe and profile';
    throw new OptionError('train', ['probe', 'profile'], 'are both set, expected one of the two', { about });
  }
  if (evaluateTest && data.test === undefined) {
    throw new OptionError('train', 'evaluateTest', 'is set, expected a dataset with a test set');
  }
}
