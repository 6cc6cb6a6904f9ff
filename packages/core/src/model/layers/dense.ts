import { ops } from '../../program/ops.ts';
import { onlyKeys, positiveInteger } from '../../text/check.ts';
import { createInitializer, type InitializerSpec } from '../initializers/index.ts';
import { sizeOf } from '../shape.ts';
import type { Layer, Place } from './layer.ts';

/** Options of a dense layer. */
export interface DenseOptions {
  /** Inputs I. @default the outputs of the layer before */
  in?: number;
  /** Outputs O. */
  out: number;
  /** Initializer of the weights W [I, O]. @default 'glorot-uniform', as in Keras */
  init?: InitializerSpec;
  /** Initializer of the biases b [O]. @default 'zeros' */
  biasInit?: InitializerSpec;
}

/** y = x · W + b with W [I, O], b [O]. */
export function dense(options: DenseOptions, { input }: Place): Layer {
  onlyKeys('dense', options, ['in', 'out', 'init', 'biasInit']);
  const shape = options.in === undefined ? input : [positiveInteger('dense', 'in', options.in)];
  const I = sizeOf(shape);
  const O = positiveInteger('dense', 'out', options.out);
  const initializeW = createInitializer(options.init ?? 'glorot-uniform');
  const initializeB = createInitializer(options.biasInit ?? 'zeros');
  return {
    label: `dense(${I}->${O})`,
    in: shape,
    out: [O],
    elementwise: false,
    reads: { x: true, y: false },
    tensors: [
      { name: 'W', shape: [I, O], initialize: (out, random) => initializeW(out, I, O, random) },
      { name: 'b', shape: [O], initialize: (out, random) => initializeB(out, I, O, random) },
    ],
    products: [[I, O]],
    forward(y, x, [W, b], B, { emit }) {
      emit(ops.affine, y, x, W, b, B, I, O);
    },
    backward(dx, dy, x, _y, [W], [dW, db], B, { emit, leaf, joins }) {
      emit(ops.affineBackwardWeights, dW, db, x, dy, B, leaf, joins, I, O);
      if (dx !== null) emit(ops.affineBackwardInput, dx, dy, W, B, I, O);
    },
  };
}
