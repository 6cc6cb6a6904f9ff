import type { Elements } from '../../../math/element-type.ts';
import { addressOf } from '../../../program/address.ts';
import { type BindCall, bindByName } from '../call-tape.ts';
import type { RowKernels } from './row-kernels.ts';

type OfOneArray = [y: Elements, x: Elements, B: number, n: number];
type OfTwoArrays = [dx: Elements, dy: Elements, y: Elements, B: number, n: number];

/** Makes calls of sums, softmax and log-sum-exp of rows; null for other operations. */
export function createRowReductions(rowKernels: RowKernels): BindCall {
  const { scratchArrays, record, compute, computeByRow, reduceRows } = rowKernels;
  const { terms, maxima, sums, logits: logarithms } = scratchArrays;
  const toSums = { results: sums, divisor: 1 };

  return bindByName({
    rowSums(...[y, x, B, n]: OfOneArray) {
      const [yAt, xAt] = [y, x].map(addressOf);
      return record(B, n, [reduceRows('rowSums', n, sums, xAt), compute(1, { name: 'moved', arrays: [sums, yAt] })]);
    },
    rowLogSums(...[y, x, B, n]: OfOneArray) {
      const [yAt, xAt] = [y, x].map(addressOf);
      return record(B, n, [
        reduceRows('rowMaxima', n, maxima, xAt),
        computeByRow(n, { name: 'exponentials', arrays: [xAt, maxima, terms], sums: toSums }, 'elements'),
        compute(1, { name: 'logSums', arrays: [maxima, sums, yAt] }),
      ]);
    },
    rowLogSumsBackward(...[dx, dy, x, y, B, n]: [dx: Elements, dy: Elements, ...OfOneArray]) {
      const [dxAt, dyAt, xAt, yAt] = [dx, dy, x, y].map(addressOf);
      return record(B, n, [
        compute(1, { name: 'moved', arrays: [yAt, maxima] }),
        computeByRow(n, { name: 'exponentials', arrays: [xAt, maxima, dxAt] }, 'elements'),
        compute(1, { name: 'moved', arrays: [dyAt, sums] }),
        computeByRow(n, { name: 'weighed', arrays: [dxAt, sums, dxAt] }, 'elements'),
      ]);
    },
    softmaxForward(...[y, x, B, n]: OfOneArray) {
      const [yAt, xAt] = [y, x].map(addressOf);
      return record(B, n, [
        reduceRows('rowMaxima', n, maxima, xAt),
        computeByRow(n, { name: 'exponentials', arrays: [xAt, maxima, yAt] }, 'elements'),
        reduceRows('rowSums', n, sums, yAt),
        computeByRow(n, { name: 'shares', arrays: [yAt, sums, yAt] }, 'elements'),
      ]);
    },
    softmaxBackward(...[dx, dy, y, B, n]: OfTwoArrays) {
      const [dxAt, dyAt, yAt] = [dx, dy, y].map(addressOf);
      return record(B, n, [
        compute(n, { name: 'products', arrays: [dyAt, yAt, terms], sums: toSums }),
        computeByRow(n, { name: 'differences', arrays: [dyAt, sums, dxAt] }, 'elements'),
        compute(n, { name: 'weighed', arrays: [dxAt, yAt, dxAt] }),
      ]);
    },
    logSoftmaxForward(...[y, x, B, n]: OfOneArray) {
      const [yAt, xAt] = [y, x].map(addressOf);
      return record(B, n, [
        reduceRows('rowMaxima', n, maxima, xAt),
        computeByRow(n, { name: 'exponentials', arrays: [xAt, maxima, terms], sums: toSums }, 'elements'),
        computeByRow(n, { name: 'differences', arrays: [xAt, maxima, yAt] }, 'elements'),
        compute(1, { name: 'logarithms', arrays: [sums, logarithms] }),
        computeByRow(n, { name: 'differences', arrays: [yAt, logarithms, yAt] }, 'elements'),
      ]);
    },
    logSoftmaxBackward(...[dx, dy, y, B, n]: OfTwoArrays) {
      const [dxAt, dyAt, yAt] = [dx, dy, y].map(addressOf);
      return record(B, n, [
        reduceRows('rowSums', n, sums, dyAt),
        computeByRow(n, { name: 'expanded', arrays: [yAt, sums, dxAt] }, 'elements'),
        compute(n, { name: 'flushedDifferences', arrays: [dyAt, dxAt, dxAt] }),
      ]);
    },
  });
}
