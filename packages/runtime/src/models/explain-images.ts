import { buildNetwork, createRandom, type Model, NO_ANSWER, type Pausable, type Shape } from '@gradloom/core';
import {
  allocateEach,
  checkObject,
  defineOptions,
  type Named,
  type OptionsOf,
  option,
  showName,
  typeOf,
  viewOf,
} from '@gradloom/core/internal';
import { checkDataset } from '../data/check-dataset.ts';
import type { Dataset } from '../data/dataset.ts';
import { anyRows } from '../data/file-rows.ts';
import { FILE_ORDER, gatherRows } from '../data/gather.ts';
import { shapeOfImages } from '../data/images/image-dataset.ts';
import { createInputGradients } from '../engine/evaluation/predictor.ts';
import { inTurns } from '../system/turns/in-turns.ts';
import { scoringOf } from './evaluate-model.ts';

const explainImagesOptions = defineOptions('explainImages', {
  /** n: noisy copies of each image. @default 25 */
  copies: option.positiveInteger(25),
  /** Standard deviation of the noise as a share of the range of an image's inputs. @default 0.15 */
  noise: option.nonNegative(0.15),
  /** Seed of the noise. @default 0 */
  seed: option.count(0),
  /** Called with the share of the work that is done. */
  onProgress: option.unchecked<(done: number) => void>(),
});

/** Options of `explainImages`. */
export interface ExplainImagesOptions extends OptionsOf<typeof explainImagesOptions.table>, Named {}

/** The pixels of an image that a network's answer depends on. */
export interface ImageExplanation {
  /** The answered class; -1 if an output is not finite. */
  readonly answer: number;
  /** Probability of the answer; NaN if the loss gives no probabilities. */
  readonly probability: number;
  /** How much the answer depends on each pixel [height, width]; 0 without an answer. */
  readonly sensitivity: Float64Array;
}

/** Noisy copies between two pauses. */
const COPIES_PER_TURN = 8;

/**
 * Where a model of classes looked, for each image of a dataset: SmoothGrad, the gradient of the answered class's output
 * (its logit, if the loss takes logits) by the pixels, averaged over copies of the image with normal noise, and its
 * size added up over the channels. The result has the same bits on every machine. It takes as long as to train on all
 * copies in one thread. [Smilkov et al. 2017](https://arxiv.org/abs/1706.03825)
 * @throws Error (rejects) if rows are no images of classes, or do not fit the model.
 */
export async function explainImages(
  model: Model,
  dataset: Dataset,
  options: ExplainImagesOptions = {},
): Promise<ImageExplanation[]> {
  checkObject('explainImages', 'model', model, 'a model');
  await inTurns(checkDataset('explainImages', dataset));
  return inTurns(explanations(model, dataset, explainImagesOptions.read(options)));
}

function* explanations(
  model: Model,
  dataset: Dataset,
  { copies, noise, seed, onProgress }: ReturnType<typeof explainImagesOptions.read>,
): Pausable<ImageExplanation[]> {
  const { inputs, rows: N, classes, name } = dataset;
  const shape = shapeOfImages(dataset);
  if (shape === null || classes === null) {
    const has = shape === null ? 'no images' : 'values as targets';
    throw new Error(`explainImages: ${showName(name)} has ${has}, expected images of classes`);
  }
  const { spec, parameters, loss = 'softmax-cross-entropy', parts } = model;
  const rows = allocateEach(typeOf(parameters))(N * inputs.columns);
  gatherRows(rows, inputs, FILE_ORDER, 0, N, anyRows);
  const x = Float64Array.from(rows);
  const answers = model.classify(x);
  const probabilities = scoringOf(model, dataset).hasProbabilities ? model.probabilities(x) : null;
  const network = buildNetwork(spec, parts?.customParts);
  const gradient = createInputGradients(network, parameters, loss);
  const { inputs: I, outputs: O } = network;
  const imageExplanations: ImageExplanation[] = [];
  for (const [n, answer] of answers.entries()) {
    const output = O === 1 ? 0 : answer; // a single output is that of the second class
    const p = probabilities?.[n * O + output] ?? Number.NaN;
    const image = viewOf(x, n * I, I);
    const std = noise * rangeOf(image);
    const random = createRandom(seed, 'smooth-grad', n);
    const sum = new Float64Array(I);
    for (let done = 0; answer !== NO_ANSWER && done < copies; ) {
      const count = Math.min(COPIES_PER_TURN, copies - done);
      const noisy = Float64Array.from({ length: count * I }, (_, i) => image[i % I] + std * random.normal());
      const dy = Float64Array.from({ length: count * O }, (_, o) => (o % O === output ? 1 : 0));
      for (const [i, slope] of gradient(noisy, dy).entries()) sum[i % I] += slope;
      done += count;
      onProgress?.((n + done / copies) / N);
      yield;
    }
    const probability = O === 1 && answer === 0 ? 1 - p : p;
    imageExplanations.push({ answer, probability, sensitivity: overChannels(sum, copies, shape) });
  }
  return imageExplanations;
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
