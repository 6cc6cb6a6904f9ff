import { buildNetwork } from '@gradloom/core';
import { sizeOf, viewOf } from '@gradloom/core/internal';
import type { TrainResult } from '@gradloom/runtime';
import { shapeOfImages } from '@gradloom/runtime/internal';
import { sheetOf } from '../../../lab/figures/sheet.ts';
import type { Filters } from '../../../report/findings/findings.ts';
import { layerNames } from '../../../terminal/text/layer-names.ts';
import type { Recipe } from '../recipe.ts';

const MAX_FILTERS = 64;

/**
 * The filters [ky, kx, C] of each output of the first layer with weights, a convolution or a dense layer over whole
 * images. Null if it has no such.
 */
export function firstFilters({ sets: { train } }: Recipe, { spec, parameters, parts }: TrainResult): Filters | null {
  const images = shapeOfImages(train);
  const network = buildNetwork(spec, parts?.customParts);
  const W = network.tensors.find(({ shape }) => shape.length > 1);
  const first = network.allLayers.findIndex(({ tensors }) => tensors.some(({ offset }) => offset === W?.offset));
  if (images === null || W === undefined) return null;
  const { path, layer, spec: layerSpec } = network.allLayers[first];
  const [layerName] = layerNames([{ path, label: layer.label, name: layerSpec.name }]);
  const O = W.shape[W.shape.length - 1];
  const shape = layerSpec.kind === 'conv2d' ? W.shape.slice(0, 3) : images;
  const [height, width, C] = shape;
  const isRead = (layerSpec.kind === 'conv2d' || layerSpec.kind === 'dense') && sizeOf(shape) * O === W.length;
  if (!isRead || height * width === 1 || (C !== 1 && C !== 3)) return null;
  const count = Math.min(MAX_FILTERS, O);
  const weights = viewOf(parameters, W.offset, W.length);
  const filters = Float64Array.from({ length: count * sizeOf(shape) }, (_, at) => {
    const [o, i] = [Math.floor(at / sizeOf(shape)), at % sizeOf(shape)];
    return weights[i * O + o];
  });
  const largest = filters.reduce((largest, weight) => Math.max(largest, Math.abs(weight)), Number.MIN_VALUE);
  return { layer: layerName, total: O, sheet: sheetOf(filters, shape, [-largest, largest]) };
}
