import { type Activation, activations, mathOf } from '@gradloom/core';
import type { ActivationSpec } from '../../../options/activation.ts';

/** A hidden layer in the theory: W [I, O] and b of independent weights with mean 0. */
export interface RandomLayer {
  readonly fanIn: number; // I
  readonly fanOut: number; // O
  readonly weightVariance: number;
  readonly biasVariance: number;
}

/** Expectations of the theory for a hidden layer. */
export interface MeanField {
  readonly zVariance: number; // q = E[z²] over weights
  /** RMS of dL/dz of this layer divided by that of the next; null for the last one, before the output. */
  readonly factor: number | null;
  /** Relative variance of Σ dz² of a row for given dz of the next layer: how far one network may differ from theory. */
  readonly gradientSpread: number;
  /** Relative variance, over weights, of the mean of f(z)² over units, given the previous layer. */
  readonly squareSpread: number;
  readonly slopeResponse: number; // d ln E[f′(z)²] / d ln q
  readonly nextResponse: number; // d ln q of the next layer / d ln q; 0 for the last layer
}

/**
 * Theory of wide layers at the start: z is normal with q₁ = I Var(W) E[x²] + Var(b), q_{l+1} = I Var(W) E[f(z_l)²] +
 * Var(b), and E[dz_l²] = E[f′(z_l)²] O Var(W) E[dz_{l+1}²], where W is that of the next layer. It is exact in the limit
 * of infinite width, if the weights of the backward pass are treated as independent of those of the forward pass.
 * [Poole et al. 2016, eq. 3](https://arxiv.org/abs/1606.05340), [Schoenholz et al. 2017, eq.
 * 4](https://arxiv.org/abs/1611.01232)
 *
 * The spreads are those of a sum over O units that are independent given the previous layer: of f(z)², and of (f′(z)
 * g)² with g normal, E[g⁴] = 3 E[g²]². For relu the latter is 5/O, as in [Hanin & Nica
 * 2020](https://arxiv.org/abs/1812.05994).
 */
export function meanField(
  activation: ActivationSpec,
  inputMeanSquare: number, // E[x²] over rows and inputs
  layers: readonly RandomLayer[], // starting at the input
): MeanField[] {
  let square = inputMeanSquare;
  return layers.map(({ fanIn, fanOut, weightVariance, biasVariance }, l) => {
    const zVariance = fanIn * weightVariance * square + biasVariance;
    const { outputs, slopes } = momentsOf(activation, zVariance);
    square = outputs.mean;
    const next = layers.at(l + 1);
    const factor = next === undefined ? null : Math.sqrt(next.fanOut * next.weightVariance * slopes.mean);
    const byWeights = next === undefined ? 0 : next.fanIn * next.weightVariance * square; // next q, no bias
    return {
      zVariance,
      factor,
      gradientSpread: (3 * slopes.kurtosis - 1) / fanOut,
      squareSpread: (outputs.kurtosis - 1) / fanOut,
      slopeResponse: slopes.response,
      nextResponse: next === undefined ? 0 : (outputs.response * byWeights) / (byWeights + next.biasVariance),
    };
  });
}

/** Sizes of dL/dz by theory, relative to the last hidden layer; they are fitted like the measured ones. */
export function expectedSizes(fields: readonly MeanField[]): number[] {
  const sizes = fields.map(() => 1);
  for (let h = sizes.length - 2; h >= 0; h--) sizes[h] = sizes[h + 1] * (fields[h].factor ?? Number.NaN);
  return sizes;
}

const NODES = 8192;
const REACH = 10; // standard deviations; 1.5e-23 of the normal distribution lies outside

/** Moments of s(z)² with z normal, mean 0 and variance q. */
interface SquareMoments {
  readonly mean: number; // E[s²]
  readonly kurtosis: number; // E[s⁴] / E[s²]²
  readonly response: number; // d ln E[s²] / d ln q = E[s² (u² - 1)] / 2 E[s²] with z = √q u
}

