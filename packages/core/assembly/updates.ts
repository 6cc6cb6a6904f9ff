import { firstTwo, lastTwo, plusSquares } from './doubles';
import { flush } from './flush';
import { bytes, bytesOfDoubles, LANES, loadFirst, loadRounded, plus, splat, storeFirst, times } from './lanes';

// An optimizer is a class of two functions. No object of it is made: U only names them to the compiler, which inlines
// them. `scalars` is the number of its hyperparameters; `step` overwrites n numbers of theta and of its state p and q,
// up to a vector, by their gradient and the hyperparameters in vectors, rounded to the element type.

/** One step by the gradient g. Overwrites `theta`, `p`, `q`. */
@inline export function update<U>(theta: usize, g: usize, p: usize, q: usize, n: i32, hyper: usize): void {
  updateAll<U>(0, theta, p, q, n, hyper, g, 0, 0);
}

/**
 * One step by the mean of S rows of gradients that lie `row` bytes apart: their sum · `share[0]`. One pass, with the
 * bits of `averageRows` and then the update. S is 1, 2 or 4. Overwrites `square`, `theta`, `p`, `q`.
 */
@inline export function updateOfMean<U>(
  square: usize, theta: usize, p: usize, q: usize, n: i32, hyper: usize, rows: usize, row: usize, S: i32, share: usize,
): void {
  const factor = load<f64>(share);
  if (S == 1) store<f64>(square, byMean1<U>(theta, p, q, n, hyper, rows, row, factor));
  else if (S == 2) store<f64>(square, byMean2<U>(theta, p, q, n, hyper, rows, row, factor));
  else store<f64>(square, byMean4<U>(theta, p, q, n, hyper, rows, row, factor));
}

// One function for each S: V8 optimizes small functions much sooner.

function byMean1<U>(
  theta: usize, p: usize, q: usize, n: i32, hyper: usize, rows: usize, row: usize, factor: f64,
): f64 {
  return updateAll<U>(1, theta, p, q, n, hyper, rows, row, factor);
}

function byMean2<U>(
  theta: usize, p: usize, q: usize, n: i32, hyper: usize, rows: usize, row: usize, factor: f64,
): f64 {
  return updateAll<U>(2, theta, p, q, n, hyper, rows, row, factor);
}

function byMean4<U>(
  theta: usize, p: usize, q: usize, n: i32, hyper: usize, rows: usize, row: usize, factor: f64,
): f64 {
  return updateAll<U>(4, theta, p, q, n, hyper, rows, row, factor);
}

/**
 * One step by g = the tree's sum of S rows · factor, or by g = rows if S is 0. Returns Σ g² in four lanes i mod 4 of
 * doubles, joined (l₀ + l₁) + (l₂ + l₃), or 0 if S is 0. Inlined with a constant S, so that the loop has one tree and
 * no branch.
 */
@inline export function updateAll<U>(
  S: i32, theta: usize, p: usize, q: usize, n: i32, hyper: usize, rows: usize, row: usize, factor: f64,
): f64 {
  const optimizer = changetype<U>(0);
  const h0 = scalar<U>(hyper, 0);
  const h1 = scalar<U>(hyper, 1);
  const h2 = scalar<U>(hyper, 2);
  const h3 = scalar<U>(hyper, 3);
  const h4 = scalar<U>(hyper, 4);
  const h5 = scalar<U>(hyper, 5);
  const h6 = scalar<U>(hyper, 6);
  const h7 = scalar<U>(hyper, 7);
  const factors = splat<v128>(<Real>factor);
  let first = f64x2.splat(0);
  let last = f64x2.splat(0);
  let i: usize = 0;
  for (; n >= 4; n -= 4, i += bytes(4)) {
    const g = mean(S, rows + i, row, LANES, factors);
    first = plusSquares(first, firstTwo(g));
    optimizer.step(theta + i, g, p + i, q + i, LANES, h0, h1, h2, h3, h4, h5, h6, h7);
    if (LANES == 4) {
      last = plusSquares(last, lastTwo(g));
    } else {
      const h = mean(S, rows + i + 16, row, LANES, factors);
      last = plusSquares(last, lastTwo(h));
      optimizer.step(theta + i + 16, h, p + i + 16, q + i + 16, LANES, h0, h1, h2, h3, h4, h5, h6, h7);
    }
  }
  for (; n > 0; n -= LANES, i += 16) {
    const k = min(n, LANES);
    const g = mean(S, rows + i, row, k, factors);
    const squares = plusSquares(LANES == 4 ? last : first, lastTwo(g));
    first = LANES == 4 ? plusSquares(first, firstTwo(g)) : last;
    last = squares;
    optimizer.step(theta + i, g, p + i, q + i, k, h0, h1, h2, h3, h4, h5, h6, h7);
  }
  if (S == 0) return 0;
  return f64x2.extract_lane(first, 0) + f64x2.extract_lane(first, 1)
    + (f64x2.extract_lane(last, 0) + f64x2.extract_lane(last, 1));
}

/** Hyperparameter k in a vector, rounded to the element type. 0 if the optimizer has fewer. */
@inline function scalar<U>(hyper: usize, k: i32): v128 {
  return splat<v128>(k < changetype<U>(0).scalars() ? loadRounded(hyper + bytesOfDoubles(k)) : 0);
}

/** (The tree's sum of S rows, 1 to 8) · factor, of n numbers up to a vector. If S is 0, the numbers in `rows`. */
@inline function mean(S: i32, rows: usize, row: usize, n: i32, factors: v128): v128 {
  return S == 0 ? loadFirst(rows, n) : times(tree(S, rows, row, n), factors);
}

/** The sum of 1 to 8 vectors that lie `row` bytes apart, neighbours first. */
@inline function tree(S: i32, p: usize, row: usize, n: i32): v128 {
  if (S == 1) return loadFirst(p, n);
  if (S == 2) return tree2(p, row, n);
  if (S == 3) return plus(tree2(p, row, n), loadFirst(p + 2 * row, n));
  if (S == 4) return tree4(p, row, n);
  if (S == 5) return plus(tree4(p, row, n), loadFirst(p + 4 * row, n));
  if (S == 6) return plus(tree4(p, row, n), tree2(p + 4 * row, row, n));
  if (S == 7) return plus(tree4(p, row, n), plus(tree2(p + 4 * row, row, n), loadFirst(p + 6 * row, n)));
  return plus(tree4(p, row, n), tree4(p + 4 * row, row, n));
}

@inline function tree2(p: usize, row: usize, n: i32): v128 {
  return plus(loadFirst(p, n), loadFirst(p + row, n));
}

@inline function tree4(p: usize, row: usize, n: i32): v128 {
  return plus(tree2(p, row, n), tree2(p + 2 * row, row, n));
}

/** d = g + λ · θ, or g if λ is 0. */
@inline export function decayed(g: v128, lambda: v128, theta: v128): v128 {
  return isNot0(lambda) ? plus(g, times(lambda, theta)) : g;
}

/** Whether a hyperparameter is not 0. */
@inline export function isNot0(scalar: v128): bool {
  return v128.any_true(v128.ne<Real>(scalar, splat<v128>(0)));
}

/** slot = flush(β · slot + term). Overwrites n numbers of `slot`, and returns them. */
@inline export function moment(beta: v128, slot: usize, term: v128, n: i32): v128 {
  const next = flush<v128>(plus(times(beta, loadFirst(slot, n)), term));
  storeFirst(slot, next, n);
  return next;
}
