import { addTree, leafCount } from '../../train/tree/index.ts';

// The kernels of dense layers, gradients and steps in plain TypeScript. They define the bits: a backend equals them or
// says where it does not. Sums of products end with + 0, which makes -0 to +0: only for the sign of a sum of 0 does it
// matter whether terms of 0 were added.

/** y[B,O] = x[B,I] · W[I,O] + b[O]; each sum starts at b[o] and adds i ascending. Overwrites `y`. */
export function affine(
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
export function affineBackwardInput(
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

/**
 * dW[I,O] = xᵀ · dy and db[O] = Σₙ dy: each sum a tree over leaves, in which it starts at 0 and adds rows n ascending.
 * Overwrites `dW` and `db`, or adds to them where `joins`.
 */
export function affineBackwardWeights(
  dW: Float64Array, // [I, O] out
  db: Float64Array, // [O] out
  x: Float64Array, // [B, I]
  dy: Float64Array, // [B, O]
  B: number,
  leaf: number,
  joins: boolean,
  I: number,
  O: number,
): void {
  // Row I is that of ones, whose product is db.
  for (let i = 0; i <= I; i++) {
    const sums = leafSums(leafCount(B, leaf) * O);
    for (let n = 0; n < B; n++) {
      const xi = i < I ? x[n * I + i] : 1;
      const sum = Math.floor(n / leaf) * O;
      for (let o = 0; o < O; o++) sums[sum + o] += xi * dy[n * O + o];
    }
    const [out, row] = i < I ? [dW, i * O] : [db, 0];
    addTree(sums, leafCount(B, leaf), O);
    for (let o = 0; o < O; o++) out[row + o] = (joins ? out[row + o] + sums[o] : sums[o]) + 0;
  }
}

/**
 * g[n] = (Σ of S rows, `row` numbers apart) · share, the sum by the pairwise tree of strides 1, 2, 4, …, and square =
 * Σ g[i]² in four lanes i mod 4, joined (l₀ + l₁) + (l₂ + l₃). Overwrites `square`, `g`, which may be the first row,
 * and the rows with partial sums.
 */
export function averageRows(
  square: Float64Array, // [1] out
  g: Float64Array, // [n] out
  first: Float64Array, // [S rows, each n of them]
  S: number,
  row: number,
  n: number,
  share: number, // 1 / the rows of the batch
): void {
  for (let apart = 1; apart < S; apart *= 2) {
    for (let k = 0; k + apart < S; k += 2 * apart) {
      const left = k * row;
      const right = (k + apart) * row;
      for (let i = 0; i < n; i++) first[left + i] += first[right + i];
    }
  }
  for (let i = 0; i < n; i++) g[i] = first[i] * share;
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

/** n zeros. Kept from call to call: a step is to leave no garbage. */
function leafSums(n: number): Float64Array {
  if (kept.length < n) kept = new Float64Array(n);
  return kept.fill(0, 0, n);
}
let kept = new Float64Array(0);

/** sum[i] += term[i]. Overwrites `sum`. */
export function add(
  sum: Float64Array, // [n] in and out
  term: Float64Array, // [n]
  n: number,
): void {
  for (let i = 0; i < n; i++) sum[i] += term[i];
}

/** g[i] *= factor. Overwrites `g`. */
export function scale(
  g: Float64Array, // [n] in and out
  n: number,
  factor: Float64Array, // [1]
): void {
  if (factor[0] === 1) return;
  for (let i = 0; i < n; i++) g[i] *= factor[0];
}
