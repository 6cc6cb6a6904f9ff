import { type Elements, roundingOf } from '../../math/element-type.ts';

/**
 * Scales columns k of W whose norm √(Σᵢ W[i,k]²) is above the limit by limit / norm. Other columns keep their bits,
 * also those whose norm is not finite. Squares are added with rows ascending; they, norms and factors are always
 * doubles, and a factor is rounded when it is applied. Overwrites `W` and `factors`.
 */
export function maxNorm(
  W: Elements, // [I, row] in and out: its first n columns
  factors: Float64Array, // [n] out
  I: number,
  row: number, // distance of the rows of W
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
