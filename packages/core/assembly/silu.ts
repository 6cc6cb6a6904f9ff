import { chain } from './activations';
import { loadOne, minus, plus, splat, storeOne, times } from './lanes';
import { sigmoid } from './sigmoid';

/** a[i] = z[i] · σ(z[i]). Overwrites `a`, which may be `z`. */
export function siluForward(a: usize, z: usize, n: i32): void {
  for (; n >= 2; n -= 2, a += 16, z += 16) store<v128>(a, silu(load<v128>(z)));
  if (n > 0) storeOne(a, silu(loadOne(z)));
}

/** dz[i] = flush(da[i] · f′). Overwrites `dz`, which may be `da`. */
export function siluBackward(dz: usize, da: usize, z: usize, n: i32): void {
  for (; n >= 2; n -= 2, dz += 16, da += 16, z += 16) store<v128>(dz, chain(load<v128>(da), siluSlope(load<v128>(z))));
  if (n > 0) storeOne(dz, chain(loadOne(da), siluSlope(loadOne(z))));
}

@inline function silu(z: v128): v128 {
  return times(z, sigmoid(z));
}

/** σ(z) · (1 + z · (1 - σ(z))). */
@inline function siluSlope(z: v128): v128 {
  return slopeBy(z, sigmoid(z));
}

/** The same, s being σ(z). */
@inline export function slopeBy(z: v128, s: v128): v128 {
  const one = splat<v128>(1);
  return times(s, plus(one, times(z, minus(one, s))));
}
