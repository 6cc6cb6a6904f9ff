import { atLeast } from './choose';
import { erf } from './erf';
import { exp } from './exp';
import { expm1, expm1Below } from './expm1';
import { flush } from './flush';
import { LANES, loadRest, minus, over, plus, splat, storeRest, times } from './lanes';
import { log1p } from './log1p';
import { sigmoid } from './sigmoid';
import { tanh } from './tanh';

// An activation is a class of two formulas, f(z) and f′ of what src/families/activations reads. No object of it is
// made: F only names the formulas to the compiler, which inlines them.

/** a[i] = f(z[i]). Overwrites `a`, which may be `z`. */
@inline function forward<F>(a: usize, z: usize, n: i32, parameter: f64 = 0): void {
  const activation = changetype<F>(0);
  const alpha = splat<v128>(<Real>parameter);
  for (; n >= LANES; n -= LANES, a += 16, z += 16) store<v128>(a, activation.f(load<v128>(z), alpha));
  // The last numbers go through the same lanes, padded with zeros. This second use of the loop's constants also makes
  // V8 keep them outside of the loop.
  if (n > 0) storeRest(a, activation.f(loadRest(z, n), alpha), n);
}

/** dz[i] = flush(da[i] · f′), where `za` is z or a. Overwrites `dz`, which may be `da`. */
@inline function backward<F>(dz: usize, da: usize, za: usize, n: i32, parameter: f64 = 0): void {
  const activation = changetype<F>(0);
  const alpha = splat<v128>(<Real>parameter);
  for (; n >= LANES; n -= LANES, dz += 16, da += 16, za += 16) {
    store<v128>(dz, flush<v128>(times(load<v128>(da), activation.slope(load<v128>(za), alpha))));
  }
  if (n > 0) storeRest(dz, flush<v128>(times(loadRest(da, n), activation.slope(loadRest(za, n), alpha))), n);
}

@unmanaged class Identity {
  @inline f(z: v128, _alpha: v128): v128 { return z; }
  @inline slope(_a: v128, _alpha: v128): v128 { return splat<v128>(1); }
}

@unmanaged class Sigmoid {
  @inline f(z: v128, _alpha: v128): v128 { return sigmoid(z); }
  @inline slope(a: v128, _alpha: v128): v128 { return times(a, minus(splat<v128>(1), a)); }
}

@unmanaged class Tanh {
  @inline f(z: v128, _alpha: v128): v128 { return tanh(z); }
  @inline slope(a: v128, _alpha: v128): v128 { return minus(splat<v128>(1), times(a, a)); }
}

/** max(0, z), NaN and -0 kept. */
@unmanaged class Relu {
  @inline f(z: v128, _alpha: v128): v128 { return v128.andnot(z, v128.lt<Real>(z, splat<v128>(0))); }
  @inline slope(a: v128, _alpha: v128): v128 { return v128.and(splat<v128>(1), isPositive(a)); }
}

@unmanaged class LeakyRelu {
  @inline f(z: v128, alpha: v128): v128 { return v128.bitselect(z, times(alpha, z), isPositive(z)); }
  @inline slope(a: v128, alpha: v128): v128 { return v128.bitselect(splat<v128>(1), alpha, isPositive(a)); }
}

@unmanaged class Elu {
  @inline f(z: v128, alpha: v128): v128 { return v128.bitselect(z, times(alpha, expm1Below(z)), isPositive(z)); }
  @inline slope(a: v128, alpha: v128): v128 { return v128.bitselect(splat<v128>(1), plus(a, alpha), isPositive(a)); }
}

/** z Φ(z), and Φ(z) + z φ(z). */
@unmanaged class Gelu {
  @inline f(z: v128, _alpha: v128): v128 { return times(times(splat<v128>(0.5), z), twiceNormal(z)); }

  @inline slope(z: v128, _alpha: v128): v128 {
    const density = times(exp(times(times(splat<v128>(-0.5), z), z)), splat<v128>(INV_SQRT_2PI));
    return plus(times(splat<v128>(0.5), twiceNormal(z)), times(z, density));
  }
}

@unmanaged class Silu {
  @inline f(z: v128, _alpha: v128): v128 { return times(z, sigmoid(z)); }
  @inline slope(z: v128, _alpha: v128): v128 { return siluSlope(z, sigmoid(z)); }
}

