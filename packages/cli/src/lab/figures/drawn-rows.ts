import { buildNetwork, createLoss, createRandom, type Shape } from '@gradloom/core';
import { decodeValue, hasProbabilities, ofImages, ofTable, sizeOf } from '@gradloom/core/internal';
import { decoderOf, type Model } from '@gradloom/runtime';
import { defined } from '../../options/option.ts';
import { inOriginalColours, type Sheet, sheetOf } from './sheet.ts';

/** The answers of a model to rows x: its outputs, or probabilities if these are their logits. */
export function answersOf(model: Model, x: Float64Array): Float64Array {
  const loss = model.loss === undefined ? null : createLoss(model.loss, model.parts?.customParts);
  return hasProbabilities(loss) ? model.probabilities(x) : model.outputs(x);
}

/**
 * Draws the next rows [count, O] that the decoder of a model makes of numbers from the normal distribution: all of them
 * are a pure function of model and seed. Those of a table are in its units.
 * @throws OptionError for a model without a decoder.
 */
export function createRowDraws(model: Model, seed: number): (count: number) => Float64Array {
  const decoder = decoderOf(model);
  const random = createRandom(seed, 'generate');
  const size = sizeOf([decoder.spec.input].flat());
  const target = ofTable(model.preprocessing)?.target ?? [];
  return (count) => {
    const rows = answersOf(
      decoder,
      Float64Array.from({ length: count * size }, () => random.normal()),
    );
    return rows.map((value, i) => {
      const decoding = target[i % target.length];
      return decoding?.type === 'values' ? decodeValue(value, decoding) : value;
    });
  };
}

/** Whether a network draws random numbers, as that of a variational autoencoder. */
export const hasDraws = ({ spec, parts }: Pick<Model, 'spec' | 'parts'>): boolean =>
  buildNetwork(spec, parts?.customParts).allLayers.some((layer) => layer.spec.kind === 'gaussian');

/** The least pixels of rows without a shape that are taken for square images. */
const MIN_PIXELS = 64;

/** The shape of images of so many numbers, where a model answers with images; null for other rows. */
export function imagesOfSize(
  { spec, preprocessing }: Pick<Model, 'spec' | 'preprocessing'>,
  size: number,
): Shape | null {
  const image = ofImages(preprocessing)?.image;
  const shapes: Shape[] = [];
  if (image !== undefined) shapes.push([image.height, image.width, image.channels]);
  if (typeof spec.input === 'object' && spec.input.length === 3) shapes.push(spec.input);
  const side = Math.sqrt(size);
  if (size >= MIN_PIXELS && Number.isInteger(side) && ofTable(preprocessing) === undefined)
    shapes.push([side, side, 1]);
  return shapes.find((shape) => sizeOf(shape) === size) ?? null;
}

/** A sheet of answers that are images, from black, 0, to white, 1. Standardized ones get their own colours. */
export function sheetOfAnswers(
  { preprocessing }: Pick<Model, 'preprocessing'>,
  rows: Float64Array,
  shape: Shape,
): Sheet {
  const scale = ofImages(preprocessing)?.image.scale;
  if (scale === undefined) return sheetOf(rows, shape, [0, 1]);
  const inputs = { columns: sizeOf(shape), scale };
  return sheetOf(inOriginalColours(rows, { inputs, ...defined({ preprocessing }) }), shape, [0, 1]);
}
