import { chain } from './activations';
import { LANES, loadRest, over, plus, splat, storeRest, times } from './lanes';

/** a[i] = z[i] / (1 + |z[i]|). Overwrites `a`, which may be `z`. */
export function softsignForward(a: usize, z: usize, n: i32): void {
  for (; n >= LANES; n -= LANES, a += 16, z += 16) store<v128>(a, softsign(load<v128>(z)));
  if (n > 0) storeRest(a, softsign(loadRest(z, n)), n);
}

/** dz[i] = flush(da[i] · f′). Overwrites `dz`, which may be `da`. */
export function softsignBackward(dz: usize, da: usize, z: usize, n: i32): void {
  for (; n >= LANES; n -= LANES, dz += 16, da += 16, z += 16) {
    store<v128>(dz, chain(load<v128>(da), softsignSlope(load<v128>(z))));
  }
  if (n > 0) storeRest(dz, chain(loadRest(da, n), softsignSlope(loadRest(z, n))), n);
}

@inline function softsign(z: v128): v128 {
  return over(z, plus(splat<v128>(1), v128.abs<Real>(z)));
}

@inline function softsignSlope(z: v128): v128 {
  const size = plus(splat<v128>(1), v128.abs<Real>(z));
  return over(splat<v128>(1), times(size, size));
}
