import type { Kernels } from './kernels.ts';

/**
 * The kernels in plain TypeScript. They define the bits: another backend equals them or says where it does not. Sums of
 * products end with + 0, which makes -0 to +0: only for the sign of a sum of 0 does it matter whether terms of 0 were
 * added.
 */
export const referenceKernels: Kernels = {
  name: 'reference',
  affine,
  affineBackwardInput,
  affineBackwardWeights,
  averageShards,
  scale,
  fast: { activations: {}, losses: {}, updates: {} },
};

/** y[B,O] = x[B,I] · W[I,O] + b[O]; each sum starts at b[o] and adds i ascending. Overwrites `y`. */
function affine(
  y: Float64Array, // [B, O] out
  x: Float64Array, // [B, I]
  W: Float64Array, // [I, O]
  b: Float64Array, // [O]
  B: number,
  I: number,
  O: number,
): void {
  for (let n = 0; n < B; n++) {
    const yRow = n * O;
    for (let o = 0; o < O; o++) y[yRow + o] = b[o];
    for (let i = 0; i < I; i++) {
      const xi = x[n * I + i];
      const wRow = i * O;
      for (let o = 0; o < O; o++) y[yRow + o] += xi * W[wRow + o];
    }
    for (let o = 0; o < O; o++) y[yRow + o] += 0;
  }
}

/** dx[B,I] = dy[B,O] · Wᵀ; each sum starts at 0 and adds o ascending. Overwrites `dx`. */
function affineBackwardInput(
  dx: Float64Array, // [B, I] out
  dy: Float64Array, // [B, O]
  W: Float64Array, // [I, O]
  B: number,
  I: number,
  O: number,
): void {
  for (let n = 0; n < B; n++) {
    const dyRow = n * O;
    for (let i = 0; i < I; i++) {
      const wRow = i * O;
      let sum = 0;
      for (let o = 0; o < O; o++) sum += dy[dyRow + o] * W[wRow + o];
      dx[n * I + i] = sum + 0;
    }
  }
}

/** dW[I,O] = xᵀ · dy and db[O] = Σₙ dy; each sum starts at 0 and adds rows n ascending. Overwrites `dW` and `db`. */
function affineBackwardWeights(
  dW: Float64Array, // [I, O] out
  db: Float64Array, // [O] out
  x: Float64Array, // [B, I]
  dy: Float64Array, // [B, O]
  B: number,
  I: number,
  O: number,
): void {
  for (let w = 0; w < I * O; w++) dW[w] = 0;
  for (let o = 0; o < O; o++) db[o] = 0;
  for (let n = 0; n < B; n++) {
    const dyRow = n * O;
    for (let i = 0; i < I; i++) {
      const xi = x[n * I + i];
      const wRow = i * O;
      for (let o = 0; o < O; o++) dW[wRow + o] += xi * dy[dyRow + o];
    }
    for (let o = 0; o < O; o++) db[o] += dy[dyRow + o];
  }
  for (let w = 0; w < I * O; w++) dW[w] += 0;
  for (let o = 0; o < O; o++) db[o] += 0;
}

/**
 * g[n] = (Σₛ gSum[s, offset + i]) · (1 / rows) by the pairwise tree, square = Σ g[i]². Overwrites both, and rows of
 * `gSum` with partial sums.
 */
function averageShards(
  square: Float64Array, // [1] out
  g: Float64Array, // [n] out
  gSum: Float64Array, // [S, P]
  S: number,
  P: number,
  offset: number,
  n: number,
  rows: number,
): void {
  for (let stride = 1; stride < S; stride *= 2) {
    for (let s = 0; s + stride < S; s += 2 * stride) {
      const left = s * P + offset;
      const right = (s + stride) * P + offset;
      for (let i = 0; i < n; i++) gSum[left + i] += gSum[right + i];
    }
  }
  const share = 1 / rows;
  for (let i = 0; i < n; i++) g[i] = gSum[offset + i] * share;
  square[0] = squares(g, 0, n) + squares(g, 1, n) + (squares(g, 2, n) + squares(g, 3, n));
}

/** Σ g[i]² over i = lane, lane + 4, … below n. */
function squares(
  g: Float64Array, // [n]
  lane: number,
  n: number,
): number {
  let sum = 0;
  for (let i = lane; i < n; i += 4) sum += g[i] * g[i];
  return sum;
}

/** g[i] *= factor. Overwrites `g`. */
function scale(
  g: Float64Array, // [n] in and out
  n: number,
  factor: Float64Array, // [1]
): void {
  for (let i = 0; i < n; i++) g[i] *= factor[0];
}
