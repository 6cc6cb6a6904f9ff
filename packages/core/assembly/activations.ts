import { erf } from './erf';
import { exp } from './exp';
import { flush } from './flush';
import { LANES, loadRest, minus, plus, splat, storeRest, times } from './lanes';
import { sigmoid } from './sigmoid';
import { tanh } from './tanh';

// Forward: a[i] = f(z[i]). Overwrites `a`, which may be `z`. Backward: dz[i] = flush(da[i] · f′). Overwrites `dz`,
// which may be `da`. The last elements go through the same lanes, padded with zeros. This second use of the loop's
// constants also makes V8 keep them outside of the loop.

export function reluForward(a: usize, z: usize, n: i32): void {
  for (; n >= LANES; n -= LANES, a += 16, z += 16) store<v128>(a, relu(load<v128>(z)));
  if (n > 0) storeRest(a, relu(loadRest(z, n)), n);
}

export function reluBackward(dz: usize, da: usize, a: usize, n: i32): void {
  for (; n >= LANES; n -= LANES, dz += 16, da += 16, a += 16) {
    store<v128>(dz, chain(load<v128>(da), reluSlope(load<v128>(a))));
  }
  if (n > 0) storeRest(dz, chain(loadRest(da, n), reluSlope(loadRest(a, n))), n);
}

export function sigmoidForward(a: usize, z: usize, n: i32): void {
  for (; n >= LANES; n -= LANES, a += 16, z += 16) store<v128>(a, sigmoid(load<v128>(z)));
  if (n > 0) storeRest(a, sigmoid(loadRest(z, n)), n);
}

export function sigmoidBackward(dz: usize, da: usize, a: usize, n: i32): void {
  for (; n >= LANES; n -= LANES, dz += 16, da += 16, a += 16) {
    store<v128>(dz, chain(load<v128>(da), sigmoidSlope(load<v128>(a))));
  }
  if (n > 0) storeRest(dz, chain(loadRest(da, n), sigmoidSlope(loadRest(a, n))), n);
}

export function tanhForward(a: usize, z: usize, n: i32): void {
  for (; n >= LANES; n -= LANES, a += 16, z += 16) store<v128>(a, tanh(load<v128>(z)));
  if (n > 0) storeRest(a, tanh(loadRest(z, n)), n);
}

export function tanhBackward(dz: usize, da: usize, a: usize, n: i32): void {
  for (; n >= LANES; n -= LANES, dz += 16, da += 16, a += 16) {
    store<v128>(dz, chain(load<v128>(da), tanhSlope(load<v128>(a))));
  }
  if (n > 0) storeRest(dz, chain(loadRest(da, n), tanhSlope(loadRest(a, n))), n);
}

export function geluForward(a: usize, z: usize, n: i32): void {
  for (; n >= LANES; n -= LANES, a += 16, z += 16) store<v128>(a, gelu(load<v128>(z)));
  if (n > 0) storeRest(a, gelu(loadRest(z, n)), n);
}

export function geluBackward(dz: usize, da: usize, z: usize, n: i32): void {
  for (; n >= LANES; n -= LANES, dz += 16, da += 16, z += 16) {
    store<v128>(dz, chain(load<v128>(da), geluSlope(load<v128>(z))));
  }
  if (n > 0) storeRest(dz, chain(loadRest(da, n), geluSlope(loadRest(z, n))), n);
}

/** max(0, z), NaN and -0 kept. */
@inline function relu(z: v128): v128 {
  return v128.andnot(z, v128.lt<Real>(z, splat<v128>(0)));
}

@inline function reluSlope(a: v128): v128 {
  return v128.and(splat<v128>(1), v128.gt<Real>(a, splat<v128>(0)));
}

@inline function sigmoidSlope(a: v128): v128 {
  return times(a, minus(splat<v128>(1), a));
}

@inline function tanhSlope(a: v128): v128 {
  return minus(splat<v128>(1), times(a, a));
}

/** z Φ(z). */
@inline function gelu(z: v128): v128 {
  return times(times(splat<v128>(0.5), z), plus(splat<v128>(1), erf(times(z, splat<v128>(SQRT_HALF)))));
}

/** Φ(z) + z φ(z). */
@inline function geluSlope(z: v128): v128 {
  const cumulative = times(splat<v128>(0.5), plus(splat<v128>(1), erf(times(z, splat<v128>(SQRT_HALF)))));
  const density = times(exp(times(times(splat<v128>(-0.5), z), z)), splat<v128>(INV_SQRT_2PI));
  return plus(cumulative, times(z, density));
}

/** flush(da · slope), as a backward pass stores it. */
@inline export function chain(da: v128, slope: v128): v128 {
  return flush<v128>(times(da, slope));
}

const SQRT_HALF: Real = 0.7071067811865476;
const INV_SQRT_2PI: Real = 0.3989422804014327;
