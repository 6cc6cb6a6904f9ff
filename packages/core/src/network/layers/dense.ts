import { defineOptions, type Named, type OptionsOf, positiveInteger, required } from '../../checks/options/index.ts';
import { createInitializer, initializer } from '../../families/initializers/index.ts';
import { ops } from '../../program/ops/index.ts';
import { sizeOf } from '../shape.ts';
import type { Layer } from './layer.ts';
import type { Place } from './place.ts';

export const denseOptions = defineOptions('dense', {
  /** Inputs I. @default the outputs of the layer before */
  in: positiveInteger(),
  /** Outputs O. */
  out: required(positiveInteger),
  /** Initializer of the weights W [I, O]. @default 'glorot-uniform', as in Keras */
  init: initializer('glorot-uniform'),
  /** Initializer of the biases b [O]. @default 'zeros' */
  biasInit: initializer('zeros'),
});

/** Options of a dense layer. */
export interface DenseOptions extends OptionsOf<typeof denseOptions.table>, Named {}

/** y = x · W + b with W [I, O], b [O]. */
export function dense(options: DenseOptions, { input, own }: Place): Layer {
  const { in: width, out: O, init, biasInit } = denseOptions.read(options);
  const shape = width === undefined ? input : [width];
  const I = sizeOf(shape);
  const initializeW = createInitializer(init, own);
  const initializeB = createInitializer(biasInit, own);
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
