import { checkObject } from '../checks/check.ts';
import { OptionError, within } from '../checks/option-error.ts';
import { positiveInteger } from '../checks/options/index.ts';
import { has } from '../checks/show.ts';
import type { InitializerSpec } from '../families/initializers/index.ts';
import { type FormulaScope, type FormulaValue, traceFormula } from '../families/scalars/formula-values.ts';
import type { Elements } from '../math/element-type.ts';
import { viewOf } from '../math/scratch.ts';
import { joinLevels, leafCount, treeLevels } from '../math/tree/index.ts';
import { formulaLayer } from '../network/layers/formula.ts';
import type { LayerSpec } from '../network/layers/index.ts';
import { initializedTensor } from '../network/layers/initialized-tensor.ts';
import type { Layer, TensorSpec } from '../network/layers/layer.ts';
import { type CustomParts, type LayerContext, NO_PARTS } from '../network/layers/layer-context.ts';
import { type Shape, sizeOf } from '../network/shape.ts';
import { apply, type Value, withParts } from '../network/values.ts';
import { customOpName, defineOp, type Op } from '../program/op.ts';
import { type PartBase, type PartDefaults, type PartOptions, readPartOptions } from './part-options.ts';

/** A function of rows in plain code. It must have no state: all that it keeps is in the arrays that it is given. */
export interface CustomLayer {
  /** Shape of a row's outputs, such as [14, 14, 8]; a number is a shape of one axis. @default that of the inputs */
  readonly outputs?: number | Shape;
  /** Trained tensors, in the order in which `forward` and `backward` get them. @default none */
  readonly tensors?: readonly Omit<TensorSpec, 'isTrained'>[];
  /** Numbers per row that `forward` stores in `kept` for `backward`. @default 0 */
  readonly keeps?: number;
  /** Overwrites the outputs `y` of B rows. A row's outputs may depend only on that row and the tensors. */
  forward(
    y: Elements, // [B, outputs] out
    x: Elements, // [B, inputs]
    tensors: readonly Elements[],
    B: number,
    kept: Elements, // [B, keeps] out
  ): void;
  /** Overwrites the gradient by the inputs, and the gradients by the tensors, summed over B rows. */
  backward(
    dx: Elements, // [B, inputs] out
    dy: Elements, // [B, outputs]
    x: Elements, // [B, inputs]
    y: Elements, // [B, outputs]
    tensors: readonly Elements[],
    gradients: readonly Elements[], // out
    B: number,
    kept: Elements, // [B, keeps] as written by `forward`
  ): void;
}

/** Definition of a user's own layer in plain code. */
export interface PlainLayerDefinition<D extends PartDefaults = PartDefaults> extends PartBase<D> {
  /** Builds the layer for rows of `inputs` numbers, which have the shape `input`: [28, 28, 1] for images. */
  build(options: PartOptions<D>, inputs: number, input: Shape): CustomLayer;
}

/** A trained tensor of a formula. */
export interface FormulaTensor {
  /** Its shape, which meets that of rows from the last axis on, as in NumPy: [C] for a number of each channel. */
  readonly shape: Shape;
  /** The number that each element starts with, or an initializer. @default 0 */
  readonly start?: number | InitializerSpec;
}

/** Definition of a user's own layer as a formula, whose gradient is derived. */
export interface FormulaLayerDefinition<
  D extends PartDefaults = PartDefaults,
  T extends string = string,
  V extends string = string,
> extends PartBase<D> {
  /** Names of the values that the layer reads, which `of` gives in this order. @default x alone */
  readonly values?: readonly V[];
  /** The trained tensors by name, from the options and the shape of a row of each value. @default none */
  tensors?(options: PartOptions<D>, ...shapes: readonly Shape[]): { readonly [Name in T]: FormulaTensor };
  /**
   * y at each place, from values, tensors and options by name: `({ x, gamma }) => x.times(gamma).tanh()`. Values and
   * tensors are spread over each other's axes as in NumPy.
   */
  formula(scope: FormulaScope<T | V, PartOptions<D>>): FormulaValue;
}

/** Definition of a user's own layer. */
export type LayerDefinition<D extends PartDefaults = PartDefaults> =
  | PlainLayerDefinition<D>
  | FormulaLayerDefinition<D>;

