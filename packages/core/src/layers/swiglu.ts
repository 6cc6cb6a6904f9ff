import { createInitializer, type InitializerSpec } from '../initializers/index.ts';
import { gateBackward, gateForward } from '../ops/index.ts';
import { onlyKeys, positiveInteger } from '../text/check.ts';
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
  const I = options.in === undefined ? input : positiveInteger('swiglu', 'in', options.in);
  const O = positiveInteger('swiglu', 'out', options.out);
  const initializeW = createInitializer(options.init ?? 'glorot-uniform');
  const initializeB = createInitializer(options.biasInit ?? 'zeros');
  return {
    label: `swiglu(${I}->${O})`,
    in: I,
    out: O,
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
    forward(y, x, parameters, B, { kernels }, { arrays }) {
      const g = arrays[0];
      const v = arrays[1];
      kernels.affine(g, x, parameters[0], parameters[1], B, I, O);
      kernels.affine(v, x, parameters[2], parameters[3], B, I, O);
      gateForward(y, g, v, B * O);
    },
    backward(dx, dy, x, _y, parameters, gradients, B, { kernels, leaf, joins }, { arrays }) {
      const g = arrays[0];
      const v = arrays[1];
      gateBackward(g, v, dy, B * O);
      kernels.affineBackwardWeights(gradients[0], gradients[1], x, g, B, leaf, joins, I, O);
      kernels.affineBackwardWeights(gradients[2], gradients[3], x, v, B, leaf, joins, I, O);
      if (dx === null) return;
      const byValue = arrays[2];
      kernels.affineBackwardInput(dx, g, parameters[0], B, I, O);
      kernels.affineBackwardInput(byValue, v, parameters[2], B, I, O);
      kernels.add(dx, byValue, B * I);
    },
  };
}
