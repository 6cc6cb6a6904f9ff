import type { TrainResult } from '@gradloom/runtime';
import { layerHistograms } from '../../../lab/figures/histograms.ts';
import { baselineFor } from '../../../report/findings/baseline.ts';
import type { Findings } from '../../../report/findings/findings.ts';
import { doneLine } from '../metrics-line.ts';
import type { Recipe } from '../recipe.ts';
import { isPlanar, planeOf } from './divide-plane.ts';
import { fitCurve } from './fit-curve.ts';
import { readAnswers } from './read-answers.ts';
import { readPredictions } from './read-predictions.ts';

/** All findings, at the end of a run. */
export async function collectFindings(recipe: Recipe, result: TrainResult): Promise<Findings> {
  return {
    result: JSON.parse(doneLine(recipe, result)),
    profiles: result.profiles ?? null,
    answers: await readAnswers(recipe, result),
    predictions: await readPredictions(recipe, result),
    curve: fitCurve(recipe, result.parameters),
    baseline: baselineFor(recipe.sets, result),
    plane: isPlanar(recipe) ? planeOf(recipe, result.parameters, result.steps) : null,
    histograms: layerHistograms(result, recipe.sets.train),
  };
}
