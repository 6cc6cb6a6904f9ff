import { createInitializer, type InitializerSpec } from '../../families/initializers/index.ts';
import type { TensorSpec } from './layer.ts';
import type { CustomParts } from './layer-context.ts';

/** A tensor that begins with the numbers of an initializer. Biases have the fans of the weights that they belong to. */
export function initializedTensor(
  name: string,
  shape: readonly number[],
  init: InitializerSpec,
  [fanIn, fanOut]: readonly [fanIn: number, fanOut: number],
  customParts?: CustomParts,
  columns?: number, // default fanOut; less than the fan in a window
): TensorSpec {
  const initialize = createInitializer(init, customParts);
  return { name, shape, initialize: (out, random) => initialize(out, fanIn, fanOut, random, columns) };
}
