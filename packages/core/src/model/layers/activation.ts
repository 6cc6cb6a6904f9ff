import { activationOps } from '../../program/ops.ts';
import { oneOf, onlyKeys, positiveInteger } from '../../text/check.ts';
import { unknownOption } from '../../text/option-error.ts';
import { nonNegative } from '../../text/range.ts';
import { type ActivationName, activations } from '../activations/index.ts';
import { sizeOf } from '../shape.ts';
import type { Layer, Place } from './layer.ts';

/** Options of an activation layer. */
export interface ActivationOptions {
  /** The function, by its name in the table of activations. */
  fn: ActivationName;
  /** Inputs and outputs per row. @default the outputs of the layer before */
  size?: number;
  /**
   * α: the slope of leaky-relu below 0, or the scale of elu. At least 0; no other activation takes it.
   * @default 0.01 for leaky-relu, 1 for elu
   */
  alpha?: number;
}

/** y[i] = f(x[i]), f from the table of activations. */
export function activation(options: ActivationOptions, { input }: Pick<Place, 'input'>): Layer {
  onlyKeys('activation', options, ['fn', 'size', 'alpha']);
  const fn = oneOf('activation', 'fn', options.fn, activations);
  const f = activations[fn];
  if (options.alpha !== undefined && f.alpha === 0) throw unknownOption(`activation ${fn}`, 'alpha', ['fn', 'size']);
  const shape = options.size === undefined ? input : [positiveInteger('activation', 'size', options.size)];
  const size = sizeOf(shape);
  const alpha = options.alpha === undefined ? f.alpha : nonNegative('activation', 'alpha', options.alpha);
  const ops = activationOps[fn];
  const readsZ = f.reads === 'z';
  return {
    label: `${fn}(${size})`,
    in: shape,
    out: shape,
    elementwise: true,
    reads: { x: readsZ, y: !readsZ },
    tensors: [],
    forward(y, x, _parameters, B, { emit }) {
      emit(ops.forward, y, x, B * size, alpha);
    },
    backward(dx, dy, x, y, _parameters, _gradients, B, { emit }) {
      if (dx !== null) emit(ops.backward, dx, dy, readsZ ? x : y, B * size, alpha);
    },
  };
}
