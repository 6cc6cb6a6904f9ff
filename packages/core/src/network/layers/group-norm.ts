import { OptionError } from '../../checks/option-error.ts';
import {
  defineOptions,
  flag,
  type Named,
  type OptionsOf,
  positive,
  positiveInteger,
  required,
} from '../../checks/options/index.ts';
import type { Elements } from '../../math/element-type.ts';
import type { Emit } from '../../program/op.ts';
import { ops } from '../../program/ops/index.ts';
import { sumLevels } from '../../program/reference/sum-rows.ts';
import { channelsOf, positionsOf, sizeOf } from '../shape.ts';
import type { Layer } from './layer.ts';
import type { LayerContext } from './layer-context.ts';
import { partOf } from './memory.ts';

const epsilon = positive(1e-5);

export const groupNormOptions = defineOptions('group-norm', {
  /** Groups of neighbouring channels, all of one size. */
  groups: required(positiveInteger),
  /** ε > 0, inside the square root. @default 1e-5, as in PyTorch */
  epsilon,
  /** Whether to multiply by γ and add β, each [channels]. @default true */
  affine: flag(true),
});

export const instanceNormOptions = defineOptions('instance-norm', {
  /** ε > 0, inside the square root. @default 1e-5, as in PyTorch */
  epsilon,
  /** Whether to multiply by γ and add β, each [channels]. @default false, as in PyTorch */
  affine: flag(false),
});

/** Options of a group norm. */
export interface GroupNormOptions extends OptionsOf<typeof groupNormOptions.table>, Named {}
/** Options of an instance norm. */
export interface InstanceNormOptions extends OptionsOf<typeof instanceNormOptions.table>, Named {}

/**
 * y = γ · (x - μ) / √(σ² + ε) + β with the mean μ and biased variance σ² of a row over all positions and the channels
 * of a group. Padding of sequences counts. [Wu & He 2018](https://arxiv.org/abs/1803.08494)
 */
export function groupNorm(options: GroupNormOptions, { input }: LayerContext): Layer {
  const { groups, ...others } = groupNormOptions.read(options);
  const C = channelsOf(input);
  if (C % groups !== 0) {
    throw new OptionError('group-norm', 'groups', `has ${groups}, expected a number that divides ${C} channels`);
  }
  return norm('group-norm', groups, others, input);
}

/**
 * y = γ · (x - μ) / √(σ² + ε) + β with the mean μ and biased variance σ² of each channel of a row over all positions.
 * Padding of sequences counts. [Ulyanov et al. 2016](https://arxiv.org/abs/1607.08022)
 */
export const instanceNorm = (options: InstanceNormOptions, { input }: LayerContext): Layer =>
  norm('instance-norm', channelsOf(input), instanceNormOptions.read(options), input);

