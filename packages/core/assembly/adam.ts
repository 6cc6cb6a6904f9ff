import { flush } from './flush';
import { minus, over, plus, root, splat, times } from './lanes';

/** One step of Adam; hyper = β₁, 1-β₁, β₂, 1-β₂, stepSize, invRootC2, ε, weightDecay. Overwrites `theta`, `m`, `v`. */
export function adam(theta: usize, g: usize, m: usize, v: usize, n: i32, hyper: usize): void {
  updateAll(theta, g, m, v, n, hyper, load<f64>(hyper, 7 * 8), 1);
}

/** One step of AdamW; hyper as Adam's, but for the last: decay = 1 - lr·weightDecay. Overwrites `theta`, `m`, `v`. */
export function adamw(theta: usize, g: usize, m: usize, v: usize, n: i32, hyper: usize): void {
  updateAll(theta, g, m, v, n, hyper, 0, load<f64>(hyper, 7 * 8));
}

/**
 * t = decay·θ; d = g + weightDecay·θ where weightDecay ≠ 0, else g; m = flush(β₁m + (1-β₁)d);
 * v = flush(β₂v + ((1-β₂)d)d); θ = t - (stepSize·m) / (√v·invRootC2 + ε). A decay of 1 leaves θ as it is.
 */
function updateAll(
  theta: usize, g: usize, m: usize, v: usize, n: i32, hyper: usize, weightDecay: f64, decay: f64,
): void {
  const beta1 = load<f64>(hyper);
  const oneMinusBeta1 = load<f64>(hyper, 8);
  const beta2 = load<f64>(hyper, 2 * 8);
  const oneMinusBeta2 = load<f64>(hyper, 3 * 8);
  const stepSize = load<f64>(hyper, 4 * 8);
  const invRootC2 = load<f64>(hyper, 5 * 8);
  const epsilon = load<f64>(hyper, 6 * 8);
  const b1 = splat<v128>(beta1);
  const c1 = splat<v128>(oneMinusBeta1);
  const b2 = splat<v128>(beta2);
  const c2 = splat<v128>(oneMinusBeta2);
  const step = splat<v128>(stepSize);
  const inv = splat<v128>(invRootC2);
  const eps = splat<v128>(epsilon);
  const l2 = splat<v128>(weightDecay);
  const shrink = splat<v128>(decay);
  const decays = weightDecay != 0;
  for (; n >= 2; n -= 2) {
    update<v128>(theta, g, m, v, b1, c1, b2, c2, step, inv, eps, l2, shrink, decays);
    theta += 16;
    g += 16;
    m += 16;
    v += 16;
  }
  if (n == 0) return;
  update<f64>(
    theta, g, m, v, beta1, oneMinusBeta1, beta2, oneMinusBeta2, stepSize, invRootC2, epsilon, weightDecay, decay, decays,
  );
}

@inline function update<T>(
  theta: usize, g: usize, m: usize, v: usize,
  b1: T, c1: T, b2: T, c2: T, step: T, inv: T, eps: T, l2: T, shrink: T, decays: bool,
): void {
  const old = load<T>(theta);
  let d = load<T>(g);
  if (decays) d = plus(d, times(l2, old));
  const mNew = flush<T>(plus(times(b1, load<T>(m)), times(c1, d)));
  const vNew = flush<T>(plus(times(b2, load<T>(v)), times(times(c2, d), d)));
  store<T>(m, mNew);
  store<T>(v, vNew);
  const size = plus(times(root<T>(vNew), inv), eps);
  store<T>(theta, minus(times(old, shrink), over(times(step, mNew), size)));
}
