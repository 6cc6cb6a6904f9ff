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
}

/**
 * Wide layers at the start: z is normal with q₁ = I Var(W) E[x²] + Var(b), q_{l+1} = I Var(W) E[f(z_l)²] + Var(b), and
 * E[dz_l²] = E[f′(z_l)²] O Var(W) E[dz_{l+1}²], W being that of the next layer. Exact as widths grow, with weights that
 * the way back meets as if it had not used them on the way forward.
 * [Poole et al. 2016, eq. 3](https://arxiv.org/abs/1606.05340), [Schoenholz et al. 2017, eq. 4](https://arxiv.org/abs/1611.01232)
 */
export function meanField(
  activation: ActivationSpec,
  inputMeanSquare: number, // E[x²] over rows and inputs
  layers: readonly RandomLayer[], // from the input on
): MeanField[] {
  const f: Activation = activations[activation.kind];
  const alpha = typeof activation.alpha === 'number' ? activation.alpha : f.alpha;
  let square = inputMeanSquare;
  return layers.map(({ fanIn, weightVariance, biasVariance }, l) => {
    const zVariance = fanIn * weightVariance * square + biasVariance;
    square = normalMean(zVariance, (z) => f.apply(z, alpha) ** 2);
    const squareSlope = normalMean(zVariance, (z) => f.derivative(z, f.apply(z, alpha), alpha) ** 2);
    const next = layers.at(l + 1);
    const factor = next === undefined ? null : Math.sqrt(next.fanOut * next.weightVariance * squareSlope);
    return { zVariance, squareSlope, factor };
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

/**
 * E[g(z)] for z normal with mean 0, by the midpoint rule: no node falls on 0, where f of relu and its kin has its corner,
 * and for smooth g its error shrinks faster than any power of the step, 0.0024 standard deviations.
 */
export function normalMean(variance: number, g: (z: number) => number): number {
  const step = (2 * REACH) / NODES;
  let sum = 0;
  for (let k = 0; k < NODES; k++) {
    const u = -REACH + (k + 0.5) * step;
    sum += Math.exp(-0.5 * u * u) * g(Math.sqrt(variance) * u);
  }
  return (sum * step) / Math.sqrt(2 * Math.PI);
}
