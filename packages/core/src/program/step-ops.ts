import { addTree } from '../math/tree/index.ts';

/**
 * The factor that clips the gradient norm to `clipNorm`: clipNorm / (norm + 1e-6), at most 1, as in PyTorch's
 * clip_grad_norm_ ([Pascanu et al. 2013](https://arxiv.org/abs/1211.5063)).
 */
export const clipScale = (norm: number, clipNorm: number): number => Math.min(1, clipNorm / (norm + 1e-6));

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
  stepResult[1] = losses[at] - losses[at] === 0 && norms[at] - norms[at] === 0 ? 0 : 1;
}
