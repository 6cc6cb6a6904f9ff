import { readExperiments } from './experiments/experiment-files.ts';
import { experimentPage } from './experiments/experiment-page.ts';
import type { Page } from './page.ts';
import { trainPage } from './train/train-page.ts';
import { readTrainRun } from './train/train-run.ts';

/** The page of a run, or of several side by side. @throws Error where a folder holds none. */
export function pageOf(folders: readonly string[]): Page {
  const [folder] = folders;
  const run = readTrainRun(folder);
  if (run !== null) return trainPage(run);
  const experiments = readExperiments(folder);
  if (experiments !== null && experiments.length > 0) return experimentPage(experiments);
  throw new Error(`${folder} has no run, expected a directory that train, experiment or scale wrote`);
}
