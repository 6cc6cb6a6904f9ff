import {
  defineOptions,
  flag,
  type Named,
  type OptionsOf,
  positive,
  positiveInteger,
} from '../../checks/options/index.ts';
import type { Elements } from '../../math/element-type.ts';
import { ops } from '../../program/ops/index.ts';
import { sumLevels } from '../../program/reference/sum-rows.ts';
import { channelsOf, positionsOf } from '../shape.ts';
import { atEachPosition } from './at-each-position.ts';
import type { Layer } from './layer.ts';
import type { LayerContext } from './layer-context.ts';

export const layerNormOptions = defineOptions('layer-norm', {
  /** Length of the last axis. @default that of the layer before */
  size: positiveInteger(),
  /** ε > 0, inside the square root. @default 1e-5, as in PyTorch */
  epsilon: positive(1e-5),
  /** Whether to add β [size]. @default true */
  bias: flag(true),
});

/** Options of a layer norm. */
export interface LayerNormOptions extends OptionsOf<typeof layerNormOptions.table>, Named {}

/**
 * y = γ · (x - μ) / √(σ² + ε) + β with γ, β [size] and the mean μ and biased variance σ² over the last axis of each
 * position of a row. Its sums run in four lanes j mod 4, joined (l₀ + l₁) + (l₂ + l₃). [Ba et al.
 * 2016](https://arxiv.org/abs/1607.06450)
 */
export function layerNorm(options: LayerNormOptions, { input }: LayerContext): Layer {
  const { size: chosenSize, epsilon, bias } = layerNormOptions.read(options);
  const size = chosenSize ?? channelsOf(input);
  const shape = [...input.slice(0, -1), size];
  const R = positionsOf(shape);
  return {
    label: `layer-norm(${size})`,
    in: [shape],
    out: shape,
    elementwise: false,
    reads: { x: true, y: false },
    tensors: [
      { name: 'gamma', shape: [size], initialize: (out) => void out.fill(1) },
      ...(bias ? [{ name: 'beta', shape: [size], initialize: (out: Elements) => void out.fill(0) }] : []),
    ],
    createMemory: (rows, allocate, { allocateForBackward = allocate }) => ({
      arrays: [
        allocate(rows * R), // μ of each position
        allocate(rows * R), // 1 / √(σ² + ε) of each position
        allocateForBackward(size), // scratch
        allocateForBackward(sumLevels(rows, R) * 2 * size), // sums of dγ and dβ
        ...(bias ? [] : [allocate(size), allocate(size)]), // zeros in place of β, and an unused gradient of it
      ],
    }),
    ...atEachPosition(shape, (y, x, [gamma, beta], N, { emit }, { arrays: [means, scales, , , zeros] }) => {
      if (!bias) emit(ops.fill, zeros, 0, size);
      emit(ops.layerNormForward, y, means, scales, x, gamma, bias ? beta : zeros, N, size, epsilon);
    }),
    backward([dx], dy, [x], _y, [gamma], gradients, B, { emit, leafRows, accumulate }, { arrays }) {
      const [means, scales, g, sums, , unused] = arrays;
      if (gradients !== null) {
        const [dGamma, db = unused] = gradients;
        emit(ops.layerNormBackwardWeights, dGamma, db, sums, dy, x, means, scales, B, leafRows, accumulate, R, size);
      }
      if (dx !== null) emit(ops.layerNormBackwardInput, dx, g, dy, x, means, scales, gamma, B * R, size);
    },
  };
}
