import type { Model } from '@gradloom/core';
import {
  allocateEach,
  checkObject,
  defineOptions,
  type Named,
  type OptionsOf,
  option,
  showName,
  typeOf,
} from '@gradloom/core/internal';
import { checkDataset } from '../data/check-dataset.ts';
import type { Dataset } from '../data/dataset.ts';
import { anyRows } from '../data/file-rows.ts';
import { FILE_ORDER, gatherRows } from '../data/gather.ts';
import { shapeOfImages } from '../data/images/image-dataset.ts';
import { inTurns } from '../system/turns/in-turns.ts';
import { scoringOf } from './evaluate-model.ts';
import type { ImageExplanation, ImageToExplain } from './explaining/explain-image.ts';
import { explainRows } from './explaining/explain-rows.ts';

const explainImagesOptions = defineOptions('explainImages', {
  /** n: noisy copies of each image. @default 25 */
  copies: option.positiveInteger(25),
  /** Standard deviation of the noise as a share of the range of an image's inputs. @default 0.15 */
  noise: option.nonNegative(0.15),
  /** Seed of the noise. @default 0 */
  seed: option.count(0),
  /** Worker threads. Their number never changes the result. @default all cores */
  threads: option.positiveInteger(),
  /** Called with the share of the work that is done. */
  onProgress: option.unchecked<(done: number) => void>(),
});

/** Options of `explainImages`. */
export interface ExplainImagesOptions extends OptionsOf<typeof explainImagesOptions.table>, Named {}

/**
 * Where a model of classes looked, for each image of a dataset: SmoothGrad, the gradient of the answered class's output
 * (its logit, if the loss takes logits) by the pixels, averaged over copies of the image with normal noise, and its
 * size added up over the channels. The result has the same bits on every machine. It takes as long as to train on all
 * copies. [Smilkov et al. 2017](https://arxiv.org/abs/1706.03825)
 * @throws Error (rejects) if rows are no images of classes, or do not fit the model.
 */
export async function explainImages(
  model: Model,
  dataset: Dataset,
  options: ExplainImagesOptions = {},
): Promise<ImageExplanation[]> {
  checkObject('explainImages', 'model', model, 'a model');
  await inTurns(checkDataset('explainImages', dataset));
  const { threads, onProgress, ...noisy } = explainImagesOptions.read(options);
  const { inputs, rows: N, classes, name } = dataset;
  const shape = shapeOfImages(dataset);
  if (shape === null || classes === null) {
    const has = shape === null ? 'no images' : 'values as targets';
    throw new Error(`explainImages: ${showName(name)} has ${has}, expected images of classes`);
  }
  const { hasProbabilities } = scoringOf(model, dataset);
  const numbers = allocateEach(typeOf(model.parameters))(inputs.columns);
  const imageAt = (index: number): ImageToExplain => {
    gatherRows(numbers, inputs, FILE_ORDER, index, 1, anyRows);
    return { kind: 'image', inputs: Float64Array.from(numbers), shape, index, options: noisy, hasProbabilities };
  };
  return explainRows(model, N, imageAt, { threads, onProgress });
}
