import { createRandom, type Model, NO_ANSWER, type Shape } from '@gradloom/core';
import type { InputGradient } from '@gradloom/core/internal';

/** The pixels of an image that a network's answer depends on. */
export interface ImageExplanation {
  /** The answered class; -1 if an output is not finite. */
  readonly answer: number;
  /** Probability of the answer; NaN if the loss gives no probabilities. */
  readonly probability: number;
  /** How much the answer depends on each pixel [height, width]; 0 without an answer. */
  readonly sensitivity: Float64Array;
}

export interface ImageToExplain {
  readonly kind: 'image';
  readonly inputs: Float64Array; // [H, W, C]
  readonly shape: Shape;
  readonly index: number; // names its noise
  readonly options: { readonly copies: number; readonly noise: number; readonly seed: number };
  readonly hasProbabilities: boolean;
  /** Never set: carries the type of the result. */
  readonly explanation?: ImageExplanation;
}

/** Noisy copies in memory at a time. */
const COPIES = 8;

/** In a thread: explains an image. */
export function explainImage(
  model: Model,
  gradient: InputGradient,
  { inputs: image, shape, index, options: { copies, noise, seed }, hasProbabilities }: ImageToExplain,
): ImageExplanation {
  const [answer] = model.classify(image);
  const I = image.length;
  const y = hasProbabilities ? model.probabilities(image) : model.outputs(image);
  const O = y.length;
  const output = O === 1 ? 0 : answer; // a single output is that of the second class
  const p = hasProbabilities ? (y[output] ?? Number.NaN) : Number.NaN;
  const std = noise * rangeOf(image);
  const random = createRandom(seed, 'smooth-grad', index);
  const sum = new Float64Array(I);
  for (let done = 0; answer !== NO_ANSWER && done < copies; done += COPIES) {
    const count = Math.min(COPIES, copies - done);
    const noisy = Float64Array.from({ length: count * I }, (_, i) => image[i % I] + std * random.normal());
    const dy = Float64Array.from({ length: count * O }, (_, o) => (o % O === output ? 1 : 0));
    for (const [i, slope] of gradient(noisy, dy).entries()) sum[i % I] += slope;
  }
  const probability = O === 1 && answer === 0 ? 1 - p : p;
  return { answer, probability, sensitivity: overChannels(sum, copies, shape) };
}

function rangeOf(image: Float64Array): number {
  let [low, high] = [image[0], image[0]];
  for (const value of image) [low, high] = [Math.min(low, value), Math.max(high, value)];
  return high - low;
}

/** Σ |sum / copies| over the channels of each pixel [H, W]. */
function overChannels(sum: Float64Array, copies: number, [H, W, C]: Shape): Float64Array {
  const sizes = new Float64Array(H * W);
  for (let i = 0; i < sum.length; i++) sizes[Math.floor(i / C)] += Math.abs(sum[i] / copies);
  return sizes;
}
