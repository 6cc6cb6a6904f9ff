import { join } from 'node:path';
import type { TrainResult } from '@gradloom/runtime';
import { writeAtomically } from '@gradloom/runtime/internal';
import { FINDINGS_FILE } from '../../run-files/names.ts';
import { seal } from '../../run-files/seal.ts';
import type { Recipe } from '../../train/recipe.ts';
import { collectFindings } from '../findings/collect-findings.ts';
import { reportFolder } from '../report-folder.ts';

/**
 * Finds out what a report shows of a run that has ended, keeps it beside the run's files, and writes the report from
 * them.
 */
export async function reportRun(folder: string, recipe: Recipe, result: TrainResult): Promise<string> {
  const findings = await collectFindings(recipe, result);
  writeAtomically('report', join(folder, FINDINGS_FILE), [Buffer.from(`${seal(JSON.stringify(findings))}\n`)]);
  return reportFolder(folder);
}