function norm(
  kind: string,
  groups: number,
  { epsilon, affine }: { readonly epsilon: number; readonly affine: boolean },
  input: LayerContext['input'],
): Layer {
  const [R, C] = [positionsOf(input), channelsOf(input)];
  const groupChannels = C / groups;
  const groupSize = R * groupChannels;
  const rowSize = sizeOf(input);

  /** Emits y = the sums of the groups of x, over `divisor`. Both have a number for each channel of a row, or group. */
  function emitGroupMeans(emit: Emit, y: Elements, x: Elements, B: number, divisor: number): void {
    if (groupChannels > 1) emit(ops.rowSums, y, x, B * groups, groupChannels);
    emit(ops.divide, y, groupChannels > 1 ? y : x, B * groups, divisor);
  }
  /** Emits y = the number of the group of each channel. */
  const emitSpread = (emit: Emit, y: Elements, x: Elements, B: number): void =>
    emit(ops.spreadRows, y, x, B * groups, groupChannels);

  return {
    label: `${kind}(${kind === 'group-norm' ? `${C}, ${groups}` : C})`,
    in: [input],
    out: input,
    elementwise: false,
    reads: { x: true, y: false },
    tensors: affine
      ? [
          { name: 'gamma', shape: [C], initialize: (out) => void out.fill(1) },
          { name: 'beta', shape: [C], initialize: (out) => void out.fill(0) },
        ]
      : [],
    createMemory: (rows, allocate, { allocateForBackward = allocate }) => ({
      arrays: [
        allocate(rows * C), // μ of the group of each channel
        allocate(rows * C), // 1 / √(σ² + ε) of it
        allocate(rows * C), // sums over positions, and numbers of groups
        allocate(rows * C),
        allocate(Math.max(sumLevels(1, R), 2) * C), // sums of pieces; or ones and zeros in place of γ and β
        allocateForBackward(rows * C),
        allocateForBackward(rows * C),
        allocateForBackward((2 * sumLevels(1, R) + sumLevels(rows, 1)) * C),
      ],
    }),
    forward(y, [x], parameters, B, { emit }, { arrays: [means, scales, sums, groupMeans, levels] }) {
      emit(ops.globalAvgPoolForward, sums, levels, x, B, R, C);
      emitGroupMeans(emit, groupMeans, sums, B, groupChannels);
      emitSpread(emit, means, groupMeans, B);
      for (let n = 0; n < B; n++) {
        const [sum, row, mean] = [partOf(sums, n * C, C), partOf(x, n * rowSize, rowSize), partOf(means, n * C, C)];
        emit(ops.leafSquares, sum, levels, row, mean, 1, 1, R, C);
      }
      emitGroupMeans(emit, groupMeans, sums, B, groupSize);
      emit(ops.batchNormScales, groupMeans, groupMeans, B * groups, epsilon);
      emitSpread(emit, scales, groupMeans, B);
      const [gamma, beta] = affine ? parameters : emitNeutral(emit, levels);
      for (let n = 0; n < B; n++) {
        const [to, from] = [y, x].map((array) => partOf(array, n * rowSize, rowSize));
        const [mean, scale] = [means, scales].map((array) => partOf(array, n * C, C));
        emit(ops.batchNormForward, to, from, mean, scale, gamma, beta, R, C);
      }
    },
    backward([dx], dy, [x], _y, parameters, gradients, B, { emit, leafRows, accumulate }, { arrays }) {
      const [means, scales, sums, groupMeans, levels, dGammas, dBetas, gradientLevels] = arrays;
      for (let n = 0; n < B; n++) {
        const [dGamma, dBeta, mean, scale] = [dGammas, dBetas, means, scales].map((a) => partOf(a, n * C, C));
        const [slopes, row] = [dy, x].map((array) => partOf(array, n * rowSize, rowSize));
        emit(ops.leafGradients, dGamma, dBeta, gradientLevels, slopes, row, mean, scale, 1, 1, R, C);
      }
      // Rows of several positions are added by the tree, whatever the leaves.
      const rowsPerLeaf = R === 1 ? leafRows : 1;
      for (const [k, gradient] of (gradients ?? []).entries()) {
        emit(ops.positionSums, gradient, gradientLevels, [dGammas, dBetas][k], B, rowsPerLeaf, accumulate, 1, C);
      }
      if (dx === null) return;
      const [gamma] = affine ? parameters : emitNeutral(emit, levels);
      for (const channelSums of [dGammas, dBetas]) {
        emit(ops.multiplyRow, sums, channelSums, gamma, B, C);
        emitGroupMeans(emit, groupMeans, sums, B, groupSize);
        emitSpread(emit, channelSums, groupMeans, B);
      }
      for (let n = 0; n < B; n++) {
        const [to, slopes, row] = [dx, dy, x].map((array) => partOf(array, n * rowSize, rowSize));
        const rowStatistics = [means, scales, dBetas, dGammas].map((array) => partOf(array, n * C, C));
        const [mean, scale, meanG, slope] = rowStatistics;
        emit(ops.groupNormBackwardInput, to, slopes, row, mean, scale, gamma, meanG, slope, R, C);
      }
    },
  };

  /** Emits γ = 1 and β = 0. */
  function emitNeutral(emit: Emit, array: Elements): readonly Elements[] {
    const [ones, zeros] = [partOf(array, 0, C), partOf(array, C, C)];
    emit(ops.fill, ones, 1, C);
    emit(ops.fill, zeros, 0, C);
    return [ones, zeros];
  }
}
