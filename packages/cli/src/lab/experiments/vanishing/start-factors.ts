import type { ActivationSpec } from '../../../options/activation.ts';
import type { Look } from './deep-run.ts';
import { type WidthEffect, widthEffect } from './finite-width.ts';
import { type FactorFit, fitFactor, fitWeights } from './fit-factor.ts';
import { expectedSizes, type MeanField, meanField, normedMeanField } from './mean-field.ts';

/** The factor of the gradient at the start: as measured, and as theory expects for weights of this size. */
export interface StartFactors {
  readonly measured: FactorFit; // of dL/dz
  readonly expected: FactorFit; // the same fit of the sizes by theory
  readonly theory: readonly MeanField[];
  readonly effect: WidthEffect | null; // effect of the finite width; null if there are too few units, or a norm
}

/** Variances are computed from the drawn weights and biases, whatever the initializer. */
export function startFactors(
  { layers }: Look,
  activation: ActivationSpec,
  widths: readonly number[], // of the input and the hidden layers
  inputMeanSquare: number,
  inputVariance: number | null = null, // over rows, averaged over columns, where batch-norm precedes the activations
): StartFactors {
  const drawn = layers.map(({ rmsW, rmsB }, h) => ({
    fanIn: widths[h],
    fanOut: widths[h + 1],
    weightVariance: rmsW ** 2,
    biasVariance: rmsB ** 2,
  }));
  const theory =
    inputVariance === null
      ? meanField(activation, inputMeanSquare, drawn)
      : normedMeanField(activation, inputVariance, drawn);
  const sizes = layers.map(({ rmsDz }) => rmsDz);
  const expected = fitFactor(expectedSizes(theory));
  const effect = inputVariance === null ? widthEffect(theory, fitWeights(sizes)) : null;
  return { measured: fitFactor(sizes), expected, theory, effect };
}
