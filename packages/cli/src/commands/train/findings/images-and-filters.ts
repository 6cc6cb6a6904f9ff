import { buildNetwork } from '@gradloom/core';
import { complete, sizeOf, viewOf } from '@gradloom/core/internal';
import type { TrainResult } from '@gradloom/runtime';
import { firstInputs, shapeOfImages } from '@gradloom/runtime/internal';
import { inOriginalColours, type Sheet, sheetOf } from '../../../lab/figures/sheet.ts';
import { customParts } from '../../../options/custom-parts.ts';
import type { Filters } from '../../../report/findings/findings.ts';
import { layerNames } from '../../../terminal/text/layer-names.ts';
import type { Recipe } from '../recipe.ts';

const MAX_IMAGES = 32;
/** Images that are shown at least, however large they are: a page shrinks each if they are many. */
const MIN_IMAGES = 8;
const MAX_NUMBERS = 64 * 64 * MAX_IMAGES; // of all shown images

/** The first images of the run, as the network was given them; null if rows are not images. */
export function firstImages({ spec, sets, options }: Recipe): Sheet | null {
  const network = buildNetwork(spec, customParts());
  const count = Math.max(MIN_IMAGES, Math.min(MAX_IMAGES, Math.floor(MAX_NUMBERS / network.inputs)));
  const inputs = complete(firstInputs(network, sets.train, options, count));
  return inputs === null ? null : sheetOf(inOriginalColours(inputs.images, sets.train), inputs.shape);
}

const MAX_FILTERS = 64;

/**
 * The filters [ky, kx, C] of each output of the first layer with weights, a convolution or a dense layer over whole
 * images. Null if the first layer is another one.
 */
export function firstFilters({ sets: { train } }: Recipe, { spec, parameters, parts }: TrainResult): Filters | null {
  const images = shapeOfImages(train);
  const network = buildNetwork(spec, parts?.customParts);
  const W = network.tensors.find(({ shape }) => shape.length > 1);
  const layerIndex = network.allLayers.findIndex(({ tensors }) => tensors.some(({ offset }) => offset === W?.offset));
  if (images === null || W === undefined) return null;
  const { path, layer, spec: layerSpec } = network.allLayers[layerIndex];
  const [layerName] = layerNames([{ path, label: layer.label, name: layerSpec.name }]);
  const O = W.shape[W.shape.length - 1];
  const shape = layerSpec.kind === 'conv2d' ? W.shape.slice(0, 3) : images;
  const [height, width, C] = shape;
  const isRead = (layerSpec.kind === 'conv2d' || layerSpec.kind === 'dense') && sizeOf(shape) * O === W.length;
  if (!isRead || height * width === 1 || (C !== 1 && C !== 3)) return null;
  const count = Math.min(MAX_FILTERS, O);
  const weights = viewOf(parameters, W.offset, W.length);
  const filters = Float64Array.from({ length: count * sizeOf(shape) }, (_, k) => {
    const [o, i] = [Math.floor(k / sizeOf(shape)), k % sizeOf(shape)];
    return weights[i * O + o];
  });
  const largest = filters.reduce((largest, weight) => Math.max(largest, Math.abs(weight)), Number.MIN_VALUE);
  return { layer: layerName, total: O, sheet: sheetOf(filters, shape, [-largest, largest]) };
}
