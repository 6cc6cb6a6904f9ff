import type { Outcome } from '../../experiments/experiment.ts';
import { writeReport } from '../write-report.ts';
import { keepRecords, readExperiments, recordOfRun } from './experiment-files.ts';
import { experimentPage } from './experiment-page.ts';

/** Keeps how experiments came about beside their documents, and writes the page of all in the folder. Returns its path. */
export function reportExperiments(
  folder: string,
  outcomes: Readonly<Record<string, Outcome>>,
  args: readonly string[], // as typed
  started: Date,
): string {
  const records = Object.entries(outcomes).map(([name, { sections }]) => [name, recordOfRun(args, started, sections)]);
  keepRecords(folder, Object.fromEntries(records));
  return writeReport(folder, experimentPage(readExperiments(folder) ?? []));
}
