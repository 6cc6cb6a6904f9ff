import { createInitializer, type InitializerSpec } from '../initializers/index.ts';
import { onlyKeys, positiveInteger } from '../text/check.ts';
import { show } from '../text/show.ts';
import { InputError } from './input-error.ts';
import type { Layer, Place } from './layer.ts';

/** Options of an embedding. */
export interface EmbeddingOptions {
  /** V, size of the vocabulary: the inputs are whole numbers from 0 to V - 1. */
  vocabulary: number;
  /** Size of the vector of each index: a row of k indices becomes k · width numbers. */
  width: number;
  /** Initializer of the table E [V, width]. @default { kind: 'normal', std: 1 }, as in PyTorch */
  init?: InitializerSpec;
}

/**
 * y[B, k · width]: for each of the k whole numbers of a row of x, that row of E [V, width]. dE adds rows ascending and
 * in them places ascending. No gradient reaches an index: dx is 0.
 * @throws InputError in forward for an index that is not whole or not in [0, V), before anything is read.
 */
export function embedding(options: EmbeddingOptions, { input, path }: Place): Layer {
  onlyKeys('embedding', options, ['vocabulary', 'width', 'init']);
  const V = positiveInteger('embedding', 'vocabulary', options.vocabulary);
  const width = positiveInteger('embedding', 'width', options.width);
  const initialize = createInitializer(options.init ?? { kind: 'normal', std: 1 });
  const label = `embedding(${V}x${width})`;
  return {
    label,
    in: input,
    out: input * width,
    elementwise: false,
    reads: { x: true, y: false },
    tensors: [{ name: 'E', shape: [V, width], initialize: (out, random) => initialize(out, V, width, random) }],
    forward(y, x, parameters, B) {
      const E = parameters[0];
      for (let p = 0; p < B * input; p++) {
        const index = x[p];
        if (!(index >= 0 && index < V && Math.floor(index) === index)) {
          const problem = `index at place ${p % input} has ${show(index)}, expected a whole number from 0 to ${V - 1}`;
          throw new InputError(Math.floor(p / input), `${label} at layer ${path.join('.')}: ${problem}`);
        }
        for (let j = 0; j < width; j++) y[p * width + j] = E[index * width + j];
      }
    },
    backward(dx, dy, x, _y, _parameters, gradients, B) {
      const dE = gradients[0];
      dE.fill(0);
      for (let p = 0; p < B * input; p++) {
        const row = x[p] * width;
        for (let j = 0; j < width; j++) dE[row + j] += dy[p * width + j];
      }
      if (dx !== null) for (let p = 0; p < B * input; p++) dx[p] = 0;
    },
  };
}
