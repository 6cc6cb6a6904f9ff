import { flush } from '../math/flush.ts';
import { onlyKeys, positiveInteger } from '../text/check.ts';
import { positive } from '../text/range.ts';
import { joinLevels, leafCount, treeLevels } from '../tree/index.ts';
import type { Layer, Place } from './layer.ts';

/** Options of a layer norm. */
export interface LayerNormOptions {
  /** Inputs and outputs per row. @default the outputs of the layer before */
  size?: number;
  /** ε > 0, inside the square root. @default 1e-5, as in PyTorch */
  epsilon?: number;
}

/**
 * y = γ · (x - μ) / √(σ² + ε) + β with γ, β [size] and each row's own mean μ and (biased) variance σ². Sums over a row
 * run in four lanes j mod 4, joined (l₀ + l₁) + (l₂ + l₃). [Ba et al. 2016](https://arxiv.org/abs/1607.06450)
 */
export function layerNorm(options: LayerNormOptions, { input }: Place): Layer {
  onlyKeys('layer-norm', options, ['size', 'epsilon']);
  const size = options.size === undefined ? input : positiveInteger('layer-norm', 'size', options.size);
  const epsilon = positive('layer-norm', 'epsilon', options.epsilon ?? 1e-5);
  return {
    label: `layer-norm(${size})`,
    in: size,
    out: size,
    elementwise: false,
    reads: { x: false, y: false },
    tensors: [
      { name: 'gamma', shape: [size], initialize: (out) => void out.fill(1) },
      { name: 'beta', shape: [size], initialize: (out) => void out.fill(0) },
    ],
    // The rows (x - μ) / √(σ² + ε), each row's 1 / √(σ² + ε), one row of scratch, and sums of dγ and dβ over leaves.
    createMemory: (rows, allocate) => ({
      arrays: [allocate(rows * size), allocate(rows), allocate(size), allocate(treeLevels(rows) * 2 * size)],
    }),
    forward(y, x, parameters, B, _pass, { arrays }) {
      const xHat = arrays[0];
      const gamma = parameters[0];
      const beta = parameters[1];
      for (let n = 0; n < B; n++) {
        const row = n * size;
        const mean = sum(x, row, size) / size;
        for (let j = 0; j < size; j++) xHat[row + j] = x[row + j] - mean;
        const scale = 1 / Math.sqrt(dot(xHat, row, xHat, row, size) / size + epsilon);
        arrays[1][n] = scale;
        for (let j = 0; j < size; j++) xHat[row + j] *= scale;
        for (let j = 0; j < size; j++) y[row + j] = gamma[j] * xHat[row + j] + beta[j];
      }
    },
    backward(dx, dy, _x, _y, parameters, gradients, B, { leaf, joins }, { arrays }) {
      const xHat = arrays[0];
      const scales = arrays[1];
      const g = arrays[2];
      const gamma = parameters[0];
      const sums = arrays[3];
      const leaves = leafCount(B, leaf);
      for (let k = 0, level = 0; k < leaves; k++) {
        const dGamma = level * 2 * size;
        const dBeta = dGamma + size;
        sums.fill(0, dGamma, dBeta + size);
        for (let n = k * leaf; n < Math.min(B, (k + 1) * leaf); n++) {
          for (let j = 0; j < size; j++) {
            sums[dGamma + j] += dy[n * size + j] * xHat[n * size + j];
            sums[dBeta + j] += dy[n * size + j];
          }
        }
        level = joinLevels(sums, 2 * size, level, k, leaves);
      }
      for (let t = 0; t < 2; t++) {
        const gradient = gradients[t];
        for (let j = 0; j < size; j++) gradient[j] = (joins ? gradient[j] : 0) + sums[t * size + j];
      }
      if (dx === null) return;
      for (let n = 0; n < B; n++) {
        const row = n * size;
        for (let j = 0; j < size; j++) g[j] = dy[row + j] * gamma[j];
        const mean = sum(g, 0, size) / size;
        const slope = dot(g, 0, xHat, row, size) / size;
        for (let j = 0; j < size; j++) dx[row + j] = flush(scales[n] * (g[j] - mean - xHat[row + j] * slope));
      }
    },
  };
}

/** Σ a[from + j] over j below n, in four lanes. */
function sum(a: Float64Array, from: number, n: number): number {
  let l0 = 0;
  let l1 = 0;
  let l2 = 0;
  let l3 = 0;
  let j = 0;
  for (; j + 3 < n; j += 4) {
    l0 += a[from + j];
    l1 += a[from + j + 1];
    l2 += a[from + j + 2];
    l3 += a[from + j + 3];
  }
  if (j < n) l0 += a[from + j];
  if (j + 1 < n) l1 += a[from + j + 1];
  if (j + 2 < n) l2 += a[from + j + 2];
  return l0 + l1 + (l2 + l3);
}

/** Σ a[aFrom + j] · b[bFrom + j] over j below n, in four lanes. */
function dot(a: Float64Array, aFrom: number, b: Float64Array, bFrom: number, n: number): number {
  let l0 = 0;
  let l1 = 0;
  let l2 = 0;
  let l3 = 0;
  let j = 0;
  for (; j + 3 < n; j += 4) {
    l0 += a[aFrom + j] * b[bFrom + j];
    l1 += a[aFrom + j + 1] * b[bFrom + j + 1];
    l2 += a[aFrom + j + 2] * b[bFrom + j + 2];
    l3 += a[aFrom + j + 3] * b[bFrom + j + 3];
  }
  if (j < n) l0 += a[aFrom + j] * b[bFrom + j];
  if (j + 1 < n) l1 += a[aFrom + j + 1] * b[bFrom + j + 1];
  if (j + 2 < n) l2 += a[aFrom + j + 2] * b[bFrom + j + 2];
  return l0 + l1 + (l2 + l3);
}
