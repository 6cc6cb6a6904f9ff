import { chain } from './activations';
import { atLeast } from './choose';
import { exp } from './exp';
import { expm1 } from './expm1';
import { LANES, loadRest, plus, storeRest } from './lanes';
import { log1p } from './log1p';

/** a[i] = max(z[i], 0) + ln(1 + e⁻|ᶻ|). Overwrites `a`, which may be `z`. */
export function softplusForward(a: usize, z: usize, n: i32): void {
  for (; n >= LANES; n -= LANES, a += 16, z += 16) store<v128>(a, softplus(load<v128>(z)));
  if (n > 0) storeRest(a, softplus(loadRest(z, n)), n);
}

/** dz[i] = flush(da[i] · f′). Overwrites `dz`, which may be `da`. */
export function softplusBackward(dz: usize, da: usize, a: usize, n: i32): void {
  for (; n >= LANES; n -= LANES, dz += 16, da += 16, a += 16) {
    store<v128>(dz, chain(load<v128>(da), softplusSlope(load<v128>(a))));
  }
  if (n > 0) storeRest(dz, chain(loadRest(da, n), softplusSlope(loadRest(a, n))), n);
}

@inline function softplus(z: v128): v128 {
  return plus(atLeast(z, 0), log1p(exp(v128.neg<Real>(v128.abs<Real>(z)))));
}

@inline function softplusSlope(a: v128): v128 {
  return v128.neg<Real>(expm1(v128.neg<Real>(a)));
}
