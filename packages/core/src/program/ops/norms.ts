import { count, defineOp, flag, inout, input, number, output } from '../op.ts';
import {
  batchNormBackwardInput,
  batchNormForward,
  batchNormScales,
  layerNormBackwardInput,
  layerNormBackwardWeights,
  layerNormForward,
  leafGradients,
  leafMean,
  leafSquares,
  leafSums,
  leafTotal,
  movingAverage,
  rmsNormBackwardInput,
  rmsNormBackwardWeights,
  rmsNormForward,
} from '../reference/index.ts';

/** Operations of layer-norm, rms-norm and batch-norm. */
export const normOps = {
  /** y = rows of x scaled to mean 0 and variance 1, times gamma, plus beta. */
  layerNormForward: defineOp(
    'layerNormForward',
    {
      ...{ y: output('B', 'size'), means: output('B'), scales: output('B'), x: input('B', 'size') },
      ...{ gamma: input('size'), beta: input('size'), B: count, size: count, epsilon: number },
    },
    layerNormForward,
  ),
  /** Gradients of gamma and beta of layer-norm. */
  layerNormBackwardWeights: defineOp(
    'layerNormBackwardWeights',
    {
      ...{ dGamma: inout('size'), dBeta: inout('size'), sums: inout('levels', 2, 'size'), dy: input('B', 'R', 'size') },
      ...{ x: input('B', 'R', 'size'), means: input('B', 'R'), scales: input('B', 'R') },
      ...{ B: count, leafRows: count, accumulate: flag, R: count, size: count },
    },
    layerNormBackwardWeights,
  ),
  /** dx of layer-norm. */
  layerNormBackwardInput: defineOp(
    'layerNormBackwardInput',
    {
      ...{ dx: output('B', 'size'), g: inout('size'), dy: input('B', 'size'), x: input('B', 'size') },
      ...{ means: input('B'), scales: input('B'), gamma: input('size'), B: count, size: count },
    },
    layerNormBackwardInput,
  ),
  /** sums[k] = the sum of the positions of leaf k. */
  leafSums: defineOp(
    'leafSums',
    {
      ...{ sums: output('leaves', 'size'), levels: inout('levels', 'size'), a: input('B', 'R', 'size') },
      ...{ B: count, leafRows: count, R: count, size: count },
    },
    leafSums,
  ),
  /** sums[k] = the sum of the positions of (x - mean)² of leaf k. */
  leafSquares: defineOp(
    'leafSquares',
    {
      ...{ sums: output('leaves', 'size'), levels: inout('levels', 'size'), x: input('B', 'R', 'size') },
      ...{ mean: input('size'), B: count, leafRows: count, R: count, size: count },
    },
    leafSquares,
  ),
  /** The sums of the positions of dy · x̂ and of dy of each leaf. */
  leafGradients: defineOp(
    'leafGradients',
    {
      ...{ dGammas: output('leaves', 'size'), dBetas: output('leaves', 'size'), levels: inout('levels', 2, 'size') },
      ...{ dy: input('B', 'R', 'size'), x: input('B', 'R', 'size'), mean: input('size'), scales: input('size') },
      ...{ B: count, leafRows: count, R: count, size: count },
    },
    leafGradients,
  ),
  /** mean = the tree's sum of the leaf sums / rows. */
  leafMean: defineOp(
    'leafMean',
    {
      ...{ mean: output('size'), levels: inout('levels', 'size'), sums: input('leaves', 'size') },
      ...{ leaves: count, size: count, rows: count },
    },
    leafMean,
  ),
  /** g = the tree's sum of the leaf sums. */
  leafTotal: defineOp(
    'leafTotal',
    {
      ...{ g: inout('size'), levels: inout('levels', 'size'), sums: input('leaves', 'size') },
      ...{ leaves: count, accumulate: flag, size: count },
    },
    leafTotal,
  ),
  /** scales = 1 / √(variance + ε). */
  batchNormScales: defineOp(
    'batchNormScales',
    { scales: output('size'), variance: input('size'), size: count, epsilon: number },
    batchNormScales,
  ),
  /** y = (x - mean) · scales · gamma + beta. */
  batchNormForward: defineOp(
    'batchNormForward',
    {
      ...{ y: output('B', 'size'), x: input('B', 'size'), mean: input('size'), scales: input('size') },
      ...{ gamma: input('size'), beta: input('size'), B: count, size: count },
    },
    batchNormForward,
  ),
  /** dx of batch-norm. */
  batchNormBackwardInput: defineOp(
    'batchNormBackwardInput',
    {
      ...{ dx: output('B', 'size'), dy: input('B', 'size'), x: input('B', 'size'), mean: input('size') },
      ...{ scales: input('size'), gamma: input('size'), meanDy: input('size'), meanDyXHat: input('size') },
      ...{ B: count, size: count },
    },
    batchNormBackwardInput,
  ),
  /** running = a moving average of value · factor. */
  movingAverage: defineOp(
    'movingAverage',
    { running: inout('n'), value: input('n'), n: count, momentum: number, factor: number },
    movingAverage,
  ),
  /** y = rows of x scaled to mean square 1, times gamma. */
  rmsNormForward: defineOp(
    'rmsNormForward',
    {
      ...{ y: output('B', 'size'), scales: output('B'), x: input('B', 'size'), gamma: input('size') },
      ...{ B: count, size: count, epsilon: number },
    },
    rmsNormForward,
  ),
  /** The gradient of gamma of rms-norm. */
  rmsNormBackwardWeights: defineOp(
    'rmsNormBackwardWeights',
    {
      ...{ dGamma: inout('size'), sums: inout('levels', 'size'), dy: input('B', 'R', 'size') },
      ...{ x: input('B', 'R', 'size'), scales: input('B', 'R') },
      ...{ B: count, leafRows: count, accumulate: flag, R: count, size: count },
    },
    rmsNormBackwardWeights,
  ),
  /** dx of rms-norm. */
  rmsNormBackwardInput: defineOp(
    'rmsNormBackwardInput',
    {
      ...{ dx: output('B', 'size'), dy: input('B', 'size'), x: input('B', 'size'), scales: input('B') },
      ...{ gamma: input('size'), B: count, size: count },
    },
    rmsNormBackwardInput,
  ),
};
