import { count, counts, defineOps, double, flag, geometry, inout, input, operation, output } from '../op.ts';
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
import { positionSums } from '../reference/sum-rows.ts';

/** Sizes of rows of R positions. */
const positionSizes = counts('B', 'R', 'C');
/** Lengths and sizes of sequences of up to T positions. */
const sequenceSizes = { lengths: double(input('B')), ...counts('B', 'T', 'C') };
/** Sizes of images of which each row is repeated FY times and each column FX times. */
const factors = counts('B', 'H', 'V', 'C', 'FY', 'FX');
const image = ['B', 'H', 'V', 'C'] as const;
const pooledShape = ['B', 'OH', 'OV', 'C'] as const;

/** Operations on the positions of images and sequences. */
export const poolOps = defineOps({
  /** y = the largest input of each window. */
  maxPoolForward: operation(maxPoolForward, { y: output(...pooledShape), x: input(...image), B: count, geometry }),
  /** dx of max-pool. */
  maxPoolBackward: operation(maxPoolBackward, {
    dx: output(...image),
    dy: input(...pooledShape),
    x: input(...image),
    y: input(...pooledShape),
    B: count,
    geometry,
  }),
  /** y = the mean of each window. */
  avgPoolForward: operation(avgPoolForward, { y: output(...pooledShape), x: input(...image), B: count, geometry }),
  /** dx of avg-pool. */
  avgPoolBackward: operation(avgPoolBackward, { dx: output(...image), dy: input(...pooledShape), B: count, geometry }),
  /** y = the mean of all positions. */
  globalAvgPoolForward: operation(globalAvgPoolForward, {
    y: output('B', 'C'),
    sums: inout('levels', 'C'),
    x: input('B', 'R', 'C'),
    ...positionSizes,
  }),
  /** dx of global-avg-pool. */
  globalAvgPoolBackward: operation(globalAvgPoolBackward, {
    dx: output('B', 'R', 'C'),
    dy: input('B', 'C'),
    ...positionSizes,
  }),
  /** y = the mean of the real positions of each sequence. */
  sequenceMeanForward: operation(sequenceMeanForward, {
    y: output('B', 'C'),
    sums: inout('levels', 'C'),
    x: input('B', 'T', 'C'),
    ...sequenceSizes,
  }),
  /** dx of the mean of a sequence. */
  sequenceMeanBackward: operation(sequenceMeanBackward, {
    dx: output('B', 'T', 'C'),
    dy: input('B', 'C'),
    ...sequenceSizes,
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
    ...counts('B', 'leafRows'),
    accumulate: flag,
    ...counts('R', 'O'),
  }),
  /** y = the last real position of each row. */
  lastPositionForward: operation(lastPositionForward, {
    y: output('B', 'C'),
    x: input('B', 'T', 'C'),
    ...sequenceSizes,
  }),
  /** dx of last-position. */
  lastPositionBackward: operation(lastPositionBackward, {
    dx: output('B', 'T', 'C'),
    dy: input('B', 'C'),
    ...sequenceSizes,
  }),
});
