import { chain } from './activations';
import { LANES, loadRest, minus, plus, splat, storeRest, times } from './lanes';
import { sigmoid } from './sigmoid';

/** a[i] = z[i] · σ(z[i]). Overwrites `a`, which may be `z`. */
export function siluForward(a: usize, z: usize, n: i32): void {
  for (; n >= LANES; n -= LANES, a += 16, z += 16) store<v128>(a, silu(load<v128>(z)));
  if (n > 0) storeRest(a, silu(loadRest(z, n)), n);
}

/** dz[i] = flush(da[i] · f′). Overwrites `dz`, which may be `da`. */
export function siluBackward(dz: usize, da: usize, z: usize, n: i32): void {
  for (; n >= LANES; n -= LANES, dz += 16, da += 16, z += 16) {
    store<v128>(dz, chain(load<v128>(da), siluSlope(load<v128>(z))));
  }
  if (n > 0) storeRest(dz, chain(loadRest(da, n), siluSlope(loadRest(z, n))), n);
}

@inline function silu(z: v128): v128 {
  return times(z, sigmoid(z));
}

/** σ(z) · (1 + z · (1 - σ(z))). */
@inline function siluSlope(z: v128): v128 {
  return slopeBy(z, sigmoid(z));
}

/** σ(z) · (1 + z · (1 - σ(z))) for s = σ(z). */
@inline export function slopeBy(z: v128, s: v128): v128 {
  const one = splat<v128>(1);
  return times(s, plus(one, times(z, minus(one, s))));
}
