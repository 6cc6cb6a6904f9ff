import { count, defineOp, flag, inout, input, output } from '../op.ts';
import { convBackwardInput, convBackwardWeights, convForward } from '../reference/index.ts';

/** Sizes of images and outputs, and the window. */
const geometry = {
  ...{ H: count, V: count, C: count, OH: count, OV: count, O: count, KY: count, KX: count },
  ...{ strideY: count, strideX: count, top: count, left: count, dilationY: count, dilationX: count, groups: count },
};

/** The products of a convolution. */
export const convolutionOps = {
  /** y = x * W + b. */
  convForward: defineOp(
    'convForward',
    {
      ...{ y: output('B', 'OH', 'OV', 'O'), x: input('B', 'H', 'V', 'C'), W: input('weights'), b: input('O') },
      ...{ B: count, ...geometry },
    },
    convForward,
  ),
  /** dx. */
  convBackwardInput: defineOp(
    'convBackwardInput',
    { dx: output('B', 'H', 'V', 'C'), dy: input('B', 'OH', 'OV', 'O'), W: input('weights'), B: count, ...geometry },
    convBackwardInput,
  ),
  /** dW and db, by the trees over pieces of an image and over images. */
  convBackwardWeights: defineOp(
    'convBackwardWeights',
    {
      ...{ dW: inout('weights'), db: inout('O'), x: input('B', 'H', 'V', 'C'), dy: input('B', 'OH', 'OV', 'O') },
      ...{ B: count, accumulate: flag, ...geometry },
    },
    convBackwardWeights,
  ),
};
