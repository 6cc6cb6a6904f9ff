import { defineOptions, type Named, type OptionsOf, positiveInteger, required } from '../../checks/options/index.ts';
import { initializer } from '../../families/initializers/index.ts';
import { FLOAT64 } from '../../math/element-type.ts';
import { treeLevels } from '../../math/tree/index.ts';
import { ops } from '../../program/ops/index.ts';
import { sizeOf } from '../shape.ts';
import { atEachPosition } from './at-each-position.ts';
import { initializedTensor } from './initialized-tensor.ts';
import type { Layer } from './layer.ts';
import { atLayer, type LayerContext } from './layer-context.ts';

export const embeddingOptions = defineOptions('embedding', {
  /** V, size of the vocabulary: inputs are integers from 0 to V - 1. */
  vocabulary: required(positiveInteger),
  /** Length of the vector for each index: a row of k indices becomes k · width numbers. */
  width: required(positiveInteger),
  /** Initializer of the table E [V, width]. @default { kind: 'normal', std: 1 }, as in PyTorch */
  init: initializer({ kind: 'normal', std: 1 }),
});

/** Options of an embedding. */
export interface EmbeddingOptions extends OptionsOf<typeof embeddingOptions.table>, Named {}

/**
 * y[B, k · width]: each of the k integers in a row of x selects a row of E [V, width]. Within a leaf, dE adds rows
 * ascending, and positions in a row ascending. Indices have no gradient: dx is 0.
 * @throws InputError in the forward pass if an index is not an integer in [0, V), before anything is read.
 */
export function embedding(options: EmbeddingOptions, { input, path, name, customParts }: LayerContext): Layer {
  const k = sizeOf(input);
  const { vocabulary: V, width, init } = embeddingOptions.read(options);
  const label = `embedding(${V}x${width})`;
  const where = atLayer(label, path, name);
  return {
    label,
    in: [input],
    out: [...input, width],
    elementwise: false,
    reads: { x: true, y: false },
    tensors: [initializedTensor('E', [V, width], init, [V, width], customParts)],
    ...atEachPosition([...input, width], (y, x, [E], N, { emit }) => {
      emit(ops.checkIndices, x, N, k, V, where);
      emit(ops.embeddingForward, y, x, E, N, width);
    }),
    // The first position of each index, the next position with the same index, sums of leaves, and their leaves.
    createMemory(rows, allocate, { allocateForBackward = allocate }) {
      const levels = treeLevels(rows);
      return {
        arrays: [allocateForBackward(levels * width)],
        doubles: [allocate(V, FLOAT64), allocate(rows * k, FLOAT64), allocate(levels, FLOAT64)],
      };
    },
    backward(
      [dx],
      dy,
      [x],
      _y,
      _parameters,
      gradients,
      B,
      { emit, leafRows, accumulate },
      { arrays: [sums], doubles = [] },
    ) {
      const [first, next, leafAt] = doubles;
      if (gradients !== null) {
        const [dE] = gradients;
        emit(ops.embeddingBackward, dE, first, next, sums, leafAt, x, dy, B, k, leafRows, accumulate, V, width);
      }
      if (dx !== null) emit(ops.fill, dx, 0, B * k);
    },
  };
}