@unmanaged class Softplus {
  @inline f(z: v128, _alpha: v128): v128 {
    return plus(atLeast(z, 0), log1p(exp(v128.neg<Real>(v128.abs<Real>(z)))));
  }

  @inline slope(a: v128, _alpha: v128): v128 { return v128.neg<Real>(expm1(v128.neg<Real>(a))); }
}

@unmanaged class Softsign {
  @inline f(z: v128, _alpha: v128): v128 { return over(z, plus(splat<v128>(1), v128.abs<Real>(z))); }

  @inline slope(z: v128, _alpha: v128): v128 {
    const size = plus(splat<v128>(1), v128.abs<Real>(z));
    return over(splat<v128>(1), times(size, size));
  }
}

/** 1 if z >= 0, else 0; NaN kept. */
@unmanaged class Step {
  @inline f(z: v128, _alpha: v128): v128 {
    return v128.bitselect(v128.and(splat<v128>(1), v128.ge<Real>(z, splat<v128>(0))), z, v128.eq<Real>(z, z));
  }

  @inline slope(_a: v128, _alpha: v128): v128 { return splat<v128>(0); }
}

@inline function isPositive(x: v128): v128 {
  return v128.gt<Real>(x, splat<v128>(0));
}

/** 2 Φ(z). */
@inline function twiceNormal(z: v128): v128 {
  return plus(splat<v128>(1), erf(times(z, splat<v128>(SQRT_HALF))));
}

const SQRT_HALF: Real = 0.7071067811865476;
const INV_SQRT_2PI: Real = 0.3989422804014327;

/** σ(z) · (1 + z · (1 - σ(z))) for s = σ(z). */
@inline export function siluSlope(z: v128, s: v128): v128 {
  const one = splat<v128>(1);
  return times(s, plus(one, times(z, minus(one, s))));
}

export function identityForward(a: usize, z: usize, n: i32): void { forward<Identity>(a, z, n); }
export function identityBackward(dz: usize, da: usize, a: usize, n: i32): void { backward<Identity>(dz, da, a, n); }
export function sigmoidForward(a: usize, z: usize, n: i32): void { forward<Sigmoid>(a, z, n); }
export function sigmoidBackward(dz: usize, da: usize, a: usize, n: i32): void { backward<Sigmoid>(dz, da, a, n); }
export function tanhForward(a: usize, z: usize, n: i32): void { forward<Tanh>(a, z, n); }
export function tanhBackward(dz: usize, da: usize, a: usize, n: i32): void { backward<Tanh>(dz, da, a, n); }
export function reluForward(a: usize, z: usize, n: i32): void { forward<Relu>(a, z, n); }
export function reluBackward(dz: usize, da: usize, a: usize, n: i32): void { backward<Relu>(dz, da, a, n); }
export function leakyReluForward(a: usize, z: usize, n: i32, alpha: f64): void { forward<LeakyRelu>(a, z, n, alpha); }
export function leakyReluBackward(dz: usize, da: usize, a: usize, n: i32, alpha: f64): void {
  backward<LeakyRelu>(dz, da, a, n, alpha);
}
export function eluForward(a: usize, z: usize, n: i32, alpha: f64): void { forward<Elu>(a, z, n, alpha); }
export function eluBackward(dz: usize, da: usize, a: usize, n: i32, alpha: f64): void {
  backward<Elu>(dz, da, a, n, alpha);
}
export function geluForward(a: usize, z: usize, n: i32): void { forward<Gelu>(a, z, n); }
export function geluBackward(dz: usize, da: usize, z: usize, n: i32): void { backward<Gelu>(dz, da, z, n); }
export function siluForward(a: usize, z: usize, n: i32): void { forward<Silu>(a, z, n); }
export function siluBackward(dz: usize, da: usize, z: usize, n: i32): void { backward<Silu>(dz, da, z, n); }
export function softplusForward(a: usize, z: usize, n: i32): void { forward<Softplus>(a, z, n); }
export function softplusBackward(dz: usize, da: usize, a: usize, n: i32): void { backward<Softplus>(dz, da, a, n); }
export function softsignForward(a: usize, z: usize, n: i32): void { forward<Softsign>(a, z, n); }
export function softsignBackward(dz: usize, da: usize, z: usize, n: i32): void { backward<Softsign>(dz, da, z, n); }
export function stepForward(a: usize, z: usize, n: i32): void { forward<Step>(a, z, n); }
export function stepBackward(dz: usize, da: usize, a: usize, n: i32): void { backward<Step>(dz, da, a, n); }
