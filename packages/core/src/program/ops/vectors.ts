import { count, counts, defineOps, double, inout, input, number, operation, output } from '../op.ts';
import { channelDropout, dropout } from '../reference/dropout.ts';
import { add, scale } from '../reference/products.ts';
import { addRow, addToDiagonal, combine, copy, fill, multiplyRow, plus, transpose } from '../reference/vectors.ts';

/** Elementwise operations. */
export const vectorOps = defineOps({
  /** sum += term. */
  add: operation(add, { sum: inout('n'), term: input('n'), n: count }),
  /** g *= factor. */
  scale: operation(scale, { g: inout('n'), n: count, factor: double(input(1)) }),
  /** y = x. */
  copy: operation(copy, { y: output('n'), x: input('n'), n: count }),
  /** y = a + b. */
  plus: operation(plus, { y: output('n'), a: input('n'), b: input('n'), n: count }),
  /** y = ofX · x + ofY · y. */
  combine: operation(combine, { y: inout('n'), x: input('n'), n: count, ofX: number, ofY: number }),
  /** Adds a number to the diagonal of a matrix. */
  addToDiagonal: operation(addToDiagonal, { A: inout('size', 'size'), size: count, value: number }),
  /** y[n] += row. */
  addRow: operation(addRow, { y: inout('B', 'size'), row: input('size'), ...counts('B', 'size') }),
  /** y[n] = x[n] · row. */
  multiplyRow: operation(multiplyRow, {
    y: output('B', 'size'),
    x: input('B', 'size'),
    row: input('size'),
    ...counts('B', 'size'),
  }),
  /** Every y = value. */
  fill: operation(fill, { y: output('n'), value: number, n: count }),
  /** y = xᵀ of each matrix. */
  transpose: operation(transpose, { y: output('N', 'J', 'I'), x: input('N', 'I', 'J'), ...counts('I', 'J', 'N') }),
  /** y = x times a random mask. */
  dropout: operation(dropout, {
    y: output('B', 'size'),
    x: input('B', 'size'),
    stepAndRow: double(input(2)),
    ...counts('B', 'size', 'key0', 'key1', 'threshold'),
    factor: number,
  }),
  /** y = x times a random mask of its channels. */
  channelDropout: operation(channelDropout, {
    y: output('B', 'R', 'C'),
    x: input('B', 'R', 'C'),
    mask: inout('C'),
    stepAndRow: double(input(2)),
    ...counts('B', 'R', 'C', 'key0', 'key1', 'threshold'),
    factor: number,
  }),
});
