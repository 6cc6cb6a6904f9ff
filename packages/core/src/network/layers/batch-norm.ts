import {
  defineOptions,
  fraction,
  type Named,
  type OptionsOf,
  positive,
  positiveInteger,
} from '../../checks/options/index.ts';
import { leafCount, treeLevels } from '../../math/tree/index.ts';
import { barrier } from '../../program/op.ts';
import { ops } from '../../program/ops/index.ts';
import { sumLevels } from '../../program/reference/sum-rows.ts';
import { channelsOf, positionsOf } from '../shape.ts';
import type { Layer } from './layer.ts';
import type { LayerContext } from './layer-context.ts';
import { partOf } from './memory.ts';

export const batchNormOptions = defineOptions('batch-norm', {
  /** C: length of the last axis. @default that of the layer before */
  size: positiveInteger(),
  /** ε > 0, inside the square root. @default 1e-5, as in PyTorch */
  epsilon: positive(1e-5),
  /** Share of a batch in the running mean and variance, in [0, 1), as in PyTorch; Keras takes 1 - this. @default 0.1 */
  momentum: fraction(0.1),
});

/** Options of a batch norm. */
export interface BatchNormOptions extends OptionsOf<typeof batchNormOptions.table>, Named {}

/**
 * y = γ · (x - μ) / √(σ² + ε) + β with γ, β [size] and the mean μ and biased variance σ² of each column of the last
 * axis, over the rows of the whole batch and their positions, whichever threads have its rows: each thread sums its
 * leaves, and after a barrier the tree adds them. At evaluation μ and σ² are running averages over batches, which each
 * step updates before the weights. They use the unbiased variance, as in PyTorch, or the biased one where the batch has
 * one position. If it is frozen, they are constants in training, too.
 * [Ioffe & Szegedy 2015, alg. 1](https://arxiv.org/abs/1502.03167)
 */