/** Return value of `defineLayer`. */
export type LayerPart<D extends PartDefaults = PartDefaults> = LayerDefinition<D> & {
  /** Family of the part. */
  readonly part: 'layer';
  /** Spec of the layer with options, for a network. */
  spec(options?: Partial<PartOptions<D>>): LayerSpec;
  /** The layer's outputs for values that it reads: `film.of([x])`. */
  of(values: readonly Value[], options?: Partial<PartOptions<D>>): Value;
};

/**
 * Defines a layer, for a module of `train(..., { modules })`, as a formula:
 *
 * ```ts
 * export const film = defineLayer({
 *   name: 'film',
 *   tensors: (_options, shape) => ({ gamma: { shape: shape.slice(-1), start: 1 }, beta: { shape: shape.slice(-1) } }),
 *   formula: ({ x, gamma, beta }) => x.times(gamma).plus(beta).tanh(),
 * });
 * ```
 *
 * Its gradient is derived, it runs in the fast kernels of each backend, and it exports to ONNX. A layer that no formula
 * can state is written in plain code, with a gradient by hand, which is checked before the first step:
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
 * `backward` gets the rows of one leaf at a time. The tree over leaves adds their gradients, as for all layers, so the
 * number of threads changes no bit.
 *
 * Arrays are Float64Array, or Float32Array in a float32 run. JavaScript still computes in doubles there; numbers are
 * rounded to floats when they are stored in an array. `Math.fround` rounds other numbers.
 */
export function defineLayer<
  const D extends PartDefaults = Record<never, never>,
  T extends string = never,
  const V extends string = 'x',
>(definition: FormulaLayerDefinition<D, T, V> | PlainLayerDefinition<D>): LayerPart<D> {
  const { name } = checkObject('defineLayer', 'definition', definition, 'an object with a name');
  const parts = { ...NO_PARTS, layers: { [name]: factoryOf(definition) } };
  // Cast, as LayerSpec does not know the name.
  const spec = (options = {}) => withParts({ kind: name, ...options } as unknown as LayerSpec, parts);
  return { ...definition, part: 'layer', spec, of: (values, options) => apply(spec(options), values) };
}

/** Converts a definition to the function that builds layers for networks, and throws OptionError for a wrong option. */
export const factoryOf =
  (definition: LayerDefinition): CustomParts['layers'][string] =>
  (options, context) =>
    'formula' in definition ? formulaOf(definition, options, context) : layerOf(definition, options, context);

/** The layer of a formula, whose values and tensors are the inputs of one expression. */
function formulaOf(definition: FormulaLayerDefinition, spec: object, { inputs, customParts }: LayerContext): Layer {
  const { name, values = ['x'] } = definition;
  const options = readPartOptions(definition, spec);
  const shapes = values.map((_, k) => inputs[k] ?? inputs[0]); // the builder refuses other numbers of values
  const tensors = Object.entries(definition.tensors?.(options, ...shapes) ?? {}).map(([tensor, tensorDefinition]) => {
    const { shape, start = 0 } = checkObject(name, `tensors.${tensor}`, tensorDefinition, '{ shape, start }');
    checkTensorShape(name, tensor, shape);
    const init = typeof start === 'number' ? ({ kind: 'constant', value: start } as const) : start;
    const fans = [sizeOf(shape), sizeOf(shape)] as const;
    return within(`tensors.${tensor}`, () => initializedTensor(tensor, shape, init, fans, customParts));
  });
  const names = [...values, ...tensors.map((tensor) => tensor.name)];
  const expression = traceFormula(name, names, options, definition.formula);
  return formulaLayer(name, shapes, expression, tensors);
}

/** @throws OptionError for what is no shape. */
function checkTensorShape(name: string, tensor: string, shape: unknown): void {
  const about = `the shape of ${tensor}`;
  if (!Array.isArray(shape)) {
    throw new OptionError(name, about, `${has(shape)}, expected a list of whole numbers such as [8]`);
  }
  for (const length of shape) positiveInteger.check(name, about, length);
}

