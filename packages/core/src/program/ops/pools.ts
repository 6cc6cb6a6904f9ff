import { count, defineOp, double, flag, geometry, inout, input, output } from '../op.ts';
import {
  avgPoolBackward,
  avgPoolForward,
  globalAvgPoolBackward,
  globalAvgPoolForward,
  lastPositionBackward,
  lastPositionForward,
  maxPoolBackward,
  maxPoolForward,
  positionSums,
  sequenceMeanBackward,
  sequenceMeanForward,
  upsampleBackward,
  upsampleForward,
} from '../reference/index.ts';

const factors = { B: count, H: count, V: count, C: count, FY: count, FX: count };
const image = ['B', 'H', 'V', 'C'] as const;
const pooled = ['B', 'OH', 'OV', 'C'] as const;

/** Operations on the positions of images and sequences. */
export const poolOps = {
  /** y = the largest input of each window. */
  maxPoolForward: defineOp(
    'maxPoolForward',
    { y: output(...pooled), x: input(...image), B: count, geometry },
    maxPoolForward,
  ),
  /** dx of max-pool. */
  maxPoolBackward: defineOp(
    'maxPoolBackward',
    { dx: output(...image), dy: input(...pooled), x: input(...image), y: input(...pooled), B: count, geometry },
    maxPoolBackward,
  ),
  /** y = the mean of each window. */
  avgPoolForward: defineOp(
    'avgPoolForward',
    { y: output(...pooled), x: input(...image), B: count, geometry },
    avgPoolForward,
  ),
  /** dx of avg-pool. */
  avgPoolBackward: defineOp(
    'avgPoolBackward',
    { dx: output(...image), dy: input(...pooled), B: count, geometry },
    avgPoolBackward,
  ),
  /** y = the mean of all positions. */
  globalAvgPoolForward: defineOp(
    'globalAvgPoolForward',
    {
      ...{ y: output('B', 'C'), sums: inout('levels', 'C'), x: input('B', 'R', 'C') },
      ...{ B: count, R: count, C: count },
    },
    globalAvgPoolForward,
  ),
  /** dx of global-avg-pool. */
  globalAvgPoolBackward: defineOp(
    'globalAvgPoolBackward',
    { dx: output('B', 'R', 'C'), dy: input('B', 'C'), B: count, R: count, C: count },
    globalAvgPoolBackward,
  ),
  /** y = the mean of the real positions of each sequence. */
  sequenceMeanForward: defineOp(
    'sequenceMeanForward',
    {
      ...{ y: output('B', 'C'), sums: inout('levels', 'C'), x: input('B', 'T', 'C'), lengths: double(input('B')) },
      ...{ B: count, T: count, C: count },
    },
    sequenceMeanForward,
  ),
  /** dx of the mean of a sequence. */
  sequenceMeanBackward: defineOp(
    'sequenceMeanBackward',
    {
      ...{ dx: output('B', 'T', 'C'), dy: input('B', 'C'), lengths: double(input('B')) },
      ...{ B: count, T: count, C: count },
    },
    sequenceMeanBackward,
  ),
  /** y repeats the positions of x. */
  upsampleForward: defineOp(
    'upsampleForward',
    { y: output('B', 'H', 'FY', 'V', 'FX', 'C'), x: input(...image), ...factors },
    upsampleForward,
  ),
  /** dx of upsample. */
  upsampleBackward: defineOp(
    'upsampleBackward',
    { dx: output(...image), dy: input('B', 'H', 'FY', 'V', 'FX', 'C'), ...factors },
    upsampleBackward,
  ),
  /** db of a layer that adds b at every position, by the trees over pieces of a row and over rows. */
  positionSums: defineOp(
    'positionSums',
    {
      ...{ db: inout('O'), sums: inout('levels', 'O'), dy: input('B', 'R', 'O') },
      ...{ B: count, leafRows: count, accumulate: flag, R: count, O: count },
    },
    positionSums,
  ),
  /** y = the last real position of each row. */
  lastPositionForward: defineOp(
    'lastPositionForward',
    {
      ...{ y: output('B', 'C'), x: input('B', 'T', 'C'), lengths: double(input('B')) },
      ...{ B: count, T: count, C: count },
    },
    lastPositionForward,
  ),
  /** dx of last-position. */
  lastPositionBackward: defineOp(
    'lastPositionBackward',
    {
      ...{ dx: output('B', 'T', 'C'), dy: input('B', 'C'), lengths: double(input('B')) },
      ...{ B: count, T: count, C: count },
    },
    lastPositionBackward,
  ),
};