/**
 * Moments of f(z) and f′(z), and the mean of f(z), by the midpoint rule. No node is at 0, where f of relu and similar
 * activations has a corner. For smooth f the error falls faster than any power of the step, 0.0024 standard deviations.
 */
export function momentsOf(
  activation: ActivationSpec,
  zVariance: number, // q
): { readonly mean: number; readonly outputs: SquareMoments; readonly slopes: SquareMoments } {
  const f: Activation = activations[activation.kind];
  const math = mathOf('float64');
  const alpha = typeof activation.alpha === 'number' ? activation.alpha : f.alpha;
  const deviation = Math.sqrt(zVariance);
  let mean = 0;
  const sums = { outputs: [0, 0, 0], slopes: [0, 0, 0] }; // sums of s², s⁴ and s² (u² - 1)
  const add = (sums: number[], square: number, u: number, weight: number): void => {
    sums[0] += weight * square;
    sums[1] += weight * square * square;
    sums[2] += weight * square * (u * u - 1);
  };
  for (let k = 0; k < NODES; k++) {
    const { u, weight } = nodes[k];
    const z = deviation * u;
    const a = f.apply(math, z, alpha);
    mean += weight * a;
    add(sums.outputs, a ** 2, u, weight);
    add(sums.slopes, f.derivative(math, z, a, alpha) ** 2, u, weight);
  }
  const momentsFrom = ([square, fourth, shifted]: readonly number[]): SquareMoments => ({
    mean: square,
    // A layer whose outputs are all 0 has no spread.
    kurtosis: square === 0 ? 1 : fourth / square ** 2,
    response: square === 0 ? 0 : shifted / (2 * square),
  });
  return { mean, outputs: momentsFrom(sums.outputs), slopes: momentsFrom(sums.slopes) };
}

/** Nodes of the midpoint rule, in standard deviations, and their weights in the standard normal distribution. */
const nodes = Array.from({ length: NODES }, (_, k) => {
  const step = (2 * REACH) / NODES;
  const u = -REACH + (k + 0.5) * step;
  return { u, weight: (Math.exp(-0.5 * u * u) * step) / Math.sqrt(2 * Math.PI) };
});

/**
 * Theory of wide layers at the start with batch-norm before the activation: a = f(u) and u normal with mean 0 and
 * variance 1, whatever the weights. The norm divides by σ_l, with σ_l² = I Var(W_l) Var[f(u)] over rows; the first
 * layer has the variance of the inputs instead of Var[f(u)]. So E[dz_l²] = E[f′(u)²] O Var(W) E[dz_{l+1}²] / σ_l²,
 * where W is that of the next layer. The size of the weights cancels: the factor from layer to layer is √(E[f′²] /
 * Var[f]), for relu √(π / (π - 1)). It is exact for wide layers and large batches. [Yang et al.
 * 2019](https://arxiv.org/abs/1902.08129)
 */
export function normedMeanField(
  activation: ActivationSpec,
  inputVariance: number, // over rows, averaged over inputs
  layers: readonly RandomLayer[], // starting at the input
): MeanField[] {
  const { mean, outputs, slopes } = momentsOf(activation, 1);
  const outputVariance = outputs.mean - mean ** 2;
  return layers.map(({ fanIn, fanOut, weightVariance }, l) => {
    const next = layers.at(l + 1);
    const zVariance = fanIn * weightVariance * (l === 0 ? inputVariance : outputVariance);
    return {
      zVariance,
      factor: next === undefined ? null : Math.sqrt((next.fanOut * next.weightVariance * slopes.mean) / zVariance),
      gradientSpread: (3 * slopes.kurtosis - 1) / fanOut,
      squareSpread: (outputs.kurtosis - 1) / fanOut,
      slopeResponse: 0, // the norm removes changes of the layers before it
      nextResponse: 0,
    };
  });
}