/** The layer of plain code. */
function layerOf(definition: PlainLayerDefinition, options: object, { input }: LayerContext): Layer {
  const { name } = definition;
  const inputs = sizeOf(input);
  const layer = definition.build(readPartOptions(definition, options), inputs, input);
  const { outputs = input, keeps = 0, tensors = [] } = layer;
  const out = [outputs].flat();
  for (const length of out) positiveInteger.check(name, 'outputs', length);
  if (keeps !== 0) positiveInteger.check(name, 'keeps', keeps);
  for (const { name: tensor, shape } of tensors) checkTensorShape(name, tensor, shape);
  return rowsLayer(name, input, out, keeps, tensors, layer);
}

/**
 * A layer of plain code on rows. Its passes are operations that no backend has, so `link` runs them between blocks. The
 * gradients of its tensors are computed leaf by leaf and added by the tree over leaves.
 */
function rowsLayer(
  name: string,
  input: Shape,
  output: Shape,
  keeps: number,
  tensors: readonly TensorSpec[],
  { forward, backward }: CustomLayer,
): Layer {
  const [I, O] = [sizeOf(input), sizeOf(output)];
  const lengths = tensors.map(({ shape }) => sizeOf(shape));
  const P = lengths.reduce((sum, length) => sum + length, 0);

  /** The tensors of the parameter vector that begins at index `from` of `vector`. */
  function tensorsAt(vector: Elements, from: number): Elements[] {
    let end = from;
    return lengths.map((length) => {
      end += length;
      return viewOf(vector, end - length, length);
    });
  }

  return {
    label: `${name}(${input.join('x')}->${output.join('x')})`,
    in: [input],
    out: output,
    elementwise: false,
    reads: { x: true, y: true },
    tensors,
    // Arrays for what forward keeps, for the gradient by the inputs if it is not wanted, and for sums over leaves.
    createMemory: (rows, allocate, { allocateForBackward = allocate }) => ({
      arrays: [allocate(rows * keeps), allocateForBackward(rows * I), allocateForBackward(treeLevels(rows) * P)],
    }),
    forward(y, [x], parameters, B, { emit }, { arrays: [kept] }) {
      emit(customOp(`${name}Forward`, () => forward(y, x, parameters, B, kept)));
    },
    backward([inputGradient], dy, [x], y, parameters, gradients, B, { emit, leafRows, accumulate }, { arrays }) {
      const [kept, spare, sums] = arrays;
      const dx = inputGradient ?? spare;
      const leaves = leafCount(B, leafRows);
      /** Creates the views of arrays at the first run. Programs are also emitted just to be counted, without memory. */
      const views = () => ({
        levels: Array.from({ length: treeLevels(leaves) }, (_, level) => tensorsAt(sums, level * P)),
        leafViews: Array.from({ length: leaves }, (_, k) => {
          const [first, rows] = [k * leafRows, Math.min(leafRows, B - k * leafRows)];
          const cut = (array: Elements, width: number) => viewOf(array, first * width, rows * width);
          return { rows, dx: cut(dx, I), dy: cut(dy, O), x: cut(x, I), y: cut(y, O), kept: cut(kept, keeps) };
        }),
      });
      let cachedViews: ReturnType<typeof views> | undefined;
      const run = (): void => {
        cachedViews ??= views();
        const { levels, leafViews } = cachedViews;
        for (let k = 0, level = 0; k < leaves; k++) {
          const leaf = leafViews[k];
          if (leaf.rows === 0) for (const sum of levels[level]) sum.fill(0);
          else backward(leaf.dx, leaf.dy, leaf.x, leaf.y, parameters, levels[level], leaf.rows, leaf.kept);
          level = joinLevels(sums, P, level, k, leaves);
        }
        for (const [t, gradient] of (gradients ?? []).entries()) {
          const sum = levels[0][t];
          for (let i = 0; i < gradient.length; i++) gradient[i] = accumulate ? gradient[i] + sum[i] : sum[i];
        }
      };
      emit(customOp(`${name}Backward`, run));
    },
  };
}

/** An operation without operands, since no backend ever asks for its arrays. */
const customOp = (name: string, run: () => void): Op<[]> => defineOp(customOpName(name), {}, run);
