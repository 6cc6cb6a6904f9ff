import { chain } from './activations';
import { loadOne, splat, storeOne, times } from './lanes';

/** a[i] = z[i] where z[i] > 0, else α · z[i]. Overwrites `a`, which may be `z`. */
export function leakyReluForward(a: usize, z: usize, n: i32, alpha: f64): void {
  const slope = splat<v128>(alpha);
  for (; n >= 2; n -= 2, a += 16, z += 16) store<v128>(a, leakyRelu(load<v128>(z), slope));
  if (n > 0) storeOne(a, leakyRelu(loadOne(z), slope));
}

/** dz[i] = flush(da[i] · f′). Overwrites `dz`, which may be `da`. */
export function leakyReluBackward(dz: usize, da: usize, a: usize, n: i32, alpha: f64): void {
  const slope = splat<v128>(alpha);
  for (; n >= 2; n -= 2, dz += 16, da += 16, a += 16) {
    store<v128>(dz, chain(load<v128>(da), leakyReluSlope(load<v128>(a), slope)));
  }
  if (n > 0) storeOne(dz, chain(loadOne(da), leakyReluSlope(loadOne(a), slope)));
}

@inline function leakyRelu(z: v128, alpha: v128): v128 {
  return v128.bitselect(z, times(alpha, z), f64x2.gt(z, splat<v128>(0)));
}

@inline function leakyReluSlope(a: v128, alpha: v128): v128 {
  return v128.bitselect(splat<v128>(1), alpha, f64x2.gt(a, splat<v128>(0)));
}
