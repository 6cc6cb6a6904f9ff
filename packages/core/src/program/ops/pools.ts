import { count, defineOps, double, flag, geometry, inout, input, operation, output } from '../op.ts';
import { lastPositionBackward, lastPositionForward } from '../reference/last-position.ts';
import {
  avgPoolBackward,
  avgPoolForward,
  globalAvgPoolBackward,
  globalAvgPoolForward,
  maxPoolBackward,
  maxPoolForward,
  sequenceMeanBackward,
  sequenceMeanForward,
  upsampleBackward,
  upsampleForward,
} from '../reference/pooling.ts';
import { positionSums } from '../reference/positions.ts';

const factors = { B: count, H: count, V: count, C: count, FY: count, FX: count };
const image = ['B', 'H', 'V', 'C'] as const;
const pooled = ['B', 'OH', 'OV', 'C'] as const;

/** Operations on the positions of images and sequences. */
export const poolOps = defineOps({
  /** y = the largest input of each window. */
  maxPoolForward: operation(maxPoolForward, { y: output(...pooled), x: input(...image), B: count, geometry }),
  /** dx of max-pool. */
  maxPoolBackward: operation(maxPoolBackward, {
    dx: output(...image),
    dy: input(...pooled),
    x: input(...image),
    y: input(...pooled),
    B: count,
    geometry,
  }),
  /** y = the mean of each window. */
  avgPoolForward: operation(avgPoolForward, { y: output(...pooled), x: input(...image), B: count, geometry }),
  /** dx of avg-pool. */
  avgPoolBackward: operation(avgPoolBackward, { dx: output(...image), dy: input(...pooled), B: count, geometry }),
  /** y = the mean of all positions. */
  globalAvgPoolForward: operation(globalAvgPoolForward, {
    y: output('B', 'C'),
    sums: inout('levels', 'C'),
    x: input('B', 'R', 'C'),
    B: count,
    R: count,
    C: count,
  }),
  /** dx of global-avg-pool. */
  globalAvgPoolBackward: operation(globalAvgPoolBackward, {
    dx: output('B', 'R', 'C'),
    dy: input('B', 'C'),
    B: count,
    R: count,
    C: count,
  }),
  /** y = the mean of the real positions of each sequence. */
  sequenceMeanForward: operation(sequenceMeanForward, {
    y: output('B', 'C'),
    sums: inout('levels', 'C'),
    x: input('B', 'T', 'C'),
    lengths: double(input('B')),
    B: count,
    T: count,
    C: count,
  }),
  /** dx of the mean of a sequence. */
  sequenceMeanBackward: operation(sequenceMeanBackward, {
    dx: output('B', 'T', 'C'),
    dy: input('B', 'C'),
    lengths: double(input('B')),
    B: count,
    T: count,
    C: count,
  }),
  /** y repeats the positions of x. */
  upsampleForward: operation(upsampleForward, {
    y: output('B', 'H', 'FY', 'V', 'FX', 'C'),
    x: input(...image),
    ...factors,
  }),
  /** dx of upsample. */
  upsampleBackward: operation(upsampleBackward, {
    dx: output(...image),
    dy: input('B', 'H', 'FY', 'V', 'FX', 'C'),
    ...factors,
  }),
  /** db of a layer that adds b at every position, by the trees over pieces of a row and over rows. */
  positionSums: operation(positionSums, {
    db: inout('O'),
    sums: inout('levels', 'O'),
    dy: input('B', 'R', 'O'),
    B: count,
    leafRows: count,
    accumulate: flag,
    R: count,
    O: count,
  }),
  /** y = the last real position of each row. */
  lastPositionForward: operation(lastPositionForward, {
    y: output('B', 'C'),
    x: input('B', 'T', 'C'),
    lengths: double(input('B')),
    B: count,
    T: count,
    C: count,
  }),
  /** dx of last-position. */
  lastPositionBackward: operation(lastPositionBackward, {
    dx: output('B', 'T', 'C'),
    dy: input('B', 'C'),
    lengths: double(input('B')),
    B: count,
    T: count,
    C: count,
  }),
});
