import { type Elements, roundingOf, typeOf } from '../../math/element-type.ts';
import { laneMaximum, laneSum } from '../../math/lane-sum.ts';
import { mathOf } from '../../math/real-math.ts';
import { reusedZeros } from './reused-zeros.ts';

// Operations on rows of n neighbouring numbers. Sums run in four lanes j mod 4, joined (l₀ + l₁) + (l₂ + l₃).

/** y[B] = the sum of each row. Overwrites `y`. */
export function rowSums(
  y: Elements, // [B] out
  x: Elements, // [B, n]
  B: number,
  n: number,
): void {
  const round = roundingOf(y);
  for (let r = 0; r < B; r++) y[r] = laneSum(round, x, r * n, n);
}

/** y[B, n]: the number of each row, n times. Overwrites `y`. */
export function spreadRows(
  y: Elements, // [B, n] out
  x: Elements, // [B]
  B: number,
  n: number,
): void {
  for (let r = 0; r < B; r++) for (let j = 0; j < n; j++) y[r * n + j] = x[r];
}

/** y = x / divisor, tiny values flushed to 0. Overwrites `y`, which may be `x`. */
export function divide(
  y: Elements, // [n] out
  x: Elements, // [n]
  n: number,
  divisor: number,
): void {
  const { round, flush } = mathOf(typeOf(y));
  const count = round(divisor);
  for (let i = 0; i < n; i++) y[i] = flush(round(x[i] / count));
}

/** y[B] = m + log Σ exp(x - m), with the largest number m of each row. Overwrites `y`. */
export function rowLogSums(
  y: Elements, // [B] out
  x: Elements, // [B, n]
  B: number,
  n: number,
): void {
  const { round, exp, log } = mathOf(typeOf(y));
  const exponentials = reusedZeros(typeOf(y), n);
  for (let r = 0; r < B; r++) {
    const m = laneMaximum(x, r * n, n);
    for (let j = 0; j < n; j++) exponentials[j] = exp(round(x[r * n + j] - m));
    y[r] = m + log(laneSum(round, exponentials, 0, n));
  }
}

/** dx = dy · exp(x - y), tiny values flushed to 0. Overwrites `dx`. */
export function rowLogSumsBackward(
  dx: Elements, // [B, n] out
  dy: Elements, // [B]
  x: Elements, // [B, n]
  y: Elements, // [B]
  B: number,
  n: number,
): void {
  const { round, flush, exp } = mathOf(typeOf(dx));
  for (let i = 0; i < B * n; i++) {
    const r = Math.floor(i / n);
    dx[i] = flush(round(dy[r] * exp(round(x[i] - y[r]))));
  }
}

/**
 * y = e / Σ e with e = exp(x - m), tiny values flushed to 0, and the largest number m of each row. A NaN or ∞ makes its
 * row NaN, and so do numbers that are all -∞. Overwrites `y`.
 */
export function softmaxForward(
  y: Elements, // [B, n] out
  x: Elements, // [B, n]
  B: number,
  n: number,
): void {
  const { round, flush, exp } = mathOf(typeOf(y));
  for (let row = 0; row < B * n; row += n) {
    const m = laneMaximum(x, row, n);
    for (let i = row; i < row + n; i++) y[i] = exp(round(x[i] - m));
    const sum = laneSum(round, y, row, n);
    for (let i = row; i < row + n; i++) y[i] = flush(round(y[i] / sum));
  }
}

/** dx = y · (dy - Σ dy · y), tiny values flushed to 0. Overwrites `dx`. */
export function softmaxBackward(
  dx: Elements, // [B, n] out
  dy: Elements, // [B, n]
  y: Elements, // [B, n]
  B: number,
  n: number,
): void {
  const { round, flush } = mathOf(typeOf(dx));
  for (let row = 0; row < B * n; row += n) {
    for (let i = row; i < row + n; i++) dx[i] = dy[i] * y[i];
    const sum = laneSum(round, dx, row, n);
    for (let i = row; i < row + n; i++) dx[i] = flush(round(y[i] * round(dy[i] - sum)));
  }
}

/** y = (x - m) - log Σ exp(x - m), with the largest number m of each row. Overwrites `y`. */
export function logSoftmaxForward(
  y: Elements, // [B, n] out
  x: Elements, // [B, n]
  B: number,
  n: number,
): void {
  const { round, exp, log } = mathOf(typeOf(y));
  for (let row = 0; row < B * n; row += n) {
    const m = laneMaximum(x, row, n);
    for (let i = row; i < row + n; i++) y[i] = exp(round(x[i] - m));
    const logSum = log(laneSum(round, y, row, n));
    for (let i = row; i < row + n; i++) y[i] = round(x[i] - m) - logSum;
  }
}

/** dx = dy - exp(y) · Σ dy, tiny values flushed to 0. Overwrites `dx`. */
export function logSoftmaxBackward(
  dx: Elements, // [B, n] out
  dy: Elements, // [B, n]
  y: Elements, // [B, n]
  B: number,
  n: number,
): void {
  const { round, flush, exp } = mathOf(typeOf(dx));
  for (let row = 0; row < B * n; row += n) {
    const sum = laneSum(round, dy, row, n);
    for (let i = row; i < row + n; i++) dx[i] = flush(round(dy[i] - round(exp(y[i]) * sum)));
  }
}

/** y = the index of the largest of n numbers, of equal ones the first, or of the first NaN. Overwrites `y`. */
export function argmax(
  y: Elements, // [B, inner] out
  x: Elements, // [B, n, inner]
  B: number,
  n: number,
  inner: number,
): void {
  for (let at = 0; at < B * inner; at++) {
    const first = Math.floor(at / inner) * n * inner + (at % inner);
    let best = 0;
    for (let j = 1; j < n; j++) {
      const [value, largest] = [x[first + j * inner], x[first + best * inner]];
      if (!Number.isNaN(largest) && (value > largest || Number.isNaN(value))) best = j;
    }
    y[at] = best;
  }
}
