import { createInitializer, type InitializerSpec } from '../../families/initializers/index.ts';
import type { Elements } from '../../math/element-type.ts';
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

/** A matrix [I, O] that forward passes read by `affine` alone, with rows `rowOf` apart. */
export const spreadMatrix = (...args: Parameters<typeof initializedTensor>): TensorSpec => ({
  ...initializedTensor(...args),
  isSpread: true,
});

/** Numbers from a row of a spread matrix W [I, O] to the next: O, or more in the memory of a model. */
export const rowOf = (W: Elements, I: number): number => W.length / Math.max(I, 1);
