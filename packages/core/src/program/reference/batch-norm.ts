import { type Elements, roundingOf, typeOf } from '../../math/element-type.ts';
import { mathOf } from '../../math/real-math.ts';
import { joinLevels, leafCount } from '../../math/tree/index.ts';
import { sumRows } from './sum-rows.ts';

/** sums[k,size] = the sum of `a` over leaf k's positions, in the order of `sumRows`. Overwrites `sums` and `levels`. */
export function leafSums(
  sums: Elements, // [leaves, size] out
  levels: Elements, // [sumLevels, size] scratch
  a: Elements, // [B, R, size]
  B: number,
  leafRows: number,
  R: number,
  size: number,
): void {
  for (let k = 0; k < leafCount(B, leafRows); k++) {
    const row = k * leafRows;
    sumRows(levels, size, Math.min(leafRows, B - row), leafRows, R, (level, first, n) => {
      levels.fill(0, level * size, (level + 1) * size);
      for (let p = row * R + first; p < row * R + first + n; p++) {
        for (let j = 0; j < size; j++) levels[level * size + j] += a[p * size + j];
      }
    });
    for (let j = 0; j < size; j++) sums[k * size + j] = levels[j];
  }
}

/** sums[k,size] = Σ (x - mean)² over the positions of leaf k, in the order of `sumRows`. Overwrites both arrays. */
export function leafSquares(
  sums: Elements, // [leaves, size] out
  levels: Elements, // [sumLevels, size] scratch
  x: Elements, // [B, R, size]
  mean: Elements, // [size]
  B: number,
  leafRows: number,
  R: number,
  size: number,
): void {
  const round = roundingOf(sums);
  for (let k = 0; k < leafCount(B, leafRows); k++) {
    const row = k * leafRows;
    sumRows(levels, size, Math.min(leafRows, B - row), leafRows, R, (level, first, n) => {
      levels.fill(0, level * size, (level + 1) * size);
      for (let p = row * R + first; p < row * R + first + n; p++) {
        for (let j = 0; j < size; j++) {
          const c = round(x[p * size + j] - mean[j]);
          levels[level * size + j] += round(c * c);
        }
      }
    });
    for (let j = 0; j < size; j++) sums[k * size + j] = levels[j];
  }
}

/**
 * dGammas[k,size] = Σ dy · x̂ and dBetas[k,size] = Σ dy over the positions of leaf k, with
 * x̂ = (x - mean) · scales, in the order of `sumRows`. Overwrites `dGammas`, `dBetas` and `levels`.
 */
