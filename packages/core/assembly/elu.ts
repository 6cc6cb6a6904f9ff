import { chain } from './activations';
import { expm1Below } from './expm1';
import { LANES, loadRest, plus, splat, storeRest, times } from './lanes';

/** a[i] = z[i] if z[i] > 0, else α · (eᶻ - 1). Overwrites `a`, which may be `z`. */
export function eluForward(a: usize, z: usize, n: i32, alpha: f64): void {
  const scale = splat<v128>(<Real>alpha);
  for (; n >= LANES; n -= LANES, a += 16, z += 16) store<v128>(a, elu(load<v128>(z), scale));
  if (n > 0) storeRest(a, elu(loadRest(z, n), scale), n);
}

/** dz[i] = flush(da[i] · f′). Overwrites `dz`, which may be `da`. */
export function eluBackward(dz: usize, da: usize, a: usize, n: i32, alpha: f64): void {
  const scale = splat<v128>(<Real>alpha);
  for (; n >= LANES; n -= LANES, dz += 16, da += 16, a += 16) {
    store<v128>(dz, chain(load<v128>(da), eluSlope(load<v128>(a), scale)));
  }
  if (n > 0) storeRest(dz, chain(loadRest(da, n), eluSlope(loadRest(a, n), scale)), n);
}

@inline function elu(z: v128, alpha: v128): v128 {
  return v128.bitselect(z, times(alpha, expm1Below(z)), v128.gt<Real>(z, splat<v128>(0)));
}

@inline function eluSlope(a: v128, alpha: v128): v128 {
  return v128.bitselect(splat<v128>(1), plus(a, alpha), v128.gt<Real>(a, splat<v128>(0)));
}
