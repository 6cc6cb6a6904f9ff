import { defineOptions, type Named, type OptionsOf, positive, positiveInteger } from '../../checks/options/index.ts';
import { treeLevels } from '../../math/tree/index.ts';
import { ops } from '../../program/ops/index.ts';
import { sizeOf } from '../shape.ts';
import type { Layer } from './layer.ts';
import type { Place } from './place.ts';

export const layerNormOptions = defineOptions('layer-norm', {
  /** Inputs and outputs per row. @default the outputs of the layer before */
  size: positiveInteger(),
  /** ε > 0, inside the square root. @default 1e-5, as in PyTorch */
  epsilon: positive(1e-5),
});

/** Options of a layer norm. */
export interface LayerNormOptions extends OptionsOf<typeof layerNormOptions.table>, Named {}

/**
 * y = γ · (x - μ) / √(σ² + ε) + β with γ, β [size] and the mean μ and biased variance σ² of each row. Sums over a row
 * run in four lanes j mod 4, joined (l₀ + l₁) + (l₂ + l₃). [Ba et al. 2016](https://arxiv.org/abs/1607.06450)
 */
export function layerNorm(options: LayerNormOptions, { input }: Place): Layer {
  const { size: width, epsilon } = layerNormOptions.read(options);
  const shape = width === undefined ? input : [width];
  const size = sizeOf(shape);
  return {
    label: `layer-norm(${size})`,
    in: shape,
    out: shape,
    elementwise: false,
    reads: { x: false, y: false },
    tensors: [
      { name: 'gamma', shape: [size], initialize: (out) => void out.fill(1) },
      { name: 'beta', shape: [size], initialize: (out) => void out.fill(0) },
    ],
    // (x - μ) / √(σ² + ε) of all rows, 1 / √(σ² + ε) of each row, one row of scratch, and sums of dγ and dβ over
    // leaves.
    createMemory: (rows, allocate) => ({
      arrays: [allocate(rows * size), allocate(rows), allocate(size), allocate(treeLevels(rows) * 2 * size)],
    }),
    forward(y, x, [gamma, beta], B, { emit }, { arrays: [xHat, scales] }) {
      emit(ops.layerNormForward, y, xHat, scales, x, gamma, beta, B, size, epsilon);
    },
    backward(dx, dy, _x, _y, [gamma], [dGamma, dBeta], B, { emit, leaf, joins }, { arrays: [xHat, scales, g, sums] }) {
      emit(ops.normBackwardWeights, dGamma, dBeta, sums, dy, xHat, B, leaf, joins, size);
      if (dx !== null) emit(ops.layerNormBackwardInput, dx, g, dy, xHat, scales, gamma, B, size);
    },
  };
}
