import { count, counts, defineOps, flag, inout, input, number, operation, output } from '../op.ts';
import {
  batchNormBackwardInput,
  batchNormForward,
  batchNormScales,
  groupNormBackwardInput,
  leafGradients,
  leafMean,
  leafSquares,
  leafSums,
  leafTotal,
  movingAverage,
} from '../reference/batch-norm.ts';
import { layerNormBackwardInput, layerNormBackwardWeights, layerNormForward } from '../reference/layer-norm.ts';
import { rmsNormBackwardInput, rmsNormBackwardWeights, rmsNormForward } from '../reference/rms-norm.ts';

/** Sizes of sums over the positions of leaves. */
const leafSizes = counts('B', 'leafRows', 'R', 'size');
/** Sizes of the gradient of weights. */
const weightSizes = { ...counts('B', 'leafRows'), accumulate: flag, ...counts('R', 'size') };

/** Operations of layer-norm, rms-norm, batch-norm and group-norm. */
export const normOps = defineOps({
  /** y = rows of x scaled to mean 0 and variance 1, times gamma, plus beta. */
  layerNormForward: operation(layerNormForward, {
    y: output('B', 'size'),
    means: output('B'),
    scales: output('B'),
    x: input('B', 'size'),
    gamma: input('size'),
    beta: input('size'),
    ...counts('B', 'size'),
    epsilon: number,
  }),
  /** Gradients of gamma and beta of layer-norm. */
  layerNormBackwardWeights: operation(layerNormBackwardWeights, {
    dGamma: inout('size'),
    dBeta: inout('size'),
    sums: inout('levels', 2, 'size'),
    dy: input('B', 'R', 'size'),
    x: input('B', 'R', 'size'),
    means: input('B', 'R'),
    scales: input('B', 'R'),
    ...weightSizes,
  }),
  /** dx of layer-norm. */
  layerNormBackwardInput: operation(layerNormBackwardInput, {
    dx: output('B', 'size'),
    g: inout('size'),
    dy: input('B', 'size'),
    x: input('B', 'size'),
    means: input('B'),
    scales: input('B'),
    gamma: input('size'),
    ...counts('B', 'size'),
  }),
  /** sums[k] = the sum of `a` over the positions of leaf k. */
  leafSums: operation(leafSums, {
    sums: output('leaves', 'size'),
    levels: inout('levels', 'size'),
    a: input('B', 'R', 'size'),
    ...leafSizes,
  }),
  /** sums[k] = the sum of (x - mean)² over the positions of leaf k. */
  leafSquares: operation(leafSquares, {
    sums: output('leaves', 'size'),
    levels: inout('levels', 'size'),
    x: input('B', 'R', 'size'),
    mean: input('size'),
    ...leafSizes,
  }),
  /** The sums of dy · x̂ and of dy over the positions of each leaf. */
  leafGradients: operation(leafGradients, {
    dGammas: output('leaves', 'size'),
    dBetas: output('leaves', 'size'),
    levels: inout('levels', 2, 'size'),
    dy: input('B', 'R', 'size'),
    x: input('B', 'R', 'size'),
    mean: input('size'),
    scales: input('size'),
    ...leafSizes,
  }),
  /** mean = the tree's sum of the leaf sums / rows. */
  leafMean: operation(leafMean, {
    mean: output('size'),
    levels: inout('levels', 'size'),
    sums: input('leaves', 'size'),
    ...counts('leaves', 'size', 'rows'),
  }),
  /** g = the tree's sum of the leaf sums. */
  leafTotal: operation(leafTotal, {
    g: inout('size'),
    levels: inout('levels', 'size'),
    sums: input('leaves', 'size'),
    leaves: count,
    accumulate: flag,
    size: count,
  }),
  /** scales = 1 / √(variance + ε). */
  batchNormScales: operation(batchNormScales, {
    scales: output('size'),
    variance: input('size'),
    size: count,
    epsilon: number,
  }),
  /** y = (x - mean) · scales · gamma + beta. */
  batchNormForward: operation(batchNormForward, {
    y: output('B', 'size'),
    x: input('B', 'size'),
    mean: input('size'),
    scales: input('size'),
    gamma: input('size'),
    beta: input('size'),
    ...counts('B', 'size'),
  }),
  /** dx of batch-norm. */
  batchNormBackwardInput: operation(batchNormBackwardInput, {
    dx: output('B', 'size'),
    dy: input('B', 'size'),
    x: input('B', 'size'),
    mean: input('size'),
    scales: input('size'),
    gamma: input('size'),
    meanDy: input('size'),
    meanDyXHat: input('size'),
    ...counts('B', 'size'),
  }),
  /** dx of group-norm. */
  groupNormBackwardInput: operation(groupNormBackwardInput, {
    dx: output('R', 'C'),
    dy: input('R', 'C'),
    x: input('R', 'C'),
    mean: input('C'),
    scales: input('C'),
    gamma: input('C'),
    meanG: input('C'),
    slope: input('C'),
    ...counts('R', 'C'),
  }),
  /** running = a moving average of value · factor. */
  movingAverage: operation(movingAverage, {
    running: inout('n'),
    value: input('n'),
    n: count,
    momentum: number,
    factor: number,
  }),
  /** y = rows of x scaled to mean square 1, times gamma. */
  rmsNormForward: operation(rmsNormForward, {
    y: output('B', 'size'),
    scales: output('B'),
    x: input('B', 'size'),
    gamma: input('size'),
    ...counts('B', 'size'),
    epsilon: number,
  }),
  /** The gradient of gamma of rms-norm. */
  rmsNormBackwardWeights: operation(rmsNormBackwardWeights, {
    dGamma: inout('size'),
    sums: inout('levels', 'size'),
    dy: input('B', 'R', 'size'),
    x: input('B', 'R', 'size'),
    scales: input('B', 'R'),
    ...weightSizes,
  }),
  /** dx of rms-norm. */
  rmsNormBackwardInput: operation(rmsNormBackwardInput, {
    dx: output('B', 'size'),
    dy: input('B', 'size'),
    x: input('B', 'size'),
    scales: input('B'),
    gamma: input('size'),
    ...counts('B', 'size'),
  }),
});
