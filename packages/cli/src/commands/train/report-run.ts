import { join } from 'node:path';
import { hasHeads } from '@gradloom/core/internal';
import type { TrainResult } from '@gradloom/runtime';
import { writeAtomically } from '@gradloom/runtime/internal';
import { FINDINGS_FILE } from '../../files/run-files/names.ts';
import { seal } from '../../files/run-files/seal.ts';
import { layerHistograms } from '../../lab/figures/histograms.ts';
import { type Findings, MAX_DRAWN_TARGETS } from '../../report/findings/findings.ts';
import { reportFolder } from '../../report/write-report.ts';
import type { Assessment } from './assessment/assess.ts';
import { isPlanar, planeOf } from './findings/divide-plane.ts';
import { drawnImages } from './findings/drawn-images.ts';
import { fitCurve } from './findings/fit-curve.ts';
import { firstFilters, firstImages } from './findings/images-and-filters.ts';
import { readAnswers } from './findings/read-answers.ts';
import { readAttention } from './findings/read-attention.ts';
import { readPredictions } from './findings/read-predictions.ts';
import { readTableFindings } from './findings/read-table.ts';
import { doneLine } from './metrics-line.ts';
import type { Recipe } from './recipe.ts';
import { targetRuns } from './target-runs.ts';

/** Computes and stores the findings of a finished run, and writes its report. */
export async function reportRun(
  folder: string,
  recipe: Recipe,
  result: TrainResult,
  assessment: Assessment,
): Promise<string> {
  const findings = await collectFindings(recipe, result, assessment);
  writeAtomically('report', join(folder, FINDINGS_FILE), [Buffer.from(`${seal(JSON.stringify(findings))}\n`)]);
  return reportFolder(folder);
}

async function collectFindings(recipe: Recipe, result: TrainResult, assessment: Assessment): Promise<Findings> {
  const answers = await readAnswers(recipe, result);
  const predictions = hasHeads(result.loss) ? null : await readPredictions(recipe, result);
  const targets = await targetFindings(recipe, result, assessment);
  const worst = [answers, predictions, ...(targets ?? []).flatMap((target) => [target.answers, target.predictions])];
  return {
    result: JSON.parse(doneLine(recipe, result, assessment)),
    profiles: result.profiles ?? null,
    answers,
    predictions,
    curve: fitCurve(recipe, result.parameters),
    baseline: assessment.baseline,
    plane: isPlanar(recipe) ? planeOf(recipe, result.parameters, result.steps) : null,
    histograms: layerHistograms(result, recipe.sets.train),
    images: firstImages(recipe),
    filters: firstFilters(recipe, result),
    ...drawnImages(recipe, result),
    nGrams: assessment.nGrams,
    attention: readAttention(recipe, result),
    targets,
    table: await readTableFindings(recipe, result, worst),
  };
}

/** Answers to each of several targets, of the first ones if there are many; undefined for one target. */
async function targetFindings(
  recipe: Recipe,
  result: TrainResult,
  assessment: Assessment,
): Promise<Findings['targets']> {
  const targets: NonNullable<Findings['targets']>[number][] = [];
  for (const { name, ...run } of targetRuns(recipe, result).slice(0, MAX_DRAWN_TARGETS)) {
    const { baseline = null, linear } = assessment.targets.find((target) => target.name === name) ?? {};
    targets.push({
      name,
      baseline,
      linear:
        linear === undefined ? null : { accuracy: linear.accuracy ?? Number.NaN, rmse: linear.rmse ?? Number.NaN },
      answers: await readAnswers(run.recipe, run.result),
      // The report draws the values of one output in one chart, which has them already.
      predictions: !hasHeads(result.loss) ? null : await readPredictions(run.recipe, run.result),
    });
  }
  return targets.length === 0 ? undefined : targets;
}
