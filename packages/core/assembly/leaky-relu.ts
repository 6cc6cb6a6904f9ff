import { chain } from './activations';
import { LANES, loadRest, splat, storeRest, times } from './lanes';

/** a[i] = z[i] if z[i] > 0, else α · z[i]. Overwrites `a`, which may be `z`. */
export function leakyReluForward(a: usize, z: usize, n: i32, alpha: f64): void {
  const slope = splat<v128>(<Real>alpha);
  for (; n >= LANES; n -= LANES, a += 16, z += 16) store<v128>(a, leakyRelu(load<v128>(z), slope));
  if (n > 0) storeRest(a, leakyRelu(loadRest(z, n), slope), n);
}

/** dz[i] = flush(da[i] · f′). Overwrites `dz`, which may be `da`. */
export function leakyReluBackward(dz: usize, da: usize, a: usize, n: i32, alpha: f64): void {
  const slope = splat<v128>(<Real>alpha);
  for (; n >= LANES; n -= LANES, dz += 16, da += 16, a += 16) {
    store<v128>(dz, chain(load<v128>(da), leakyReluSlope(load<v128>(a), slope)));
  }
  if (n > 0) storeRest(dz, chain(loadRest(da, n), leakyReluSlope(loadRest(a, n), slope)), n);
}

@inline function leakyRelu(z: v128, alpha: v128): v128 {
  return v128.bitselect(z, times(alpha, z), v128.gt<Real>(z, splat<v128>(0)));
}

@inline function leakyReluSlope(a: v128, alpha: v128): v128 {
  return v128.bitselect(splat<v128>(1), alpha, v128.gt<Real>(a, splat<v128>(0)));
}
