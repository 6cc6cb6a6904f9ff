import { unknownOption } from '../../checks/option-error.ts';
import {
  defineOptions,
  type Named,
  nonNegative,
  type OptionsOf,
  oneOf,
  type PlainKind,
  positiveInteger,
  required,
  unchecked,
} from '../../checks/options/index.ts';
import { type ActivationName, activations } from '../../families/activations/index.ts';
import { activationOps, customActivationOps } from '../../program/ops/index.ts';
import { channelsOf, sizeOf } from '../shape.ts';
import { atEachPosition } from './at-each-position.ts';
import { formulaLayer } from './formula.ts';
import type { Layer } from './layer.ts';
import { type CustomActivation, type LayerContext, NO_PARTS } from './layer-context.ts';

export const activationOptions = defineOptions('activation', {
  /** Name of the function in the table of activations. */
  fn: required(() => unchecked<ActivationName>()), // checked below, since it may be a user's own
  /** Inputs and outputs per row. @default the outputs of the layer before */
  size: positiveInteger(),
  /**
   * α: the slope of leaky-relu below 0, or the scale of elu. At least 0. No other activation takes it.
   * @default 0.01 for leaky-relu, 1 for elu
   */
  alpha: unchecked<number>(), // checked below, since it depends on fn
});

/** Options of an activation layer. */
export interface ActivationOptions extends OptionsOf<typeof activationOptions.table>, Named {}

type ActivationTable = Readonly<Record<string, CustomActivation>>;

const builtInName: PlainKind<string> = oneOf(activations);

/** y[i] = f(x[i]) with f from the table of activations. */
export function activation(
  options: ActivationOptions,
  { input, customParts }: Pick<LayerContext, 'input' | 'customParts'>,
): Layer {
  const { fn, size: chosenSize, alpha: chosenAlpha } = activationOptions.read(options);
  const hasOwn = customParts !== undefined && customParts !== NO_PARTS;
  const table: ActivationTable = hasOwn ? { ...activations, ...customParts.activations } : activations;
  const nameOption = hasOwn ? oneOf(table) : builtInName;
  const f = table[nameOption.check('activation', 'fn', fn)];
  if (chosenAlpha !== undefined && f.alpha === 0) throw unknownOption(`activation ${fn}`, 'alpha', ['fn', 'size']);
  const shape = chosenSize === undefined || chosenSize === sizeOf(input) ? input : [chosenSize];
  const size = sizeOf(shape);
  const alpha = chosenAlpha === undefined ? f.alpha : nonNegative.check('activation', 'alpha', chosenAlpha);
  if (f.expressionOf !== undefined)
    return { ...formulaLayer(fn, [shape], f.expressionOf(alpha)), activation: { f, alpha } };
  const ops = f.customName === undefined ? activationOps[fn] : customActivationOps(f.customName, f);
  const readsZ = f.reads === 'z';
  return {
    label: `${fn}(${size})`,
    in: [shape],
    out: shape,
    elementwise: true,
    reads: { x: readsZ, y: !readsZ },
    tensors: [],
    activation: { f, alpha },
    ...atEachPosition(shape, (y, x, _parameters, N, { emit }) => {
      emit(ops.forward, y, x, N * channelsOf(shape), alpha);
    }),
    backward([dx], dy, [x], y, _parameters, _gradients, B, { emit }) {
      if (dx !== null) emit(ops.backward, dx, dy, readsZ ? x : y, B * size, alpha);
    },
  };
}
