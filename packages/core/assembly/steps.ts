import { bytesOfDoubles, copy } from './lanes';

// All arrays in this file hold doubles, for every element type.

/** hyper = row `next` of `hypers` [*, H]. Overwrites `hyper`; adds 1 to `next`. */
export function takeHyper(hyper: usize, hypers: usize, next: usize, H: i32): void {
  const n = load<f64>(next);
  const from = hypers + <usize>n * bytesOfDoubles(H);
  for (let h = 0; h < H; h++) copy<f64>(hyper + bytesOfDoubles(h), from + bytesOfDoubles(h));
  store<f64>(next, n + 1);
}

/**
 * losses[at] = (the tree's sum of `lossSums`) / rows[0], and norms[at] = √(Σ squares), in order, where `note` = [at,
 * stop]. Adds 1 to `at`; sets `stop` to 0 if both are finite, else to 1. Overwrites `lossSums`.
 */
export function noteStep(
  note: usize, losses: usize, norms: usize, lossSums: usize, squares: usize, leaves: i32, blocks: i32, rows: usize,
): void {
  const n = load<f64>(note);
  const at = bytesOfDoubles(<i32>n);
  const loss = treeSum(lossSums, leaves) / load<f64>(rows);
  const norm = gradientNorm(squares, blocks);
  store<f64>(losses + at, loss);
  store<f64>(norms + at, norm);
  store<f64>(note, n + 1);
  store<f64>(note, loss - loss == 0 && norm - norm == 0 ? 0 : 1, 8);
}

/** factor = clipNorm / (norm + 1e-6), at most 1. Overwrites `factor`. */
export function clip(factor: usize, squares: usize, blocks: i32, clipNorm: f64): void {
  store<f64>(factor, min<f64>(1, clipNorm / (gradientNorm(squares, blocks) + 1e-6)));
}

/** √(Σ x[i]), i ascending. */
@inline function gradientNorm(x: usize, n: i32): f64 {
  let total: f64 = 0;
  for (let i = 0; i < n; i++) total += load<f64>(x + bytesOfDoubles(i));
  return sqrt<f64>(total);
}

/** The tree's sum of x[n]: strides 1, 2, 4, …. Overwrites `x` with partial sums. */
@inline function treeSum(x: usize, n: i32): f64 {
  for (let stride = 1; stride < n; stride <<= 1) {
    for (let k = 0; k + stride < n; k += 2 * stride) {
      store<f64>(x + bytesOfDoubles(k), load<f64>(x + bytesOfDoubles(k)) + load<f64>(x + bytesOfDoubles(k + stride)));
    }
  }
  return load<f64>(x);
}
