import { count, defineOp, flag, geometry, inout, input, output } from '../op.ts';
import { convBackwardInput, convBackwardWeights, convForward } from '../reference/index.ts';

/** The products of a convolution. */
export const convolutionOps = {
  /** y = x * W + b. */
  convForward: defineOp(
    'convForward',
    {
      y: output('B', 'OH', 'OV', 'O'),
      x: input('B', 'H', 'V', 'C'),
      W: input('weights'),
      b: input('O'),
      B: count,
      geometry,
    },
    convForward,
  ),
  /** dx. */
  convBackwardInput: defineOp(
    'convBackwardInput',
    { dx: output('B', 'H', 'V', 'C'), dy: input('B', 'OH', 'OV', 'O'), W: input('weights'), B: count, geometry },
    convBackwardInput,
  ),
  /** dW and db, by the trees over pieces of an image and over images. */
  convBackwardWeights: defineOp(
    'convBackwardWeights',
    {
      dW: inout('weights'),
      db: inout('O'),
      x: input('B', 'H', 'V', 'C'),
      dy: input('B', 'OH', 'OV', 'O'),
      B: count,
      accumulate: flag,
      geometry,
    },
    convBackwardWeights,
  ),
};
