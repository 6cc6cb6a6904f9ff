import {
  defineOptions,
  flag,
  type Named,
  type OptionsOf,
  positiveInteger,
  required,
} from '../../checks/options/index.ts';
import { createInitializer, initializer } from '../../families/initializers/index.ts';
import type { Elements } from '../../math/element-type.ts';
import type { ProductShape, WindowShape } from '../../math/scratch.ts';
import type { Emit } from '../../program/op.ts';
import { ops } from '../../program/ops/index.ts';
import { channelsOf, positionsOf } from '../shape.ts';
import type { Layer, TensorSpec } from './layer.ts';
import type { Place } from './place.ts';

export const denseOptions = defineOptions('dense', {
  /** Inputs I, the last axis. @default that of the layer before */
  in: positiveInteger(),
  /** Outputs O. */
  out: required(positiveInteger),
  /** Whether to add b [O]. @default true */
  bias: flag(true),
  /** Initializer of the weights W [I, O]. @default 'glorot-uniform', as in Keras */
  init: initializer('glorot-uniform'),
  /** Initializer of the biases b [O]. @default 'zeros' */
  biasInit: initializer('zeros'),
});

/** Options of a dense layer. */
export interface DenseOptions extends OptionsOf<typeof denseOptions.table>, Named {}

/** y = x · W + b with W [I, O], b [O], on the last axis of each position of a row. */
export function dense(options: DenseOptions, { input, own }: Place): Layer {
  const { in: width, out: O, bias, init, biasInit } = denseOptions.read(options);
  const I = width ?? channelsOf(input);
  const positions = input.slice(0, -1);
  const R = positionsOf(input);
  const initializeW = createInitializer(init, own);
  const initializeB = createInitializer(biasInit, own);
  const W: TensorSpec = {
    ...{ name: 'W', shape: [I, O] },
    initialize: (out, random) => initializeW(out, I, O, random),
  };
  const b: TensorSpec = {
    ...{ name: 'b', shape: [O] },
    initialize: (out, random) => initializeB(out, I, O, random),
  };
  return {
    label: `dense(${I}->${O})`,
    in: [...positions, I],
    out: [...positions, O],
    elementwise: false,
    reads: { x: true, y: false },
    tensors: bias ? [W, b] : [W],
    products: positionProducts(R, I, O),
    // Without a bias, zeros in its place, and what would be its gradient.
    createMemory: (_rows, allocate) => ({ arrays: bias ? [] : [allocate(O), allocate(O)] }),
    forward(y, x, [W, b], B, { emit }, { arrays: [zeros] }) {
      if (!bias) emit(ops.fill, zeros, 0, O);
      emit(ops.affine, y, x, W, bias ? b : zeros, B * R, I, O);
    },
    backward(dx, dy, x, _y, [W], [dW, db], B, { emit, leaf, joins }, { arrays: [, unused] }) {
      emitBackwardWeights(emit, dW, bias ? db : unused, x, dy, B, leaf, joins, R, I, O);
      if (dx !== null) emit(ops.affineBackwardInput, dx, dy, W, B * R, I, O);
    },
  };
}

/** A product at each position is a convolution with a window of one position. */
const windowsOf = (R: number, I: number, O: number): WindowShape => [1, R, I, 1, R, O, 1, 1, 1, 1, 0, 0, 1, 1, 1];

/** Shapes of the products of I x O weights at R positions of a row. */
export const positionProducts = (R: number, I: number, O: number): readonly ProductShape[] =>
  R === 1
    ? [[I, O]]
    : [
        [I, O],
        [I, O, windowsOf(R, I, O)],
      ];

/** Emits dW = Σ xᵀ · dy and db = Σ dy over the R positions of B rows. Overwrites `dW` and `db`, or adds if `joins`. */
export function emitBackwardWeights(
  emit: Emit,
  dW: Elements, // [I, O] out
  db: Elements, // [O] out
  x: Elements, // [B, R, I]
  dy: Elements, // [B, R, O]
  B: number,
  leaf: number,
  joins: boolean,
  R: number,
  I: number,
  O: number,
): void {
  if (R === 1) emit(ops.affineBackwardWeights, dW, db, x, dy, B, leaf, joins, I, O);
  else emit(ops.convBackwardWeights, dW, db, x, dy, B, joins, ...windowsOf(R, I, O));
}
