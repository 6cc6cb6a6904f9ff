import type { TrainResult } from '@gradloom/runtime';
import { doneLine } from '../../train/metrics-line.ts';
import type { Recipe } from '../../train/recipe.ts';
import { isPlanar, planeOf } from './divide-plane.ts';
import type { Findings } from './findings.ts';
import { layerHistograms } from './histograms.ts';
import { readAnswers } from './read-answers.ts';

/** All of it, from a run's end. */
export async function collectFindings(recipe: Recipe, result: TrainResult): Promise<Findings> {
  return {
    result: JSON.parse(doneLine(result)),
    profiles: result.profiles ?? null,
    answers: await readAnswers(recipe, result),
    plane: isPlanar(recipe) ? planeOf(recipe, result.parameters, result.steps) : null,
    histograms: layerHistograms(result, recipe.sets.train),
  };
}
