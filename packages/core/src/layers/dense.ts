import { createInitializer, type InitializerSpec } from '../initializers/index.ts';
import { onlyKeys, positiveInteger } from '../text/check.ts';
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
    products: [[I, O]],
    recordable: () => true,
    // Tensors are indexed, not destructured: an iterator a call would be garbage a step.
    forward(y, x, parameters, B, { kernels }) {
      kernels.affine(y, x, parameters[0], parameters[1], B, I, O);
    },
    backward(dx, dy, x, _y, parameters, gradients, B, { kernels, leaf, joins }) {
      kernels.affineBackwardWeights(gradients[0], gradients[1], x, dy, B, leaf, joins, I, O);
      if (dx !== null) kernels.affineBackwardInput(dx, dy, parameters[0], B, I, O);
    },
  };
}
