import type { ActivationSpec } from '../../../options/activation.ts';
import { meanOf } from '../../figures/range.ts';
import type { HiddenProbe } from './deep-run.ts';
import { expectedSizes, type MeanField, meanField, normedMeanField } from './mean-field.ts';

/** The factor of the gradient at the start: measured, and expected by theory for weights of this size. */
export interface StartFactors {
  readonly measured: FactorFit; // of dL/dz
  readonly expected: FactorFit; // the same fit of the sizes by theory
  readonly theory: readonly MeanField[];
  readonly effect: WidthEffect | null; // effect of the finite width; null if there are too few units, or with a norm
}

/** Variances are computed from the drawn weights and biases, whatever the initializer. */
export function startFactors(
  { layers }: HiddenProbe,
  activation: ActivationSpec,
  widths: readonly number[], // of the input and the hidden layers
  inputMeanSquare: number,
  inputVariance: number | null = null, // over rows, averaged over columns, if batch-norm precedes the activations
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

/** The fit of sizes by layer, towards the input: v[h] ≈ c · factor^(H - h). */
interface FactorFit {
  readonly factor: number | null; // null if fewer than two layers have a size
  readonly spread: number | null; // RMS of ln v about the line
  readonly layersUsed: number;
  readonly layersTooSmall: number; // layers left out, since their size is 0 or close to the smallest double
}

/** Squares of smaller sizes get too close to the subnormals, which have fewer bits: their RMS means nothing. */
const MIN_SIZE = 1e-150;

/** Least squares of ln v over the layers, listed from the input. */
export function fitFactor(sizes: readonly number[]): FactorFit {
  const logs = sizes.map((size, h): [number, number] => [h, Math.log(size)]).filter(([h]) => sizes[h] > MIN_SIZE);
  const layersUsed = logs.length;
  const layersTooSmall = sizes.length - layersUsed;
  if (layersUsed < 2) return { factor: null, spread: null, layersUsed, layersTooSmall };
  const weights = fitWeights(sizes);
  const slope = logs.reduce((sum, [h, log]) => sum + weights[h] * log, 0);
  const meanH = meanOf(logs.map(([h]) => h));
  const meanLog = meanOf(logs.map(([, log]) => log));
  const residuals = logs.map(([h, log]) => (log - meanLog - slope * (h - meanH)) ** 2);
  return { factor: Math.exp(-slope), spread: Math.sqrt(meanOf(residuals)), layersUsed, layersTooSmall };
}

/** Weight of ln v of each layer in the slope of the line: 0 for layers left out, and for all if there are few. */
export function fitWeights(sizes: readonly number[]): number[] {
  const layerIndices = sizes.map((_, h) => h).filter((h) => sizes[h] > MIN_SIZE);
  const centre = meanOf(layerIndices);
  const square = layerIndices.reduce((sum, h) => sum + (h - centre) ** 2, 0);
  return sizes.map((size, h) => (size > MIN_SIZE && square > 0 ? (h - centre) / square : 0));
}

/** The distribution of ln of the fitted factor of one random network, relative to the theory for infinite width. */
export interface WidthEffect {
  /** Mean of the distribution, at most 0: the mean of a logarithm is below the logarithm of the mean. */
  readonly shift: number;
  readonly deviation: number; // standard deviation, over random weights
}

/**
 * For the gradient of one row, dz² of a layer divided by that of the next is a mean over units, with relative variance
 * `gradientSpread`. If it is log-normal with mean 1, its logarithm has variance ln(1 + spread) and mean minus half of
 * that; the RMS has half the logarithm. So ln of the sizes is a random walk over the layers, and its fitted slope
 * averages over the steps. In the forward pass the mean square of each layer deviates too, and with it the slopes of
 * all later layers; the deviations of both passes are added as if they were fully correlated. Rows that are not fully
 * correlated are closer to theory, so this shift is the largest possible.
 *
 * Null if a spread is above 1: a sum over so few units is not log-normal. Also null if outputs are so large that their
 * fourth power is not finite. [Hanin & Nica 2020](https://arxiv.org/abs/1812.05994)
 */
export function widthEffect(
  fields: readonly MeanField[], // starting at the input
  fit: readonly number[], // weights of each ln v in the slope, from `fitWeights`
): WidthEffect | null {
  const steps = fields.slice(0, -1);
  if (!steps.every(({ gradientSpread }) => gradientSpread <= 1)) return null;
  // Weight of the ln factor of each step in the slope of the line; they add up to 1.
  let fitSum = 0;
  const shares = steps.map((_, l) => {
    fitSum -= fit[l];
    return fitSum;
  });
  const variances = steps.map(({ gradientSpread }) => Math.log1p(gradientSpread) / 4);
  const shift = -sum(shares.map((share, l) => share * variances[l]));
  const backwardVariance = sum(shares.map((share, l) => share ** 2 * variances[l]));
  let forwardVariance = 0;
  let pull = 0; // change of ln of the fitted factor per unit of ln q of a layer
  for (let l = steps.length - 1; l > 0; l--) {
    pull = (shares[l] * steps[l].slopeResponse) / 2 + steps[l].nextResponse * pull;
    forwardVariance += steps[l - 1].squareSpread * pull ** 2;
  }
  const deviation = Math.sqrt(backwardVariance) + Math.sqrt(forwardVariance);
  return Number.isFinite(deviation) ? { shift, deviation } : null;
}

/** One start: the measured factor, the theory for infinite width, and the effect of its width. */
interface StartBesideTheory {
  readonly factor: number | null;
  readonly expected: number | null;
  readonly effect: WidthEffect | null;
}

/** The geometric mean of the factor over starts, and the theoretical range for networks of this width. */
export interface FactorRange {
  readonly factor: number;
  readonly low: number; // three standard errors below the lowest possible mean, and above the highest
  readonly high: number;
}

/** Null if no start has a factor, or there are too few units. */
export function factorRange(starts: readonly StartBesideTheory[]): FactorRange | null {
  const fits = starts.flatMap(({ factor, expected, effect }) =>
    factor === null || expected === null || effect === null
      ? []
      : [{ log: Math.log(factor), theory: Math.log(expected), ...effect }],
  );
  const S = fits.length;
  if (S === 0) return null;
  const error = Math.sqrt(sum(fits.map(({ deviation }) => deviation ** 2))) / S;
  const theory = sum(fits.map((start) => start.theory)) / S;
  const shift = sum(fits.map((start) => start.shift)) / S;
  return {
    factor: Math.exp(sum(fits.map(({ log }) => log)) / S),
    low: Math.exp(theory + shift - 3 * error),
    high: Math.exp(theory + 3 * error),
  };
}

const sum = (values: readonly number[]): number => values.reduce((all, value) => all + value, 0);
