import { defineOptions, type Named, type OptionsOf } from '../../checks/options/index.ts';
import { initializer } from '../../families/initializers/index.ts';
import { ops } from '../../program/ops/index.ts';
import { sumLevels } from '../../program/reference/sum-rows.ts';
import { sizeOf } from '../shape.ts';
import { initializedTensor } from './initialized-tensor.ts';
import type { Layer } from './layer.ts';
import type { LayerContext } from './layer-context.ts';
import { axesOf } from './windows.ts';

export const positionEmbeddingOptions = defineOptions('position-embedding', {
  /** Initializer of the table P [T, C]. @default { kind: 'normal', std: 0.02 }, as in GPT-2 */
  init: initializer({ kind: 'normal', std: 0.02 }),
});

/** Options of a position embedding. */
export interface PositionEmbeddingOptions extends OptionsOf<typeof positionEmbeddingOptions.table>, Named {}

/**
 * y = x + P on sequences [T, C]: each place has a trained vector of its own. dP adds the rows of a leaf ascending.
 * [Gehring et al. 2017, §3.1](https://arxiv.org/abs/1705.03122)
 */
export function positionEmbedding(options: PositionEmbeddingOptions, { input, customParts }: LayerContext): Layer {
  const { init } = positionEmbeddingOptions.read(options);
  axesOf('position-embedding', input, [1]);
  const [T, C] = input;
  const size = sizeOf(input);
  return {
    label: `position-embedding(${T}x${C})`,
    in: [input],
    out: input,
    elementwise: true,
    reads: { x: false, y: false },
    tensors: [initializedTensor('P', [T, C], init, [T, C], customParts)],
    // Partial sums of leaves; in `forwardNext` the rows of P at the further positions.
    createMemory: (rows, allocate) => ({ arrays: [allocate(sumLevels(rows, 1) * size)] }),
    forward(y, [x], [P], B, { emit }) {
      if (y !== x) emit(ops.copy, y, x, B * size);
      emit(ops.addRow, y, P, B, size);
    },
    forwardNext(y, [x], [P], { emit, n, positions }, { arrays: [rows] }) {
      if (y !== x) emit(ops.copy, y, x, n * C);
      emit(ops.embeddingForward, rows, positions, P, n, C);
      emit(ops.add, y, rows, n * C);
    },
    backward([dx], dy, _xs, _y, _parameters, gradients, B, { emit, leafRows, accumulate }, { arrays: [sums] }) {
      if (gradients !== null) emit(ops.positionSums, gradients[0], sums, dy, B, leafRows, accumulate, 1, size);
      if (dx !== null && dx !== dy) emit(ops.copy, dx, dy, B * size);
    },
  };
}
