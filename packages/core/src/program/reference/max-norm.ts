import { type Elements, roundingOf } from '../../math/element-type.ts';

/**
 * Columns k of W whose norm √(Σᵢ W[i,k]²), rows ascending, is above the limit, times limit / norm; the others keep
 * their bits, and so does one whose norm is not finite. Squares, norms and factors are double in every run; a factor
 * is rounded as it is applied. Overwrites `W`, and `factors` with what each column is multiplied by.
 */
export function maxNorm(
  W: Elements, // [I, row] in and out, its first n columns
  factors: Float64Array, // [n] out
  I: number,
  row: number, // from one row of W to the next
  n: number,
  limit: number,
): void {
  factors.fill(0, 0, n);
  for (let i = 0; i < I; i++) {
    for (let k = 0; k < n; k++) factors[k] += W[i * row + k] * W[i * row + k];
  }
  for (let k = 0; k < n; k++) {
    const norm = Math.sqrt(factors[k]);
    factors[k] = norm > limit && norm - norm === 0 ? limit / norm : 1;
  }
  const round = roundingOf(W);
  for (let i = 0; i < I; i++) {
    for (let k = 0; k < n; k++) W[i * row + k] *= round(factors[k]);
  }
}
