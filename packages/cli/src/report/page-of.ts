import { EXPLAIN_FILE, FOLDS_FILE, LR_FIND_FILE, SCALE_FILE, SEARCH_FILE } from '../files/run-files/names.ts';
import { readExperiments } from './experiments/experiment-files.ts';
import { experimentPage } from './experiments/experiment-page.ts';
import { explainDocument, explainPage } from './explain/explain-page.ts';
import { foldsDocument, foldsPage } from './folds/folds-page.ts';
import { lrFindDocument, lrFindPage } from './lr-find/lr-find-page.ts';
import type { Page } from './page.ts';
import { readDocument } from './run-files.ts';
import { scaleDocument, scalePage } from './scale/scale-page.ts';
import { searchDocument, searchPage } from './search/search-page.ts';
import { comparePage } from './train/compare-page.ts';
import { trainPage } from './train/train-page.ts';
import { readTrainRun, type TrainRun } from './train/train-run.ts';

/** The page of a run, or of several compared. @throws Error if a folder has no run. */
export function pageOf(folders: readonly string[]): Page {
  if (folders.length > 1) return comparePage(folders.map(trainRun));
  const [folder] = folders;
  const run = readTrainRun(folder);
  if (run !== null) return trainPage(run);
  const experiments = readExperiments(folder);
  if (experiments !== null && experiments.length > 0) return experimentPage(experiments);
  const scale = readDocument(folder, SCALE_FILE, scaleDocument);
  if (scale !== null) return scalePage(scale);
  const sweep = readDocument(folder, LR_FIND_FILE, lrFindDocument);
  if (sweep !== null) return lrFindPage(sweep);
  const folds = readDocument(folder, FOLDS_FILE, foldsDocument);
  if (folds !== null) return foldsPage(folds);
  const search = readDocument(folder, SEARCH_FILE, searchDocument);
  if (search !== null) return searchPage(search);
  const explanation = readDocument(folder, EXPLAIN_FILE, explainDocument);
  if (explanation !== null) return explainPage(explanation);
  throw new Error(
    `no run found in ${JSON.stringify(folder)}, expected a directory that train, search, lr-find, explain, experiment or scale wrote`,
  );
}

function trainRun(folder: string): TrainRun {
  const run = readTrainRun(folder);
  if (run !== null) return run;
  throw new Error(`${folder} has no run of train, expected one (only runs of train can be compared)`);
}
