import type { Elements } from '../element-type.ts';
import type { LayerSpec } from '../model/layers/index.ts';
import type { Layer, Place, TensorSpec } from '../model/layers/layer.ts';
import { sizeOf } from '../model/shape.ts';
import { positiveInteger } from '../text/check.ts';
import { type PartBase, type PartDefaults, type PartOptions, readPartOptions } from './part-options.ts';
import { rowsLayer } from './rows-layer.ts';

/** A function of rows in plain code. It has no state: all that it keeps stands in the arrays that it is given. */
export interface OwnLayer {
  /** Outputs per row. @default as many as inputs */
  readonly outputs?: number;
  /** Its trained tensors, in the order in which `forward` and `backward` get them. @default none */
  readonly tensors?: readonly Omit<TensorSpec, 'isTrained'>[];
  /** Numbers a row that `forward` leaves for `backward` in `kept`. @default 0 */
  readonly keeps?: number;
  /** Overwrites the outputs `y` of B rows. A row's outputs depend on that row and the tensors alone. */
  forward(
    y: Elements, // [B, outputs] out
    x: Elements, // [B, inputs]
    tensors: readonly Elements[],
    B: number,
    kept: Elements, // [B, keeps] out
  ): void;
  /** Overwrites the gradient by the inputs, and that by each tensor, summed over the B rows. */
  backward(
    dx: Elements, // [B, inputs] out
    dy: Elements, // [B, outputs]
    x: Elements, // [B, inputs]
    y: Elements, // [B, outputs]
    tensors: readonly Elements[],
    gradients: readonly Elements[], // out
    B: number,
    kept: Elements, // [B, keeps] as `forward` left it
  ): void;
}

/** A layer of one's own. */
export interface LayerDefinition<D extends PartDefaults = PartDefaults> extends PartBase<D> {
  /** The layer with these options for rows of so many inputs. */
  build(options: PartOptions<D>, inputs: number): OwnLayer;
}

/** What `defineLayer` returns. */
export interface LayerPart<D extends PartDefaults = PartDefaults> extends LayerDefinition<D> {
  /** Its family. */
  readonly part: 'layer';
  /** The layer with some options, for a network. */
  spec(options?: Partial<PartOptions<D>>): LayerSpec;
}

/**
 * A layer for a module of `train(..., { modules })`:
 *
 * ```ts
 * export const scale = defineLayer({
 *   name: 'scale',
 *   options: { start: 1 },
 *   build: ({ start }, inputs) => ({
 *     tensors: [{ name: 'gamma', shape: [inputs], initialize: (out) => void out.fill(start) }],
 *     forward(y, x, [gamma], B) {
 *       for (let i = 0; i < B * inputs; i++) y[i] = gamma[i % inputs] * x[i];
 *     },
 *     backward(dx, dy, x, _y, [gamma], [dGamma], B) {
 *       dGamma.fill(0);
 *       for (let i = 0; i < B * inputs; i++) {
 *         dx[i] = gamma[i % inputs] * dy[i];
 *         dGamma[i % inputs] += dy[i] * x[i];
 *       }
 *     },
 *   }),
 * });
 * ```
 *
 * `backward` gets the rows of one leaf at a time. Their gradients are added by the tree that all layers have, so the
 * number of threads changes no bit.
 *
 * The arrays are Float64Array, or Float32Array in a run of floats. There JavaScript still computes with doubles, and
 * what is stored in an array is rounded to a float; `Math.fround` rounds what is not stored.
 */
export const defineLayer = <const D extends PartDefaults = Record<never, never>>(
  definition: LayerDefinition<D>,
): LayerPart<D> => ({
  ...definition,
  part: 'layer',
  // The name is one that LayerSpec does not know.
  spec: (options = {}) => ({ kind: definition.name, ...options }) as unknown as LayerSpec,
});

/** The layer as a network uses it. @throws OptionError for an option that is wrong. */
export function layerOf(definition: LayerDefinition, given: object, { input }: Pick<Place, 'input'>): Layer {
  const { name } = definition;
  const inputs = sizeOf(input);
  const layer = definition.build(readPartOptions(definition, given), inputs);
  const { outputs = inputs, keeps = 0, tensors = [] } = layer;
  positiveInteger(name, 'outputs', outputs);
  if (keeps !== 0) positiveInteger(name, 'keeps', keeps);
  for (const { name: tensor, shape } of tensors) {
    for (const length of shape) positiveInteger(name, `the shape of ${tensor}`, length);
  }
  return rowsLayer(name, inputs, outputs, keeps, tensors, layer);
}
