import { join } from 'node:path';
import { findFile } from '@gradloom/runtime/internal';
import { CONFIG_FILE, EXPERIMENTS_FILE } from '../files/run-files/names.ts';
import { UsageError } from '../terminal/usage-error.ts';

/** @throws UsageError if the directory of `--out` has a run of train or an experiment, whose page would be kept. */
export function refuseOtherRun(out: string): void {
  for (const [file, run] of Object.entries({ [CONFIG_FILE]: 'train', [EXPERIMENTS_FILE]: 'experiment' })) {
    if (findFile('--out', join(out, file), 'a directory without a run') === null) continue;
    throw new UsageError(`--out has ${out}, which holds a run of ${run}, expected a directory without one`);
  }
}
