import { join } from 'node:path';
import { type TrainResult, writeAtomically } from '@gradloom/runtime';
import type { Recipe } from '../../train/recipe.ts';
import { collectFindings } from '../findings/collect-findings.ts';
import { writeReport } from '../write-report.ts';
import { trainPage } from './train-page.ts';
import { FINDINGS_FILE, readTrainRun } from './train-run.ts';

/** Finds out what a report shows of a run that has ended, keeps it beside the run's files, and writes the report from them. */
export async function reportRun(folder: string, recipe: Recipe, result: TrainResult): Promise<string> {
  const findings = await collectFindings(recipe, result);
  writeAtomically('report', join(folder, FINDINGS_FILE), [Buffer.from(`${JSON.stringify(findings)}\n`)]);
  return writeTrainReport(folder);
}

/** Writes the report of a run from its files alone. Returns its path. @throws Error where the folder holds no run. */
export function writeTrainReport(folder: string): string {
  const run = readTrainRun(folder);
  if (run === null) throw new Error(`${folder} has no config.json, expected a run that train wrote`);
  return writeReport(folder, trainPage(run));
}
