import { join } from 'node:path';
import type { TrainResult } from '@gradloom/runtime';
import { writeAtomically } from '@gradloom/runtime/internal';
import { FINDINGS_FILE } from '../../files/run-files/names.ts';
import { seal } from '../../files/run-files/seal.ts';
import { reportFolder } from '../../report/report-folder.ts';
import { collectFindings } from './findings/collect-findings.ts';
import type { Recipe } from './recipe.ts';

/** Computes and stores the findings of a finished run, and writes its report. */
export async function reportRun(folder: string, recipe: Recipe, result: TrainResult): Promise<string> {
  const findings = await collectFindings(recipe, result);
  writeAtomically('report', join(folder, FINDINGS_FILE), [Buffer.from(`${seal(JSON.stringify(findings))}\n`)]);
  return reportFolder(folder);
}
