import { type Activation, activations } from '@gradloom/core';
import type { ActivationSpec } from '../../options/activation.ts';

/** A hidden layer as the theory takes it: W [I, O] and b of independent weights with mean 0. */
export interface RandomLayer {
  readonly fanIn: number; // I
  readonly fanOut: number; // O
  readonly weightVariance: number;
  readonly biasVariance: number;
}

/** What the theory expects of a hidden layer. */
export interface MeanField {
  readonly zVariance: number; // q = E[z²] over weights
  readonly squareSlope: number; // E[f′(z)²]
  /** RMS of dL/dz here over that of the next layer; null in the last, whose next is the output. */
  readonly factor: number | null;
  /**
   * How far one net of this width is off: relative variance, over weights, of Σ dz² of a row for the dz of the next
   * layer.
   */
  readonly gradientSpread: number;
  /** Likewise of the mean of f(z)² over units, for the layer before. */
  readonly squareSpread: number;
  readonly slopeResponse: number; // d ln E[f′(z)²] / d ln q
  readonly nextResponse: number; // d ln q of the next layer / d ln q; of the last layer 0
}

/**
 * Wide layers at the start: z is normal with q₁ = I Var(W) E[x²] + Var(b), q_{l+1} = I Var(W) E[f(z_l)²] + Var(b), and
 * E[dz_l²] = E[f′(z_l)²] O Var(W) E[dz_{l+1}²], W being that of the next layer. Exact as widths grow, with weights that
 * the way back meets as if it had not used them on the way forward. [Poole et al. 2016, eq.
 * 3](https://arxiv.org/abs/1606.05340), [Schoenholz et al. 2017, eq. 4](https://arxiv.org/abs/1611.01232)
 *
 * The spreads are those of a sum over O units that are independent but for the layer before: of f(z)², and of (f′(z)
 * g)² with g normal, E[g⁴] = 3 E[g²]². For relu the latter is 5/O, as in [Hanin & Nica
 * 2020](https://arxiv.org/abs/1812.05994).
 */
export function meanField(
  activation: ActivationSpec,
  inputMeanSquare: number, // E[x²] over rows and inputs
  layers: readonly RandomLayer[], // from the input on
): MeanField[] {
  let square = inputMeanSquare;
  return layers.map(({ fanIn, fanOut, weightVariance, biasVariance }, l) => {
    const zVariance = fanIn * weightVariance * square + biasVariance;
    const { outputs, slopes } = momentsOf(activation, zVariance);
    square = outputs.mean;
    const next = layers.at(l + 1);
    const factor = next === undefined ? null : Math.sqrt(next.fanOut * next.weightVariance * slopes.mean);
    const byWeights = next === undefined ? 0 : next.fanIn * next.weightVariance * square;
    return {
      zVariance,
      squareSlope: slopes.mean,
      factor,
      gradientSpread: (3 * slopes.kurtosis - 1) / fanOut,
      squareSpread: (outputs.kurtosis - 1) / fanOut,
      slopeResponse: slopes.response,
      nextResponse: next === undefined ? 0 : (outputs.response * byWeights) / (byWeights + next.biasVariance),
    };
  });
}

/** Sizes of dL/dz, that of the last hidden layer taken as 1: what the measured ones are fitted beside. */
export function expectedSizes(fields: readonly MeanField[]): number[] {
  const sizes = fields.map(() => 1);
  for (let h = sizes.length - 2; h >= 0; h--) sizes[h] = sizes[h + 1] * (fields[h].factor ?? Number.NaN);
  return sizes;
}

const NODES = 8192;
const REACH = 10; // standard deviations: beyond lies 1.5e-23 of the normal distribution

/** Of a square s(z)², z normal with mean 0 and variance q. */
interface SquareMoments {
  readonly mean: number; // E[s²]
  readonly kurtosis: number; // E[s⁴] / E[s²]²
  readonly response: number; // d ln E[s²] / d ln q = E[s² (u² - 1)] / 2 E[s²] with z = √q u
}

/**
 * Moments of f(z) and f′(z), by the midpoint rule: no node falls on 0, where f of relu and its kin has its corner, and
 * for smooth f its error shrinks faster than any power of the step, 0.0024 standard deviations.
 */
export function momentsOf(
  activation: ActivationSpec,
  zVariance: number, // q
): { readonly outputs: SquareMoments; readonly slopes: SquareMoments } {
  const f: Activation = activations[activation.kind];
  const alpha = typeof activation.alpha === 'number' ? activation.alpha : f.alpha;
  const deviation = Math.sqrt(zVariance);
  const sums = { outputs: [0, 0, 0], slopes: [0, 0, 0] }; // of s², s⁴ and s² (u² - 1)
  const add = (of: number[], square: number, u: number, weight: number): void => {
    of[0] += weight * square;
    of[1] += weight * square * square;
    of[2] += weight * square * (u * u - 1);
  };
  for (let k = 0; k < NODES; k++) {
    const { u, weight } = nodes[k];
    const z = deviation * u;
    const a = f.apply(z, alpha);
    add(sums.outputs, a ** 2, u, weight);
    add(sums.slopes, f.derivative(z, a, alpha) ** 2, u, weight);
  }
  const momentsFrom = ([mean, fourth, moved]: readonly number[]): SquareMoments => ({
    mean,
    // Of a layer whose outputs are all 0 nothing is spread.
    kurtosis: mean === 0 ? 1 : fourth / mean ** 2,
    response: mean === 0 ? 0 : moved / (2 * mean),
  });
  return { outputs: momentsFrom(sums.outputs), slopes: momentsFrom(sums.slopes) };
}

/** Of the standard normal distribution. */
const nodes = Array.from({ length: NODES }, (_, k) => {
  const step = (2 * REACH) / NODES;
  const u = -REACH + (k + 0.5) * step;
  return { u, weight: (Math.exp(-0.5 * u * u) * step) / Math.sqrt(2 * Math.PI) };
});
