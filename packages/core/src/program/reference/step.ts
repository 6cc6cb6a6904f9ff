import { type Elements, roundingOf, typeOf } from '../../math/element-type.ts';
import { mathOf } from '../../math/real-math.ts';
import { addTree } from '../../math/tree/index.ts';

/**
 * lossSums = Σ w[n] · losses[n] over the rows of each leaf, ascending, in doubles; dy[n,o] = w[n] · dy[n,o] with w[n]
 * rounded first. A weight of 1 changes no bit. Overwrites `lossSums` and `dy`.
 */
export function weighLosses(
  lossSums: Float64Array, // [leaves] out
  dy: Elements, // [B, O] in and out
  losses: Float64Array, // [B]
  w: Float64Array, // [B]
  B: number,
  leafRows: number,
  O: number,
): void {
  const { round, flush } = mathOf(typeOf(dy));
  let sum = 0;
  for (let n = 0; n < B; n++) {
    if (n % leafRows === 0) sum = 0;
    sum += w[n] * losses[n];
    const weight = round(w[n]);
    for (let i = n * O; i < (n + 1) * O; i++) dy[i] = flush(round(weight * dy[i]));
    lossSums[Math.floor(n / leafRows)] = sum;
  }
}

/** sums += others: the losses of leaves, in doubles. */
export function addLosses(
  sums: Float64Array, // [n] in and out
  others: Float64Array, // [n]
  n: number,
): void {
  for (let k = 0; k < n; k++) sums[k] += others[k];
}

/** average = (1 - s) · average + s · theta, with the smoothing factor s, rounded first. Overwrites `average`. */
export function averageWeights(
  average: Elements, // [n] in and out
  theta: Elements, // [n]
  n: number,
  smoothing: Float64Array, // [1]
): void {
  const { round, flush } = mathOf(typeOf(average));
  const s = round(smoothing[0]);
  const rest = round(1 - s);
  for (let i = 0; i < n; i++) average[i] = flush(round(round(rest * average[i]) + round(s * theta[i])));
}

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
    factors[k] = norm > limit && norm - norm === 0 ? limit / norm : 1; // norm - norm is NaN if it is not finite
  }
  const round = roundingOf(W);
  for (let i = 0; i < I; i++) {
    for (let k = 0; k < n; k++) W[i * row + k] *= round(factors[k]);
  }
}

/** ε of `clipScale`, as in PyTorch's clip_grad_norm_. */
const CLIP_EPSILON = 1e-6;

/**
 * The factor that clips the gradient norm to `clipNorm`: clipNorm / (norm + ε), at most 1
 * ([Pascanu et al. 2013](https://arxiv.org/abs/1211.5063)).
 */
export const clipScale = (norm: number, clipNorm: number): number => Math.min(1, clipNorm / (norm + CLIP_EPSILON));

/** ‖g‖₂ of the mean gradient: the blocks' sums of squares, added in block order. */
export function gradientNorm(squares: Float64Array): number {
  const blocks = squares.length; // read once: reading the length of shared memory is slow until V8 compiles this
  let sum = 0;
  for (let k = 0; k < blocks; k++) sum += squares[k];
  return Math.sqrt(sum);
}

/** factor = `clipScale` of the norm of the gradient. Overwrites `factor`. */
export function clip(
  factor: Float64Array, // [1] out
  squares: Float64Array, // [blocks]
  _blocks: number,
  clipNorm: number,
): void {
  factor[0] = clipScale(gradientNorm(squares), clipNorm);
}

/** factor = 1 / √square, or 1 / epsilon if the root is below epsilon. Overwrites `factor`. */
export function inverseNorm(
  factor: Float64Array, // [1] out
  square: Float64Array, // [1]
  epsilon: number,
): void {
  factor[0] = 1 / Math.max(Math.sqrt(square[0]), epsilon);
}

/** Mean loss of a batch: the tree's sum of the leaf sums / rows. Overwrites `lossSums` with partial sums. */
export function batchLoss(lossSums: Float64Array, leaves: number, rows: number): number {
  addTree(lossSums, leaves, 1);
  return lossSums[0] / rows;
}

/** hyper = row `next` of `hypers`, the scalars of consecutive steps. Overwrites `hyper`; adds 1 to `next`. */
export function loadHyper(
  hyper: Float64Array, // [H] out
  hypers: Float64Array, // [*, H]
  next: Float64Array, // [1]
  H: number,
): void {
  const from = next[0] * H;
  for (let h = 0; h < H; h++) hyper[h] = hypers[from + h];
  next[0]++;
}

/**
 * Ends a step: losses[at] = mean loss of the batch, norms[at] = ‖g‖₂, where `stepResult` = [at, stop]. Adds 1 to `at`;
 * sets `stop` to 0 if both are finite, else to 1. Overwrites `lossSums` with partial sums.
 */
export function recordStep(
  stepResult: Float64Array, // [2] in and out
  losses: Float64Array,
  norms: Float64Array,
  lossSums: Float64Array, // [leaves]
  squares: Float64Array, // [blocks]
  leaves: number,
  _blocks: number,
  rows: Float64Array, // [1] rows of the batch, or positions that count; at least 1
): void {
  const at = stepResult[0];
  losses[at] = batchLoss(lossSums, leaves, rows[0]);
  norms[at] = gradientNorm(squares);
  stepResult[0]++;
  // x - x is 0 if x is finite, else NaN.
  stepResult[1] = losses[at] - losses[at] === 0 && norms[at] - norms[at] === 0 ? 0 : 1;
}
