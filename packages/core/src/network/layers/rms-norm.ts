import { defineOptions, type Named, type OptionsOf, positive, positiveInteger } from '../../checks/options/index.ts';
import { ops } from '../../program/ops/index.ts';
import { sumLevels } from '../../program/reference/sum-rows.ts';
import { channelsOf, positionsOf } from '../shape.ts';
import { atEachPosition } from './at-each-position.ts';
import type { Layer } from './layer.ts';
import type { LayerContext } from './layer-context.ts';

export const rmsNormOptions = defineOptions('rms-norm', {
  /** Length of the last axis. @default that of the layer before */
  size: positiveInteger(),
  /**
   * ε > 0, inside the square root. @default 1.1920928955078125e-7, the machine epsilon of float32, as in PyTorch for
   * float32; 1e-5 or 1e-6 in Llama
   */
  epsilon: positive(1.1920928955078125e-7),
});

/** Options of an RMS norm. */
export interface RmsNormOptions extends OptionsOf<typeof rmsNormOptions.table>, Named {}

/**
 * y = γ · x / √(m + ε) with γ [size] and m the mean of x² over the last axis of each position of a row. Its sums run in
 * four lanes j mod 4, joined (l₀ + l₁) + (l₂ + l₃). [Zhang & Sennrich 2019](https://arxiv.org/abs/1910.07467)
 */
export function rmsNorm(options: RmsNormOptions, { input }: LayerContext): Layer {
  const { size: chosenSize, epsilon } = rmsNormOptions.read(options);
  const size = chosenSize ?? channelsOf(input);
  const shape = [...input.slice(0, -1), size];
  const R = positionsOf(shape);
  return {
    label: `rms-norm(${size})`,
    in: [shape],
    out: shape,
    elementwise: false,
    reads: { x: true, y: false },
    tensors: [{ name: 'gamma', shape: [size], initialize: (out) => void out.fill(1) }],
    // 1 / √(m + ε) of each position, and sums of dγ.
    createMemory: (rows, allocate, { allocateForBackward = allocate }) => ({
      arrays: [allocate(rows * R), allocateForBackward(sumLevels(rows, R) * size)],
    }),
    ...atEachPosition(shape, (y, x, [gamma], N, { emit }, { arrays: [scales] }) => {
      emit(ops.rmsNormForward, y, scales, x, gamma, N, size, epsilon);
    }),
    backward([dx], dy, [x], _y, [gamma], gradients, B, { emit, leafRows, accumulate }, { arrays: [scales, sums] }) {
      if (gradients !== null) {
        emit(ops.rmsNormBackwardWeights, gradients[0], sums, dy, x, scales, B, leafRows, accumulate, R, size);
      }
      if (dx !== null) emit(ops.rmsNormBackwardInput, dx, dy, x, scales, gamma, B * R, size);
    },
  };
}
