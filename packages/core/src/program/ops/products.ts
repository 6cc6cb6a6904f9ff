import { count, defineOps, double, flag, inout, input, operation, output, stride } from '../op.ts';
import { affine, affineBackwardInput, affineBackwardWeights, averageRows } from '../reference/products.ts';

/** The products of a dense layer, and the mean of its gradients. */
export const productOps = defineOps({
  /** y[B,O] = x[B,I] · W[I,O] + b[O]. */
  affine: operation(affine, {
    y: output('B', 'O'),
    x: input('B', 'I'),
    W: input('I', 'O'),
    b: input('O'),
    B: count,
    I: count,
    O: count,
  }),
  /** dx[B,I] = dy[B,O] · Wᵀ. */
  affineBackwardInput: operation(affineBackwardInput, {
    dx: output('B', 'I'),
    dy: input('B', 'O'),
    W: input('I', 'O'),
    B: count,
    I: count,
    O: count,
  }),
  /** dW[I,O] = xᵀ · dy and db[O] = Σₙ dy, by the tree over leaves. */
  affineBackwardWeights: operation(affineBackwardWeights, {
    dW: inout('I', 'O'),
    db: inout('O'),
    x: input('B', 'I'),
    dy: input('B', 'O'),
    B: count,
    leafRows: count,
    accumulate: flag,
    I: count,
    O: count,
  }),
  /** g = the sum of S rows of gradients · inverseCount, which is their mean, and `square` its sum of squares. */
  averageRows: operation(averageRows, {
    square: double(output(1)),
    g: output('n'),
    first: inout('S', 'row'),
    S: count,
    row: stride,
    n: count,
    inverseCount: double(input(1)),
  }),
});
