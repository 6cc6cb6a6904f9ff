import { count, counts, defineOps, double, flag, inout, input, operation, output, stride } from '../op.ts';
import { affine, affineBackwardInput, affineBackwardWeights, averageRows } from '../reference/products.ts';

/** The products of a dense layer, and the mean of its gradients. */
export const productOps = defineOps({
  /** y[B,O] = x[B,I] · W[I,O] + b[O]. Rows of W are `row` numbers apart. */
  affine: operation(affine, {
    y: output('B', 'O'),
    x: input('B', 'I'),
    W: input('I', 'row'),
    b: input('O'),
    ...counts('B', 'I', 'O'),
    row: stride,
  }),
  /** dx[B,I] = dy[B,O] · Wᵀ. */
  affineBackwardInput: operation(affineBackwardInput, {
    dx: output('B', 'I'),
    dy: input('B', 'O'),
    W: input('I', 'O'),
    ...counts('B', 'I', 'O'),
  }),
  /** dW[I,O] = xᵀ · dy and db[O] = Σₙ dy, by the tree over leaves. */
  affineBackwardWeights: operation(affineBackwardWeights, {
    dW: inout('I', 'O'),
    db: inout('O'),
    x: input('B', 'I'),
    dy: input('B', 'O'),
    ...counts('B', 'leafRows'),
    accumulate: flag,
    ...counts('I', 'O'),
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
