import { bytes, copy } from './lanes';
import { play } from './tape';

/**
 * Plays a tape once for each of up to `steps` steps: before it, row k of `hypers` becomes `hyper`; after it, losses[k]
 * = (Σ lossSums) / rows, added by the tree, and norms[k] = √(Σ squares), in order. Overwrites `lossSums`. Ends behind
 * the first step whose loss or norm is not finite. Returns how many steps it took.
 */
export function playSteps(
  tape: usize, calls: i32, steps: i32, hyper: usize, hypers: usize, length: i32,
  losses: usize, norms: usize, lossSums: usize, leaves: i32, squares: usize, blocks: i32, rows: i32,
): i32 {
  for (let k = 0; k < steps; k++) {
    for (let h = 0; h < length; h++) copy<f64>(hyper + bytes(h), hypers + bytes(h));
    hypers += bytes(length);
    play(tape, calls);
    const loss = treeSum(lossSums, leaves) / <f64>rows;
    const norm = sqrt<f64>(sum(squares, blocks));
    store<f64>(losses, loss);
    store<f64>(norms, norm);
    losses += 8;
    norms += 8;
    if (loss - loss != 0 || norm - norm != 0) return k + 1;
  }
  return steps;
}

/** Σ x[i], i ascending. */
@inline function sum(x: usize, n: i32): f64 {
  let total: f64 = 0;
  for (let i = 0; i < n; i++) total += load<f64>(x + bytes(i));
  return total;
}

/** The tree's sum of x[n]: strides 1, 2, 4, …. Overwrites `x` with partial sums. */
@inline function treeSum(x: usize, n: i32): f64 {
  for (let stride = 1; stride < n; stride <<= 1) {
    for (let k = 0; k + stride < n; k += 2 * stride) {
      store<f64>(x + bytes(k), load<f64>(x + bytes(k)) + load<f64>(x + bytes(k + stride)));
    }
  }
  return load<f64>(x);
}
