import { chain } from './activations';
import { expm1Below } from './expm1';
import { loadOne, plus, splat, storeOne, times } from './lanes';

/** a[i] = z[i] where z[i] > 0, else α · (eᶻ - 1). Overwrites `a`, which may be `z`. */
export function eluForward(a: usize, z: usize, n: i32, alpha: f64): void {
  const scale = splat<v128>(alpha);
  for (; n >= 2; n -= 2, a += 16, z += 16) store<v128>(a, elu(load<v128>(z), scale));
  if (n > 0) storeOne(a, elu(loadOne(z), scale));
}

/** dz[i] = flush(da[i] · f′). Overwrites `dz`, which may be `da`. */
export function eluBackward(dz: usize, da: usize, a: usize, n: i32, alpha: f64): void {
  const scale = splat<v128>(alpha);
  for (; n >= 2; n -= 2, dz += 16, da += 16, a += 16) {
    store<v128>(dz, chain(load<v128>(da), eluSlope(load<v128>(a), scale)));
  }
  if (n > 0) storeOne(dz, chain(loadOne(da), eluSlope(loadOne(a), scale)));
}

@inline function elu(z: v128, alpha: v128): v128 {
  return v128.bitselect(z, times(alpha, expm1Below(z)), f64x2.gt(z, splat<v128>(0)));
}

@inline function eluSlope(a: v128, alpha: v128): v128 {
  return v128.bitselect(splat<v128>(1), plus(a, alpha), f64x2.gt(a, splat<v128>(0)));
}
