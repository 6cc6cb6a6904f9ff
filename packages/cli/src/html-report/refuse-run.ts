import { UsageError } from '../usage-error.ts';
import { readExperiments } from './experiments/experiment-files.ts';
import { readTrainRun } from './train/train-run.ts';

/** @throws UsageError where the directory behind `--out` has a run of train or an experiment: its page would stay theirs. */
export function refuseOtherRun(out: string): void {
  const run = readTrainRun(out) !== null ? 'train' : (readExperiments(out) ?? []).length > 0 ? 'experiment' : null;
  if (run !== null)
    throw new UsageError(`--out has ${out}, which holds a run of ${run}, expected a directory without one`);
}
