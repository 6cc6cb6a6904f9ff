import { positiveInteger } from '../checks/options/index.ts';
import type { Elements } from '../math/element-type.ts';
import { viewOf } from '../math/scratch.ts';
import { joinLevels, leafCount, treeLevels } from '../math/tree/index.ts';
import type { LayerSpec } from '../network/layers/index.ts';
import type { Layer, TensorSpec } from '../network/layers/layer.ts';
import type { Place } from '../network/layers/place.ts';
import { sizeOf } from '../network/shape.ts';
import { defineOp, type Op } from '../program/op.ts';
import { ownName } from '../program/ops/index.ts';
import { type PartBase, type PartDefaults, type PartOptions, readPartOptions } from './part-options.ts';

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
  positiveInteger.check(name, 'outputs', outputs);
  if (keeps !== 0) positiveInteger.check(name, 'keeps', keeps);
  for (const { name: tensor, shape } of tensors) {
    for (const length of shape) positiveInteger.check(name, `the shape of ${tensor}`, length);
  }
  return rowsLayer(name, inputs, outputs, keeps, tensors, layer);
}

/**
 * A layer of plain code on rows. Its passes are operations that no backend has: `link` runs them between blocks. The
 * gradients of its tensors are taken leaf by leaf, and added by the tree over leaves.
 */
function rowsLayer(
  name: string,
  I: number,
  O: number,
  keeps: number,
  tensors: readonly TensorSpec[],
  { forward, backward }: OwnLayer,
): Layer {
  const lengths = tensors.map(({ shape }) => sizeOf(shape));
  const P = lengths.reduce((sum, length) => sum + length, 0);

  /** The tensors of the vector that begins at `from` of `vector`. */
  function tensorsAt(vector: Elements, from: number): Elements[] {
    let at = from;
    return lengths.map((length) => {
      at += length;
      return viewOf(vector, at - length, length);
    });
  }

  return {
    label: `${name}(${I}->${O})`,
    in: [I],
    out: [O],
    elementwise: false,
    reads: { x: true, y: true },
    tensors,
    // What forward keeps, a gradient by the inputs where nobody asks for one, and sums over leaves.
    createMemory: (rows, allocate) => ({
      arrays: [allocate(rows * keeps), allocate(rows * I), allocate(treeLevels(rows) * P)],
    }),
    forward(y, x, parameters, B, { emit }, { arrays: [kept] }) {
      emit(ownOp(`${name}Forward`, () => forward(y, x, parameters, B, kept)));
    },
    backward(given, dy, x, y, parameters, gradients, B, { emit, leaf, joins }, { arrays: [kept, spare, sums] }) {
      const dx = given ?? spare;
      const leaves = leafCount(B, leaf);
      /** Views of the arrays, made by the first run: programs are also emitted to be counted, without memory. */
      const views = () => ({
        levels: Array.from({ length: treeLevels(leaves) }, (_, level) => tensorsAt(sums, level * P)),
        parts: Array.from({ length: leaves }, (_, k) => {
          const [first, rows] = [k * leaf, Math.min(leaf, B - k * leaf)];
          const of = (array: Elements, width: number) => viewOf(array, first * width, rows * width);
          return { rows, dx: of(dx, I), dy: of(dy, O), x: of(x, I), y: of(y, O), kept: of(kept, keeps) };
        }),
      });
      let made: ReturnType<typeof views> | undefined;
      const run = (): void => {
        made ??= views();
        const { levels, parts } = made;
        for (let k = 0, level = 0; k < leaves; k++) {
          const part = parts[k];
          if (part.rows === 0) for (const sum of levels[level]) sum.fill(0);
          else backward(part.dx, part.dy, part.x, part.y, parameters, levels[level], part.rows, part.kept);
          level = joinLevels(sums, P, level, k, leaves);
        }
        for (const [t, gradient] of gradients.entries()) {
          const sum = levels[0][t];
          for (let i = 0; i < gradient.length; i++) gradient[i] = joins ? gradient[i] + sum[i] : sum[i];
        }
      };
      emit(ownOp(`${name}Backward`, run));
    },
  };
}

/** No backend knows the operation, so none asks for its arrays. */
const ownOp = (name: string, run: () => void): Op<[]> => defineOp(ownName(name), {}, run);
