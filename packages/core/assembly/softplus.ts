import { chain } from './activations';
import { atLeast } from './choose';
import { exp } from './exp';
import { expm1 } from './expm1';
import { loadOne, plus, storeOne } from './lanes';
import { log1p } from './log1p';

/** a[i] = max(z[i], 0) + ln(1 + e⁻|ᶻ|). Overwrites `a`, which may be `z`. */
export function softplusForward(a: usize, z: usize, n: i32): void {
  for (; n >= 2; n -= 2, a += 16, z += 16) store<v128>(a, softplus(load<v128>(z)));
  if (n > 0) storeOne(a, softplus(loadOne(z)));
}

/** dz[i] = flush(da[i] · f′). Overwrites `dz`, which may be `da`. */
export function softplusBackward(dz: usize, da: usize, a: usize, n: i32): void {
  for (; n >= 2; n -= 2, dz += 16, da += 16, a += 16) store<v128>(dz, chain(load<v128>(da), softplusSlope(load<v128>(a))));
  if (n > 0) storeOne(dz, chain(loadOne(da), softplusSlope(loadOne(a))));
}

@inline function softplus(z: v128): v128 {
  return plus(atLeast(z, 0), log1p(exp(f64x2.neg(f64x2.abs(z)))));
}

@inline function softplusSlope(a: v128): v128 {
  return f64x2.neg(expm1(f64x2.neg(a)));
}