export function batchNorm(options: BatchNormOptions, { input, isFrozen = false }: LayerContext): Layer {
  const { size: chosenSize, epsilon, momentum } = batchNormOptions.read(options);
  const size = chosenSize ?? channelsOf(input);
  const shape = [...input.slice(0, -1), size];
  const R = positionsOf(shape);
  return {
    label: `batch-norm(${size})`,
    in: [shape],
    out: shape,
    elementwise: isFrozen,
    reads: { x: !isFrozen, y: false },
    tensors: [
      { name: 'gamma', shape: [size], initialize: (out) => void out.fill(1) },
      { name: 'beta', shape: [size], initialize: (out) => void out.fill(0) },
      { name: 'runningMean', shape: [size], isTrained: false, initialize: (out) => void out.fill(0) },
      { name: 'runningVariance', shape: [size], isTrained: false, initialize: (out) => void out.fill(1) },
    ],
    couplesRows: !isFrozen,
    createMemory(rows, allocate, { leaves, allocatePerLeaf, allocatePerThread = allocate }) {
      if (isFrozen) {
        const zeros = allocate(size);
        return { arrays: [zeros, zeros, allocate(size)] };
      }
      return {
        arrays: [
          // μ, σ², 1 / √(σ² + ε), and the means of dy and dy · x̂.
          ...Array.from({ length: 5 }, () => allocatePerThread(size)),
          allocate(sumLevels(rows, R) * 2 * size), // scratch of sums
          allocatePerThread(treeLevels(leaves) * size), // a tree over all leaves
        ],
        // Sums over each leaf of a batch: x, its squares about μ, dy · x̂, and dy.
        shared: [size, size, size, size].map(allocatePerLeaf),
      };
    },
    forward(y, [x], [gamma, beta, runningMean, runningVariance], B, pass, { arrays, shared = [] }) {
      const [mean, variance, scales, , , scratch, levels] = arrays;
      const { emit, training, leafRows, batch } = pass;
      if (!training || isFrozen) {
        emit(ops.batchNormScales, scales, runningVariance, size, epsilon);
        emit(ops.batchNormForward, y, x, runningMean, scales, gamma, beta, B * R, size);
        return;
      }
      const { rows, leaves, firstLeaf, isLaterPass = false } = batch;
      const passLeaves = leafCount(B, leafRows);
      const [sums, squares] = shared;
      emit(ops.leafSums, partOf(sums, firstLeaf * size, passLeaves * size), scratch, x, B, leafRows, R, size);
      emit(barrier);
      if (!isLaterPass) emit(ops.leafMean, mean, levels, sums, leaves, size, rows * R);
      emit(
        ops.leafSquares,
        partOf(squares, firstLeaf * size, passLeaves * size),
        scratch,
        x,
        mean,
        B,
        leafRows,
        R,
        size,
      );
      emit(barrier);
      if (!isLaterPass) {
        emit(ops.leafMean, variance, levels, squares, leaves, size, rows * R);
        emit(ops.batchNormScales, scales, variance, size, epsilon);
      }
      emit(ops.batchNormForward, y, x, mean, scales, gamma, beta, B * R, size);
      // Once a step, by the pass with the first leaf; in training nothing else reads or writes the running averages.
      if (firstLeaf > 0) return;
      emit(ops.movingAverage, runningMean, mean, size, momentum, 1);
      emit(ops.movingAverage, runningVariance, variance, size, momentum, (rows * R) / Math.max(1, rows * R - 1));
    },
    ...(shape.length < 2
      ? {}
      : {
          forwardNext(y, [x], [gamma, beta, runningMean, runningVariance], { emit, n }, { arrays: [, , scales] }) {
            emit(ops.batchNormScales, scales, runningVariance, size, epsilon);
            emit(ops.batchNormForward, y, x, runningMean, scales, gamma, beta, (n * R) / shape[0], size);
          },
        }),
    backward([dx], dy, [x], _y, [gamma, , runningMean], gradients, B, pass, { arrays, shared = [] }) {
      const [batchMean, , scales, meanDy, meanDyXHat, scratch, levels] = arrays;
      const { emit, training, leafRows, accumulate, batch } = pass;
      if (isFrozen) {
        if (dx === null) return;
        const zeros = batchMean;
        emit(ops.fill, zeros, 0, size);
        // dx = γ · scales · dy: any x will do.
        emit(ops.batchNormBackwardInput, dx, dy, dy, zeros, scales, gamma, zeros, zeros, B * R, size);
        return;
      }
      const { rows, leaves, firstLeaf, isLaterPass = false } = batch;
      const [, , dGammas, dBetas] = shared;
      const mean = training ? batchMean : runningMean;
      if (gradients !== null) {
        const passLeaves = leafCount(B, leafRows);
        const [dGamma, dBeta, ...untrained] = gradients;
        const sums = [dGammas, dBetas].map((leafGradients) =>
          partOf(leafGradients, firstLeaf * size, passLeaves * size),
        );
        emit(ops.leafGradients, sums[0], sums[1], scratch, dy, x, mean, scales, B, leafRows, R, size);
        emit(ops.leafTotal, dGamma, levels, sums[0], passLeaves, accumulate, size);
        emit(ops.leafTotal, dBeta, levels, sums[1], passLeaves, accumulate, size);
        if (!accumulate) for (const gradient of untrained) emit(ops.fill, gradient, 0, size);
      }
      if (dx === null) return;
      if (training) {
        emit(barrier);
        if (!isLaterPass) {
          emit(ops.leafMean, meanDy, levels, dBetas, leaves, size, rows * R);
          emit(ops.leafMean, meanDyXHat, levels, dGammas, leaves, size, rows * R);
        }
      } else {
        // The running averages do not depend on x.
        emit(ops.fill, meanDy, 0, size);
        emit(ops.fill, meanDyXHat, 0, size);
      }
      emit(ops.batchNormBackwardInput, dx, dy, x, mean, scales, gamma, meanDy, meanDyXHat, B * R, size);
    },
  };
}
