import { type Elements, roundingOf, typeOf } from '../../math/element-type.ts';
import { laneSum } from '../../math/lane-sum.ts';
import { mathOf } from '../../math/real-math.ts';
import { sumRows } from './sum-rows.ts';

/**
 * y[B,size] = γ · x̂ with x̂ = x · s and s = 1 / √(m + ε); m is the mean of x · x over a row. Sums over a row run in
 * four lanes j mod 4, joined (l₀ + l₁) + (l₂ + l₃). Overwrites `y` and `scales`.
 */
export function rmsNormForward(
  y: Elements, // [B, size] out
  scales: Elements, // [B] out, s
  x: Elements, // [B, size]
  gamma: Elements, // [size]
  B: number,
  size: number,
  epsilon: number,
): void {
  const round = roundingOf(y);
  const count = round(size);
  const eps = round(epsilon);
  for (let n = 0; n < B; n++) {
    const row = n * size;
    for (let j = 0; j < size; j++) y[row + j] = x[row + j] * x[row + j];
    const mean = round(laneSum(round, y, row, size) / count);
    const scale = round(1 / round(Math.sqrt(round(mean + eps))));
    scales[n] = scale;
    for (let j = 0; j < size; j++) y[row + j] = gamma[j] * round(x[row + j] * scale);
  }
}

/**
 * dγ[size] = Σ dy · x̂ over B rows of R positions, in the order of `sumRows`, with x̂ = x · s. Overwrites `dGamma`, or
 * adds to it if `accumulate`; also overwrites `sums`.
 */
export function rmsNormBackwardWeights(
  dGamma: Elements, // [size] out
  sums: Elements, // [sumLevels, size] scratch
  dy: Elements, // [B, R, size]
  x: Elements, // [B, R, size]
  scales: Elements, // [B, R], s
  B: number,
  leafRows: number,
  accumulate: boolean,
  R: number,
  size: number,
): void {
  const round = roundingOf(dGamma);
  sumRows(sums, size, B, leafRows, R, (level, first, n) => {
    const row = level * size;
    sums.fill(0, row, row + size);
    for (let p = first; p < first + n; p++) {
      for (let j = 0; j < size; j++) sums[row + j] += round(dy[p * size + j] * round(x[p * size + j] * scales[p]));
    }
  });
  for (let j = 0; j < size; j++) dGamma[j] = (accumulate ? dGamma[j] : 0) + sums[j];
}

/** dx[B,size] = s · (g - x̂ · m), flushed, with x̂ = x · s, g = dy · γ, and m the mean of g · x̂. Overwrites `dx`. */
export function rmsNormBackwardInput(
  dx: Elements, // [B, size] out
  dy: Elements, // [B, size]
  x: Elements, // [B, size]
  scales: Elements, // [B], s
  gamma: Elements, // [size]
  B: number,
  size: number,
): void {
  const { round, flush } = mathOf(typeOf(dx));
  const count = round(size);
  for (let n = 0; n < B; n++) {
    const row = n * size;
    const g = (j: number): number => round(dy[row + j] * gamma[j]);
    const xHat = (j: number): number => round(x[row + j] * scales[n]);
    for (let j = 0; j < size; j++) dx[row + j] = g(j) * xHat(j);
    const slope = round(laneSum(round, dx, row, size) / count);
    for (let j = 0; j < size; j++) dx[row + j] = flush(round(scales[n] * round(g(j) - round(xHat(j) * slope))));
  }
}
