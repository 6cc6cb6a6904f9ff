import { type Elements, roundingOf, typeOf } from '../../math/element-type.ts';
import { mathOf } from '../../math/real-math.ts';
import { joinLevels, leafCount } from '../../math/tree/index.ts';
import { sumRows } from './sum-rows.ts';

/**
 * sums[k,size] = the sum of the positions of leaf k of `a`, in the order of `sumRows`. Overwrites `sums` and `levels`.
 */
export function leafSums(
  sums: Elements, // [leaves, size] out
  levels: Elements, // [sumLevels, size] scratch
  a: Elements, // [B, R, size]
  B: number,
  leaf: number,
  R: number,
  size: number,
): void {
  for (let k = 0; k < leafCount(B, leaf); k++) {
    const row = k * leaf;
    sumRows(levels, size, Math.min(leaf, B - row), leaf, R, (level, first, n) => {
      levels.fill(0, level * size, (level + 1) * size);
      for (let p = row * R + first; p < row * R + first + n; p++) {
        for (let j = 0; j < size; j++) levels[level * size + j] += a[p * size + j];
      }
    });
    for (let j = 0; j < size; j++) sums[k * size + j] = levels[j];
  }
}

/**
 * sums[k,size] = the sum of the positions of a · b of leaf k, in the order of `sumRows`. Overwrites `sums` and
 * `levels`.
 */
export function leafProducts(
  sums: Elements, // [leaves, size] out
  levels: Elements, // [sumLevels, size] scratch
  a: Elements, // [B, R, size]
  b: Elements, // [B, R, size]
  B: number,
  leaf: number,
  R: number,
  size: number,
): void {
  const round = roundingOf(sums);
  for (let k = 0; k < leafCount(B, leaf); k++) {
    const row = k * leaf;
    sumRows(levels, size, Math.min(leaf, B - row), leaf, R, (level, first, n) => {
      levels.fill(0, level * size, (level + 1) * size);
      for (let p = row * R + first; p < row * R + first + n; p++) {
        for (let j = 0; j < size; j++) levels[level * size + j] += round(a[p * size + j] * b[p * size + j]);
      }
    });
    for (let j = 0; j < size; j++) sums[k * size + j] = levels[j];
  }
}

/**
 * mean[size] = (the tree's sum over all leaves of a batch) / rows. Overwrites `mean` and `levels`. Only reads `sums`,
 * as other threads read it at the same time.
 */
export function leafMean(
  mean: Elements, // [size] out
  levels: Elements, // [treeLevels, size] scratch
  sums: Elements, // [leaves, size]
  leaves: number,
  size: number,
  rows: number,
): void {
  for (let k = 0, level = 0; k < leaves; k++) {
    for (let j = 0; j < size; j++) levels[level * size + j] = sums[k * size + j];
    level = joinLevels(levels, size, level, k, leaves);
  }
  const count = roundingOf(mean)(rows);
  for (let j = 0; j < size; j++) mean[j] = levels[j] / count;
}

/** y[n] = x[n] - row. Overwrites `y`. */
export function subtractRow(
  y: Elements, // [B, size] out
  x: Elements, // [B, size]
  row: Elements, // [size]
  B: number,
  size: number,
): void {
  for (let n = 0; n < B; n++) for (let j = 0; j < size; j++) y[n * size + j] = x[n * size + j] - row[j];
}

/**
 * scales = 1 / √(variance + ε); x̂ = centered · scales; y = γ · x̂ + β. `xHat` holds the centered rows at first.
 * Overwrites `y`, `scales` and `xHat`.
 */
export function batchNormForward(
  y: Elements, // [B, size] out
  xHat: Elements, // [B, size] in and out
  scales: Elements, // [size] out
  variance: Elements, // [size]
  gamma: Elements, // [size]
  beta: Elements, // [size]
  B: number,
  size: number,
  epsilon: number,
): void {
  const round = roundingOf(y);
  const eps = round(epsilon);
  for (let j = 0; j < size; j++) scales[j] = 1 / round(Math.sqrt(round(variance[j] + eps)));
  for (let n = 0; n < B; n++) {
    for (let j = 0; j < size; j++) {
      const i = n * size + j;
      xHat[i] *= scales[j];
      y[i] = round(gamma[j] * xHat[i]) + beta[j];
    }
  }
}

/** dx = γ · scales · (dy - mean(dy) - x̂ · mean(dy · x̂)), tiny values flushed to 0. Overwrites `dx`. */
export function batchNormBackwardInput(
  dx: Elements, // [B, size] out
  dy: Elements, // [B, size]
  xHat: Elements, // [B, size]
  scales: Elements, // [size]
  gamma: Elements, // [size]
  meanDy: Elements, // [size]
  meanDyXHat: Elements, // [size]
  B: number,
  size: number,
): void {
  const { round, flush } = mathOf(typeOf(dx));
  for (let n = 0; n < B; n++) {
    for (let j = 0; j < size; j++) {
      const i = n * size + j;
      const rest = round(round(dy[i] - meanDy[j]) - round(xHat[i] * meanDyXHat[j]));
      dx[i] = flush(round(round(gamma[j] * scales[j]) * rest));
    }
  }
}

/** running = (1 - momentum) · running + momentum · (value · factor). Overwrites `running`. */
export function movingAverage(
  running: Elements, // [n] in and out
  value: Elements, // [n]
  n: number,
  momentum: number,
  factor: number,
): void {
  const round = roundingOf(running);
  const share = round(momentum);
  const rest = round(1 - share);
  const unbiased = round(factor);
  for (let i = 0; i < n; i++) running[i] = round(rest * running[i]) + round(share * round(value[i] * unbiased));
}
