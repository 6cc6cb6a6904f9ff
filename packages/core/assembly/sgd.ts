import { flush } from './flush';
import { minus, plus, splat, times } from './lanes';

/** One step of SGD without momentum: θ - lr·d, d = g + weightDecay·θ; hyper as sgdMomentum's. Overwrites `theta`. */
export function sgd(theta: usize, g: usize, n: i32, hyper: usize): void {
  const lr = load<f64>(hyper);
  const weightDecay = load<f64>(hyper, 3 * 8);
  const rates = splat<v128>(lr);
  const decays = splat<v128>(weightDecay);
  for (; n >= 2; n -= 2) {
    const d = decayed<v128>(theta, g, decays, weightDecay != 0);
    store<v128>(theta, minus(load<v128>(theta), times(rates, d)));
    theta += 16;
    g += 16;
  }
  if (n > 0) {
    const d = decayed<f64>(theta, g, weightDecay, weightDecay != 0);
    store<f64>(theta, minus(load<f64>(theta), times(lr, d)));
  }
}

/**
 * One step of SGD with momentum: m = flush(momentum·m + d); θ - lr·m, or θ - lr·(d + momentum·m);
 * hyper = lr, momentum, nesterov (0 or 1), weightDecay. Overwrites `theta`, `m`.
 */
export function sgdMomentum(theta: usize, g: usize, m: usize, n: i32, hyper: usize): void {
  const lr = load<f64>(hyper);
  const momentum = load<f64>(hyper, 8);
  const nesterov = load<f64>(hyper, 2 * 8) != 0;
  const weightDecay = load<f64>(hyper, 3 * 8);
  const rates = splat<v128>(lr);
  const momenta = splat<v128>(momentum);
  const decays = splat<v128>(weightDecay);
  for (; n >= 2; n -= 2) {
    const d = decayed<v128>(theta, g, decays, weightDecay != 0);
    store<v128>(theta, minus(load<v128>(theta), times(rates, direction<v128>(d, m, momenta, nesterov))));
    theta += 16;
    g += 16;
    m += 16;
  }
  if (n > 0) {
    const d = decayed<f64>(theta, g, weightDecay, weightDecay != 0);
    store<f64>(theta, minus(load<f64>(theta), times(lr, direction<f64>(d, m, momentum, nesterov))));
  }
}

@inline function decayed<T>(theta: usize, g: usize, weightDecay: T, decays: bool): T {
  const d = load<T>(g);
  return decays ? plus(d, times(weightDecay, load<T>(theta))) : d;
}

@inline function direction<T>(d: T, m: usize, momentum: T, nesterov: bool): T {
  const mNew = flush<T>(plus(times(momentum, load<T>(m)), d));
  store<T>(m, mNew);
  return nesterov ? plus(d, times(momentum, mNew)) : mNew;
}
