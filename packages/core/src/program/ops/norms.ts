import { count, defineOp, flag, inout, input, number, output } from '../op.ts';
import {
  batchNormBackwardInput,
  batchNormForward,
  layerNormBackwardInput,
  layerNormForward,
  leafMean,
  leafProducts,
  leafSums,
  movingAverage,
  normBackwardWeights,
  subtractRow,
} from '../reference/index.ts';

/** Operations of layer-norm and batch-norm. */
export const normOps = {
  /** y = rows of x scaled to mean 0 and variance 1, times gamma, plus beta. */
  layerNormForward: defineOp(
    'layerNormForward',
    {
      ...{ y: output('B', 'size'), xHat: output('B', 'size'), scales: output('B'), x: input('B', 'size') },
      ...{ gamma: input('size'), beta: input('size'), B: count, size: count, epsilon: number },
    },
    layerNormForward,
  ),
  /** Gradients of gamma and beta. */
  normBackwardWeights: defineOp(
    'normBackwardWeights',
    {
      ...{ dGamma: inout('size'), dBeta: inout('size'), sums: inout('levels', 2, 'size'), dy: input('B', 'R', 'size') },
      ...{ xHat: input('B', 'R', 'size'), B: count, leaf: count, joins: flag, R: count, size: count },
    },
    normBackwardWeights,
  ),
  /** dx of layer-norm. */
  layerNormBackwardInput: defineOp(
    'layerNormBackwardInput',
    {
      ...{ dx: output('B', 'size'), g: inout('size'), dy: input('B', 'size'), xHat: input('B', 'size') },
      ...{ scales: input('B'), gamma: input('size'), B: count, size: count },
    },
    layerNormBackwardInput,
  ),
  /** sums[k] = the sum of the positions of leaf k. */
  leafSums: defineOp(
    'leafSums',
    {
      ...{ sums: output('leaves', 'size'), levels: inout('levels', 'size'), a: input('B', 'R', 'size') },
      ...{ B: count, leaf: count, R: count, size: count },
    },
    leafSums,
  ),
  /** sums[k] = the sum of the positions of a · b of leaf k. */
  leafProducts: defineOp(
    'leafProducts',
    {
      ...{ sums: output('leaves', 'size'), levels: inout('levels', 'size') },
      ...{ a: input('B', 'R', 'size'), b: input('B', 'R', 'size'), B: count, leaf: count, R: count, size: count },
    },
    leafProducts,
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
  /** y[n] = x[n] - row. */
  subtractRow: defineOp(
    'subtractRow',
    { y: output('B', 'size'), x: input('B', 'size'), row: input('size'), B: count, size: count },
    subtractRow,
  ),
  /** y = centered rows / deviation · gamma + beta. */
  batchNormForward: defineOp(
    'batchNormForward',
    {
      ...{ y: output('B', 'size'), xHat: inout('B', 'size'), scales: output('size'), variance: input('size') },
      ...{ gamma: input('size'), beta: input('size'), B: count, size: count, epsilon: number },
    },
    batchNormForward,
  ),
  /** dx of batch-norm. */
  batchNormBackwardInput: defineOp(
    'batchNormBackwardInput',
    {
      ...{ dx: output('B', 'size'), dy: input('B', 'size'), xHat: input('B', 'size'), scales: input('size') },
      ...{ gamma: input('size'), meanDy: input('size'), meanDyXHat: input('size'), B: count, size: count },
    },
    batchNormBackwardInput,
  ),
  /** running = a moving average of value · factor. */
  movingAverage: defineOp(
    'movingAverage',
    { running: inout('n'), value: input('n'), n: count, momentum: number, factor: number },
    movingAverage,
  ),
};
