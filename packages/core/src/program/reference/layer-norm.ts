import { type Elements, type Round, roundingOf, typeOf } from '../../math/element-type.ts';
import { laneSum } from '../../math/lane-sum.ts';
import { mathOf } from '../../math/real-math.ts';
import { sumRows } from './sum-rows.ts';

/**
 * y[B,size] = γ · x̂ + β with x̂ = (x - μ) · s and s = 1 / √(σ² + ε); μ and the biased σ² are those of a row. Sums over
 * a row run in four lanes j mod 4, joined (l₀ + l₁) + (l₂ + l₃). Overwrites `y`, `means` and `scales`.
 */
export function layerNormForward(
  y: Elements, // [B, size] out
  means: Elements, // [B] out, μ
  scales: Elements, // [B] out, s
  x: Elements, // [B, size]
  gamma: Elements, // [size]
  beta: Elements, // [size]
  B: number,
  size: number,
  epsilon: number,
): void {
  const round = roundingOf(y);
  const count = round(size);
  const eps = round(epsilon);
  for (let n = 0; n < B; n++) {
    const row = n * size;
    const mean = round(laneSum(round, x, row, size) / count);
    for (let j = 0; j < size; j++) y[row + j] = x[row + j] - mean;
    const variance = round(dot(round, y, row, y, row, size) / count);
    const scale = round(1 / round(Math.sqrt(round(variance + eps))));
    for (let j = 0; j < size; j++) y[row + j] = round(gamma[j] * round(y[row + j] * scale)) + beta[j];
    means[n] = mean;
    scales[n] = scale;
  }
}

/**
 * dγ[size] = Σ dy · x̂ and dβ[size] = Σ dy over B rows of R positions, in the order of `sumRows`, with x̂ = (x - μ) ·
 * s. Overwrites `dGamma` and `dBeta`, or adds to them if `accumulate`; also overwrites `sums`.
 */
export function layerNormBackwardWeights(
  dGamma: Elements, // [size] out
  dBeta: Elements, // [size] out
  sums: Elements, // [sumLevels, 2, size] scratch: sums of dγ and dβ
  dy: Elements, // [B, R, size]
  x: Elements, // [B, R, size]
  means: Elements, // [B, R], μ
  scales: Elements, // [B, R], s
  B: number,
  leafRows: number,
  accumulate: boolean,
  R: number,
  size: number,
): void {
  const round = roundingOf(dGamma);
  sumRows(sums, 2 * size, B, leafRows, R, (level, first, n) => {
    const gammaOffset = level * 2 * size;
    const betaOffset = gammaOffset + size;
    sums.fill(0, gammaOffset, betaOffset + size);
    for (let p = first; p < first + n; p++) {
      for (let j = 0; j < size; j++) {
        const xHat = round(round(x[p * size + j] - means[p]) * scales[p]);
        sums[gammaOffset + j] += round(dy[p * size + j] * xHat);
        sums[betaOffset + j] += dy[p * size + j];
      }
    }
  });
  for (let j = 0; j < size; j++) {
    dGamma[j] = (accumulate ? dGamma[j] : 0) + sums[j];
    dBeta[j] = (accumulate ? dBeta[j] : 0) + sums[size + j];
  }
}

/**
 * dx[B,size] = s · (g - ḡ - x̂ · m) with x̂ = (x - μ) · s, g = dy · γ, its mean ḡ over the row, and m the mean of g ·
 * x̂; tiny values are flushed to 0. Overwrites `dx` and `g`.
 */
export function layerNormBackwardInput(
  dx: Elements, // [B, size] out
  g: Elements, // [size] scratch
  dy: Elements, // [B, size]
  x: Elements, // [B, size]
  means: Elements, // [B], μ
  scales: Elements, // [B], s
  gamma: Elements, // [size]
  B: number,
  size: number,
): void {
  const { round, flush } = mathOf(typeOf(dx));
  const count = round(size);
  for (let n = 0; n < B; n++) {
    const row = n * size;
    for (let j = 0; j < size; j++) g[j] = dy[row + j] * gamma[j];
    for (let j = 0; j < size; j++) dx[row + j] = round(x[row + j] - means[n]) * scales[n]; // x̂ at first
    const mean = round(laneSum(round, g, 0, size) / count);
    const slope = round(dot(round, g, 0, dx, row, size) / count);
    for (let j = 0; j < size; j++) {
      const rest = round(round(g[j] - mean) - round(dx[row + j] * slope));
      dx[row + j] = flush(round(scales[n] * rest));
    }
  }
}

/** Σ a[aFrom + j] · b[bFrom + j] over j below n, in four lanes. */
function dot(round: Round, a: Elements, aFrom: number, b: Elements, bFrom: number, n: number): number {
  let l0 = 0;
  let l1 = 0;
  let l2 = 0;
  let l3 = 0;
  let j = 0;
  for (; j + 3 < n; j += 4) {
    l0 = round(l0 + round(a[aFrom + j] * b[bFrom + j]));
    l1 = round(l1 + round(a[aFrom + j + 1] * b[bFrom + j + 1]));
    l2 = round(l2 + round(a[aFrom + j + 2] * b[bFrom + j + 2]));
    l3 = round(l3 + round(a[aFrom + j + 3] * b[bFrom + j + 3]));
  }
  if (j < n) l0 = round(l0 + round(a[aFrom + j] * b[bFrom + j]));
  if (j + 1 < n) l1 = round(l1 + round(a[aFrom + j + 1] * b[bFrom + j + 1]));
  if (j + 2 < n) l2 = round(l2 + round(a[aFrom + j + 2] * b[bFrom + j + 2]));
  return round(round(l0 + l1) + round(l2 + l3));
}
