import { OptionError } from '@gradloom/core';
import { createModel, type TrainResult } from '@gradloom/runtime';
import { hasOwnTargets, inputRows, modelsOfHeads, shapeOfImages } from '@gradloom/runtime/internal';
import { answersOf, createRowDraws, hasDraws, imagesOfSize, sheetOfAnswers } from '../../../lab/figures/drawn-rows.ts';
import type { Findings } from '../../../report/findings/findings.ts';
import type { Recipe } from '../recipe.ts';
import { modelOf } from '../run-record.ts';

const MAX_IMAGES = 24;

/** Held-out images beside what the network makes of them, if they are its targets, and decoded draws. */
export function drawnImages(
  recipe: Recipe,
  { parameters }: TrainResult,
): Pick<Findings, 'reconstructions' | 'samples'> {
  const { train, validation, test } = recipe.sets;
  const [split, rows] = test ? (['test', test] as const) : (['validation', validation ?? train] as const);
  const model = createModel(modelOf(recipe, parameters));
  const shape = shapeOfImages(train) ?? imagesOfSize(model, train.inputs.columns);
  if (!hasOwnTargets(train) || shape === null) return { reconstructions: null, samples: null };
  const inputs = inputRows(rows, 0, Math.min(rows.rows, MAX_IMAGES), 'float64') as Float64Array;
  const outputs = answersOf(modelsOfHeads(model)?.[0]?.model ?? model, inputs);
  return {
    reconstructions: {
      split: rows === train ? 'training' : split,
      inputs: sheetOfAnswers(model, inputs, shape),
      outputs: sheetOfAnswers(model, outputs, shape),
    },
    samples: hasDraws(model) ? samplesOf() : null,
  };

  /** Null for a network without a decoder of its own, such as one with a way around the draws. */
  function samplesOf(): Findings['samples'] {
    try {
      return sheetOfAnswers(model, createRowDraws(model, 0)(2 * MAX_IMAGES), shape ?? []);
    } catch (error) {
      if (error instanceof OptionError) return null;
      throw error;
    }
  }
}
