import { count, defineOp, double, flag, inout, input, output, stride } from '../op.ts';
import { affine, affineBackwardInput, affineBackwardWeights, averageRows } from '../reference/products.ts';

/** The products of a dense layer, and the mean of its gradients. */
export const productOps = {
  /** y[B,O] = x[B,I] · W[I,O] + b[O]. */
  affine: defineOp(
    'affine',
    {
      ...{ y: output('B', 'O'), x: input('B', 'I'), W: input('I', 'O'), b: input('O') },
      ...{ B: count, I: count, O: count },
    },
    affine,
  ),
  /** dx[B,I] = dy[B,O] · Wᵀ. */
  affineBackwardInput: defineOp(
    'affineBackwardInput',
    { dx: output('B', 'I'), dy: input('B', 'O'), W: input('I', 'O'), B: count, I: count, O: count },
    affineBackwardInput,
  ),
  /** dW[I,O] = xᵀ · dy and db[O] = Σₙ dy, by the tree over leaves. */
  affineBackwardWeights: defineOp(
    'affineBackwardWeights',
    {
      ...{ dW: inout('I', 'O'), db: inout('O'), x: input('B', 'I'), dy: input('B', 'O') },
      ...{ B: count, leafRows: count, accumulate: flag, I: count, O: count },
    },
    affineBackwardWeights,
  ),
  /** g = the mean of S rows of gradients, and its sum of squares. */
  averageRows: defineOp(
    'averageRows',
    {
      ...{ square: double(output(1)), g: output('n'), first: inout('S', 'row') },
      ...{ S: count, row: stride, n: count, share: double(input(1)) },
    },
    averageRows,
  ),
};
