import type { Arithmetic } from '../../../../support/arithmetic.ts';
import type { Definition } from './definition.ts';
import { lanes, upTo, write } from './sums.ts';

/** The numbers of a row. */
const rowOf = (x: ArrayLike<number>, row: number, n: number): number[] => upTo(n).map((j) => x[row * n + j]);

/** The largest number of a row; NaN is left out. */
const largest = (row: readonly number[]): number => row.reduce((m, x) => (x > m ? x : m), Number.NEGATIVE_INFINITY);

/** exp(x - m) of a row. */
const exponentials = (A: Arithmetic, row: readonly number[]): number[] => {
  const m = largest(row);
  return row.map((x) => A.exp(A.sub(x, m)));
};

/** Overwrites each row of `out` with the numbers that `of` gives for it. */
function writeRows(out: { [i: number]: number }, B: number, of: (row: number) => readonly number[]): void {
  for (const [i, value] of upTo(B).flatMap(of).entries()) out[i] = value;
}

export const rowSums: Definition<'rowSums'> = (A, y, x, B, n) => write(y, B, (row) => lanes(A, rowOf(x, row, n)));

export const spreadRows: Definition<'spreadRows'> = (_A, y, x, B, n) => write(y, B * n, (i) => x[Math.floor(i / n)]);

export const divide: Definition<'divide'> = (A, y, x, n, divisor) =>
  write(y, n, (i) => A.flush(A.div(x[i], A.of(divisor))));

export const rowLogSums: Definition<'rowLogSums'> = (A, y, x, B, n) =>
  write(y, B, (r) => A.add(largest(rowOf(x, r, n)), A.log(lanes(A, exponentials(A, rowOf(x, r, n))))));

export const rowLogSumsBackward: Definition<'rowLogSumsBackward'> = (A, dx, dy, x, y, B, n) =>
  write(dx, B * n, (i) => A.flush(A.mul(dy[Math.floor(i / n)], A.exp(A.sub(x[i], y[Math.floor(i / n)])))));

export const softmaxForward: Definition<'softmaxForward'> = (A, y, x, B, n) =>
  writeRows(y, B, (r) => {
    const e = exponentials(A, rowOf(x, r, n));
    const sum = lanes(A, e);
    return e.map((value) => A.flush(A.div(value, sum)));
  });

export const softmaxBackward: Definition<'softmaxBackward'> = (A, dx, dy, y, B, n) =>
  writeRows(dx, B, (r) => {
    const [slopes, shares] = [rowOf(dy, r, n), rowOf(y, r, n)];
    const sum = lanes(
      A,
      slopes.map((slope, j) => A.mul(slope, shares[j])),
    );
    return slopes.map((slope, j) => A.flush(A.mul(shares[j], A.sub(slope, sum))));
  });

export const logSoftmaxForward: Definition<'logSoftmaxForward'> = (A, y, x, B, n) =>
  writeRows(y, B, (r) => {
    const row = rowOf(x, r, n);
    const logSum = A.log(lanes(A, exponentials(A, row)));
    return row.map((value) => A.sub(A.sub(value, largest(row)), logSum));
  });

export const logSoftmaxBackward: Definition<'logSoftmaxBackward'> = (A, dx, dy, y, B, n) =>
  writeRows(dx, B, (r) => {
    const sum = lanes(A, rowOf(dy, r, n));
    return rowOf(dy, r, n).map((slope, j) => A.flush(A.sub(slope, A.mul(A.exp(y[r * n + j]), sum))));
  });

export const argmax: Definition<'argmax'> = (_A, y, x, B, n, inner) =>
  write(y, B * inner, (at) => {
    const column = upTo(n).map((j) => x[(Math.floor(at / inner) * n + j) * inner + (at % inner)]);
    const firstNaN = column.findIndex(Number.isNaN);
    return firstNaN >= 0 ? firstNaN : column.indexOf(Math.max(...column));
  });

export const multiplyRow: Definition<'multiplyRow'> = (A, y, x, row, B, size) =>
  write(y, B * size, (i) => A.mul(x[i], row[i % size]));

export const groupNormBackwardInput: Definition<'groupNormBackwardInput'> = (
  A,
  dx,
  dy,
  x,
  mean,
  s,
  gamma,
  ...others
) => {
  const [meanG, slope, R, C] = others;
  write(dx, R * C, (i) => {
    const c = i % C;
    const xHat = A.mul(A.sub(x[i], mean[c]), s[c]);
    return A.flush(A.mul(s[c], A.sub(A.sub(A.mul(dy[i], gamma[c]), meanG[c]), A.mul(xHat, slope[c]))));
  });
};
