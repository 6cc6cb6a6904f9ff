import { count, defineOps, input, number, operation, output } from '../op.ts';
import {
  argmax,
  divide,
  logSoftmaxBackward,
  logSoftmaxForward,
  rowLogSums,
  rowLogSumsBackward,
  rowSums,
  softmaxBackward,
  softmaxForward,
  spreadRows,
} from '../reference/row-reductions.ts';

const rows = input('B', 'n');
const sizes = { B: count, n: count };

/** Operations that make one number of several, and softmax. */
export const reductionOps = defineOps({
  /** y = the sum of each row. */
  rowSums: operation(rowSums, { y: output('B'), x: rows, ...sizes }),
  /** y = the number of each row, n times. */
  spreadRows: operation(spreadRows, { y: output('B', 'n'), x: input('B'), ...sizes }),
  /** y = x / divisor. */
  divide: operation(divide, { y: output('n'), x: input('n'), n: count, divisor: number }),
  /** y = log Σ exp(x) of each row. */
  rowLogSums: operation(rowLogSums, { y: output('B'), x: rows, ...sizes }),
  /** dx of log Σ exp(x). */
  rowLogSumsBackward: operation(rowLogSumsBackward, {
    dx: output('B', 'n'),
    dy: input('B'),
    x: rows,
    y: input('B'),
    ...sizes,
  }),
  /** y = the softmax of each row. */
  softmaxForward: operation(softmaxForward, { y: output('B', 'n'), x: rows, ...sizes }),
  /** dx of softmax. */
  softmaxBackward: operation(softmaxBackward, { dx: output('B', 'n'), dy: rows, y: rows, ...sizes }),
  /** y = the logarithm of the softmax of each row. */
  logSoftmaxForward: operation(logSoftmaxForward, { y: output('B', 'n'), x: rows, ...sizes }),
  /** dx of log-softmax. */
  logSoftmaxBackward: operation(logSoftmaxBackward, { dx: output('B', 'n'), dy: rows, y: rows, ...sizes }),
  /** y = the index of the largest of n numbers. */
  argmax: operation(argmax, { y: output('B', 'inner'), x: input('B', 'n', 'inner'), ...sizes, inner: count }),
});
