import { defineOptions, type Named } from '../../checks/options/index.ts';
import { sizeOf } from '../shape.ts';
import type { Layer } from './layer.ts';
import type { LayerContext } from './layer-context.ts';
import { viewLayer } from './reshape.ts';

export const flattenOptions = defineOptions('flatten', {});

/** Options of a flatten layer: none but a name. */
export interface FlattenOptions extends Named {}

/** Makes one axis of all axes of a row, the last varying fastest: [28, 28, 1] becomes [784]. Moves no number. */
export function flatten(options: FlattenOptions, { input }: LayerContext): Layer {
  flattenOptions.read(options);
  return viewLayer('flatten', input, [sizeOf(input)]);
}
