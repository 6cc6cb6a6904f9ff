import { chain } from './activations';
import { loadOne, over, plus, splat, storeOne, times } from './lanes';

/** a[i] = z[i] / (1 + |z[i]|). Overwrites `a`, which may be `z`. */
export function softsignForward(a: usize, z: usize, n: i32): void {
  for (; n >= 2; n -= 2, a += 16, z += 16) store<v128>(a, softsign(load<v128>(z)));
  if (n > 0) storeOne(a, softsign(loadOne(z)));
}

/** dz[i] = flush(da[i] · f′). Overwrites `dz`, which may be `da`. */
export function softsignBackward(dz: usize, da: usize, z: usize, n: i32): void {
  for (; n >= 2; n -= 2, dz += 16, da += 16, z += 16) store<v128>(dz, chain(load<v128>(da), softsignSlope(load<v128>(z))));
  if (n > 0) storeOne(dz, chain(loadOne(da), softsignSlope(loadOne(z))));
}

@inline function softsign(z: v128): v128 {
  return over(z, plus(splat<v128>(1), f64x2.abs(z)));
}

@inline function softsignSlope(z: v128): v128 {
  const size = plus(splat<v128>(1), f64x2.abs(z));
  return over(splat<v128>(1), times(size, size));
}
