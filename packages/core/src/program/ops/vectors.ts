import { count, defineOp, double, inout, input, number, output } from '../op.ts';
import { addRow, channelDropout, copy, dropout, fill, plus, transpose } from '../reference/index.ts';
import { add, scale } from '../reference/products.ts';

/** Elementwise operations. */
export const vectorOps = {
  /** sum += term. */
  add: defineOp('add', { sum: inout('n'), term: input('n'), n: count }, add),
  /** g *= factor. */
  scale: defineOp('scale', { g: inout('n'), n: count, factor: double(input(1)) }, scale),
  /** y = x. */
  copy: defineOp('copy', { y: output('n'), x: input('n'), n: count }, copy),
  /** y = a + b. */
  plus: defineOp('plus', { y: output('n'), a: input('n'), b: input('n'), n: count }, plus),
  /** y[n] += row. */
  addRow: defineOp('addRow', { y: inout('B', 'size'), row: input('size'), B: count, size: count }, addRow),
  /** Every y = value. */
  fill: defineOp('fill', { y: output('n'), value: number, n: count }, fill),
  /** y = xᵀ. */
  transpose: defineOp('transpose', { y: output('J', 'I'), x: input('I', 'J'), I: count, J: count }, transpose),
  /** y = x times a random mask. */
  dropout: defineOp(
    'dropout',
    {
      ...{ y: output('B', 'size'), x: input('B', 'size'), stepAndRow: double(input(2)), B: count, size: count },
      ...{ key0: count, key1: count, threshold: count, factor: number },
    },
    dropout,
  ),
  /** y = x times a random mask of its channels. */
  channelDropout: defineOp(
    'channelDropout',
    {
      ...{ y: output('B', 'R', 'C'), x: input('B', 'R', 'C'), mask: inout('C'), stepAndRow: double(input(2)) },
      ...{ B: count, R: count, C: count, key0: count, key1: count, threshold: count, factor: number },
    },
    channelDropout,
  ),
};
