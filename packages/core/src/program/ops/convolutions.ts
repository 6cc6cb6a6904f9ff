import { count, defineOps, flag, geometry, inout, input, operation, output } from '../op.ts';
import { convBackwardInput, convBackwardWeights, convForward } from '../reference/convolution.ts';

/** The products of a convolution. */
export const convolutionOps = defineOps({
  /** y = x * W + b. */
  convForward: operation(convForward, {
    y: output('B', 'OH', 'OV', 'O'),
    x: input('B', 'H', 'V', 'C'),
    W: input('weights'),
    b: input('O'),
    B: count,
    geometry,
  }),
  /** dx, the gradient of x, from dy and W. */
  convBackwardInput: operation(convBackwardInput, {
    dx: output('B', 'H', 'V', 'C'),
    dy: input('B', 'OH', 'OV', 'O'),
    W: input('weights'),
    B: count,
    geometry,
  }),
  /** dW and db, by the trees over pieces of an image and over images. */
  convBackwardWeights: operation(convBackwardWeights, {
    dW: inout('weights'),
    db: inout('O'),
    x: input('B', 'H', 'V', 'C'),
    dy: input('B', 'OH', 'OV', 'O'),
    B: count,
    accumulate: flag,
    geometry,
  }),
});
