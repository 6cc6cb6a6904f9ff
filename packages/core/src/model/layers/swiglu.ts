import { ops } from '../../program/ops.ts';
import { onlyKeys, positiveInteger } from '../../text/check.ts';
import { createInitializer, type InitializerSpec } from '../initializers/index.ts';
import { sizeOf } from '../shape.ts';
import type { Layer, Place } from './layer.ts';

/** Options of a SwiGLU layer. */
export interface SwigluOptions {
  /** Inputs I. @default the outputs of the layer before */
  in?: number;
  /** Outputs O. */
  out: number;
  /** Initializer of Wg and Wv [I, O]. @default 'glorot-uniform' */
  init?: InitializerSpec;
  /** Initializer of bg and bv [O]. @default 'zeros' */
  biasInit?: InitializerSpec;
}

/**
 * y = silu(g) · v with the gate g = x · Wg + bg and the value v = x · Wv + bv, Wg and Wv [I, O].
 * dx is dg · Wgᵀ, to which dv · Wvᵀ is added. [Shazeer 2020, eq. 5](https://arxiv.org/abs/2002.05202), with biases.
 */
export function swiglu(options: SwigluOptions, { input }: Place): Layer {
  onlyKeys('swiglu', options, ['in', 'out', 'init', 'biasInit']);
  const shape = options.in === undefined ? input : [positiveInteger('swiglu', 'in', options.in)];
  const I = sizeOf(shape);
  const O = positiveInteger('swiglu', 'out', options.out);
  const initializeW = createInitializer(options.init ?? 'glorot-uniform');
  const initializeB = createInitializer(options.biasInit ?? 'zeros');
  return {
    label: `swiglu(${I}->${O})`,
    in: shape,
    out: [O],
    elementwise: false,
    reads: { x: true, y: false },
    tensors: [
      { name: 'Wg', shape: [I, O], initialize: (out, random) => initializeW(out, I, O, random) },
      { name: 'bg', shape: [O], initialize: (out, random) => initializeB(out, I, O, random) },
      { name: 'Wv', shape: [I, O], initialize: (out, random) => initializeW(out, I, O, random) },
      { name: 'bv', shape: [O], initialize: (out, random) => initializeB(out, I, O, random) },
    ],
    products: [[I, O]],
    // g and v, replaced by dg and dv in the backward pass; and the part of dx that comes from v.
    createMemory: (rows, allocate) => ({ arrays: [allocate(rows * O), allocate(rows * O), allocate(rows * I)] }),
    forward(y, x, [Wg, bg, Wv, bv], B, { emit }, { arrays: [g, v] }) {
      emit(ops.affine, g, x, Wg, bg, B, I, O);
      emit(ops.affine, v, x, Wv, bv, B, I, O);
      emit(ops.gateForward, y, g, v, B * O);
    },
    backward(dx, dy, x, _y, [Wg, , Wv], gradients, B, { emit, leaf, joins }, { arrays: [g, v, byValue] }) {
      const [dWg, dbg, dWv, dbv] = gradients;
      emit(ops.gateBackward, g, v, dy, B * O);
      emit(ops.affineBackwardWeights, dWg, dbg, x, g, B, leaf, joins, I, O);
      emit(ops.affineBackwardWeights, dWv, dbv, x, v, B, leaf, joins, I, O);
      if (dx === null) return;
      emit(ops.affineBackwardInput, dx, g, Wg, B, I, O);
      emit(ops.affineBackwardInput, byValue, v, Wv, B, I, O);
      emit(ops.add, dx, byValue, B * I);
    },
  };
}
