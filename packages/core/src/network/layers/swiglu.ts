import {
  defineOptions,
  flag,
  type Named,
  type OptionsOf,
  positiveInteger,
  required,
} from '../../checks/options/index.ts';
import { initializer } from '../../families/initializers/index.ts';
import { ops } from '../../program/ops/index.ts';
import { channelsOf, positionsOf } from '../shape.ts';
import { atEachPosition } from './at-each-position.ts';
import { emitBackwardWeights, positionProducts } from './dense.ts';
import { initializedTensor, rowOf, spreadMatrix } from './initialized-tensor.ts';
import type { Layer } from './layer.ts';
import type { LayerContext } from './layer-context.ts';

export const swigluOptions = defineOptions('swiglu', {
  /** Inputs I, the last axis. @default that of the layer before */
  in: positiveInteger(),
  /** Outputs O. */
  out: required(positiveInteger),
  /** Whether to add bg and bv [O]. @default true */
  bias: flag(true),
  /** Initializer of Wg and Wv [I, O]. @default 'glorot-uniform' */
  init: initializer('glorot-uniform'),
  /** Initializer of bg and bv [O]. @default 'zeros' */
  biasInit: initializer('zeros'),
});

/** Options of a SwiGLU layer. */
export interface SwigluOptions extends OptionsOf<typeof swigluOptions.table>, Named {}

/**
 * y = silu(g) · v with the gate g = x · Wg + bg and the value v = x · Wv + bv; Wg and Wv are [I, O]. It acts on the
 * last axis of each position of a row. dx is dg · Wgᵀ, to which dv · Wvᵀ is added. [Shazeer 2020, eq.
 * 5](https://arxiv.org/abs/2002.05202), with biases.
 */
export function swiglu(options: SwigluOptions, { input, customParts }: LayerContext): Layer {
  const { in: chosenInputs, out: O, bias, init, biasInit } = swigluOptions.read(options);
  const I = chosenInputs ?? channelsOf(input);
  const positions = input.slice(0, -1);
  const R = positionsOf(input);
  const [Wg, Wv] = ['Wg', 'Wv'].map((name) => spreadMatrix(name, [I, O], init, [I, O], customParts));
  const [bg, bv] = ['bg', 'bv'].map((name) => initializedTensor(name, [O], biasInit, [I, O], customParts));
  return {
    label: `swiglu(${I}->${O})`,
    in: [[...positions, I]],
    out: [...positions, O],
    elementwise: false,
    reads: { x: true, y: false },
    tensors: bias ? [Wg, bg, Wv, bv] : [Wg, Wv],
    products: positionProducts(R, I, O),
    createMemory: (rows, allocate, { allocateForBackward = allocate }) => ({
      arrays: [
        allocate(rows * R * O), // g, and in the backward pass dg
        allocate(rows * R * O), // v, and in the backward pass dv
        allocateForBackward(rows * R * I), // the part of dx from v
        ...(bias ? [] : [allocate(O), allocate(O)]), // zeros in place of biases, and unused gradients of them
      ],
    }),
    ...atEachPosition(input, (y, x, parameters, N, { emit }, { arrays: [g, v, , zeros] }) => {
      const [Wg, bg, Wv, bv] = bias ? parameters : [parameters[0], zeros, parameters[1], zeros];
      if (!bias) emit(ops.fill, zeros, 0, O);
      emit(ops.affine, g, x, Wg, bg, N, I, O, rowOf(Wg, I));
      emit(ops.affine, v, x, Wv, bv, N, I, O, rowOf(Wv, I));
      emit(ops.gateForward, y, g, v, N * O);
    }),
    backward([dx], dy, [x], _y, parameters, gradients, B, { emit, leafRows, accumulate }, { arrays }) {
      const [g, v, byValue, , unused] = arrays;
      const [Wg, Wv] = bias ? [parameters[0], parameters[2]] : parameters;
      emit(ops.gateBackward, g, v, dy, B * R * O);
      if (gradients !== null) {
        const [dWg, dbg, dWv, dbv] = bias ? gradients : [gradients[0], unused, gradients[1], unused];
        emitBackwardWeights(emit, dWg, dbg, x, g, B, leafRows, accumulate, R, I, O);
        emitBackwardWeights(emit, dWv, dbv, x, v, B, leafRows, accumulate, R, I, O);
      }
      if (dx === null) return;
      emit(ops.affineBackwardInput, dx, g, Wg, B * R, I, O);
      emit(ops.affineBackwardInput, byValue, v, Wv, B * R, I, O);
      emit(ops.add, dx, byValue, B * R * I);
    },
  };
}
