import { createInitializer, type InitializerSpec } from '../initializers/index.ts';
import { onlyKeys, positiveInteger } from '../text/check.ts';
import type { Layer, Place } from './layer.ts';

export interface DenseOptions {
  in?: number; // I, default: what the layer before puts out
  out: number; // O
  init?: InitializerSpec; // of W, default glorot-uniform, as Keras has it
  biasInit?: InitializerSpec; // of b, default zeros
}

/** y = x · W + b with W [I, O], b [O]. */
export function dense(options: DenseOptions, { input }: Place): Layer {
  onlyKeys('dense', options, ['in', 'out', 'init', 'biasInit']);
  const I = options.in === undefined ? input : positiveInteger('dense', 'in', options.in);
  const O = positiveInteger('dense', 'out', options.out);
  const initializeW = createInitializer(options.init ?? 'glorot-uniform');
  const initializeB = createInitializer(options.biasInit ?? 'zeros');
  return {
    label: `dense(${I}->${O})`,
    in: I,
    out: O,
    elementwise: false,
    reads: { x: true, y: false },
    tensors: [
      { name: 'W', shape: [I, O], initialize: (out, random) => initializeW(out, I, O, random) },
      { name: 'b', shape: [O], initialize: (out, random) => initializeB(out, I, O, random) },
    ],
    forward(y, x, [W, b], B, { kernels }) {
      kernels.affine(y, x, W, b, B, I, O);
    },
    backward(dx, dy, x, _y, [W], [dW, db], B, { kernels }) {
      kernels.affineBackwardWeights(dW, db, x, dy, B, I, O);
      if (dx !== null) kernels.affineBackwardInput(dx, dy, W, B, I, O);
    },
  };
}