export function leafGradients(
  dGammas: Elements, // [leaves, size] out
  dBetas: Elements, // [leaves, size] out
  levels: Elements, // [sumLevels, 2, size] scratch: sums of dγ and dβ
  dy: Elements, // [B, R, size]
  x: Elements, // [B, R, size]
  mean: Elements, // [size]
  scales: Elements, // [size]
  B: number,
  leafRows: number,
  R: number,
  size: number,
): void {
  const round = roundingOf(dGammas);
  for (let k = 0; k < leafCount(B, leafRows); k++) {
    const row = k * leafRows;
    sumRows(levels, 2 * size, Math.min(leafRows, B - row), leafRows, R, (level, first, n) => {
      const gammaOffset = level * 2 * size;
      const betaOffset = gammaOffset + size;
      levels.fill(0, gammaOffset, betaOffset + size);
      for (let p = row * R + first; p < row * R + first + n; p++) {
        for (let j = 0; j < size; j++) {
          const i = p * size + j;
          const xHat = round(round(x[i] - mean[j]) * scales[j]);
          levels[gammaOffset + j] += round(dy[i] * xHat);
          levels[betaOffset + j] += dy[i];
        }
      }
    });
    for (let j = 0; j < size; j++) {
      dGammas[k * size + j] = levels[j];
      dBetas[k * size + j] = levels[size + j];
    }
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
  joinLeaves(levels, sums, leaves, size);
  const count = roundingOf(mean)(rows);
  for (let j = 0; j < size; j++) mean[j] = levels[j] / count;
}

/**
 * g[size] = the tree's sum of the leaf sums. Overwrites `g`, or adds to it if `accumulate`; also overwrites `levels`.
 * Where leaves have 2ᵏ rows, this is the sum of all positions in the order of `sumRows`.
 */
export function leafTotal(
  g: Elements, // [size] out
  levels: Elements, // [treeLevels, size] scratch
  sums: Elements, // [leaves, size]
  leaves: number,
  accumulate: boolean,
  size: number,
): void {
  joinLeaves(levels, sums, leaves, size);
  for (let j = 0; j < size; j++) g[j] = accumulate ? g[j] + levels[j] : levels[j];
}

/** Row 0 of levels = the tree's sum of the rows of `sums`. Overwrites `levels`. */
function joinLeaves(levels: Elements, sums: Elements, leaves: number, size: number): void {
  for (let k = 0, level = 0; k < leaves; k++) {
    for (let j = 0; j < size; j++) levels[level * size + j] = sums[k * size + j];
    level = joinLevels(levels, size, level, k, leaves); // joins complete subtrees; the next free row
  }
}

/** scales = 1 / √(variance + ε). Overwrites `scales`. */
export function batchNormScales(
  scales: Elements, // [size] out
  variance: Elements, // [size]
  size: number,
  epsilon: number,
): void {
  const round = roundingOf(scales);
  const eps = round(epsilon);
  for (let j = 0; j < size; j++) scales[j] = 1 / round(Math.sqrt(round(variance[j] + eps)));
}

/** y = γ · x̂ + β with x̂ = (x - mean) · scales. Overwrites `y`. */
export function batchNormForward(
  y: Elements, // [B, size] out
  x: Elements, // [B, size]
  mean: Elements, // [size]
  scales: Elements, // [size]
  gamma: Elements, // [size]
  beta: Elements, // [size]
  B: number,
  size: number,
): void {
  const round = roundingOf(y);
  for (let n = 0; n < B; n++) {
    for (let j = 0; j < size; j++) {
      const xHat = round(round(x[n * size + j] - mean[j]) * scales[j]);
      y[n * size + j] = round(gamma[j] * xHat) + beta[j];
    }
  }
}

/** dx = γ · scales · (dy - mean(dy) - x̂ · mean(dy · x̂)), x̂ = (x - mean) · scales, flushed. Overwrites `dx`. */
export function batchNormBackwardInput(
  dx: Elements, // [B, size] out
  dy: Elements, // [B, size]
  x: Elements, // [B, size]
  mean: Elements, // [size]
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
      const xHat = round(round(x[i] - mean[j]) * scales[j]);
      const rest = round(round(dy[i] - meanDy[j]) - round(xHat * meanDyXHat[j]));
      dx[i] = flush(round(round(gamma[j] * scales[j]) * rest));
    }
  }
}

/**
 * dx[R, C] = scales · (dy · γ - meanG - x̂ · slope) with x̂ = (x - mean) · scales; meanG is the mean of dy · γ, and
 * slope that of dy · γ · x̂, over the group of each channel; tiny values are flushed to 0. Overwrites `dx`.
 */
export function groupNormBackwardInput(
  dx: Elements, // [R, C] out
  dy: Elements, // [R, C]
  x: Elements, // [R, C]
  mean: Elements, // [C]
  scales: Elements, // [C]
  gamma: Elements, // [C]
  meanG: Elements, // [C]
  slope: Elements, // [C]
  R: number,
  C: number,
): void {
  const { round, flush } = mathOf(typeOf(dx));
  for (let i = 0; i < R * C; i++) {
    const c = i % C;
    const xHat = round(round(x[i] - mean[c]) * scales[c]);
    const rest = round(round(round(dy[i] * gamma[c]) - meanG[c]) - round(xHat * slope[c]));
    dx[i] = flush(round(scales[c] * rest));
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
  const scale = round(factor);
  for (let i = 0; i < n; i++) running[i] = round(rest * running[i]) + round(share * round(value[i] * scale));
}
