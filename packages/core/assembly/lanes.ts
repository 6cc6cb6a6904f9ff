// The element type is that of the compilation (asconfig.json): Real is f64 or f32, and Bits the whole number of the
// same width, u64 or u32. Operations of vectors are those of v128 with a type, such as v128.lt<Real>, and constants are
// Real. Code that depends on the type otherwise asks for LANES or sizeof<Real>(), which are known when it is compiled.
//
// Arithmetic is written once for a vector (T = v128) and for a single number (T = Real). Each lane of a vector rounds
// as a single does, so a loop in vectors that ends with singles has the bits of a loop in singles.
//
// A sum in four lanes j mod 4 stands in one vector of floats, `low`, or in two of doubles, `low` and `high`.

/** Numbers of a vector. */
export const LANES: i32 = 16 / sizeof<Real>();

/** n numbers in bytes. */
@inline export function bytes(n: i32): usize {
  return <usize>n << alignof<Real>();
}

/** n doubles in bytes. */
@inline export function bytesOfDoubles(n: i32): usize {
  return <usize>n << 3;
}

/** A double as a number of the type: rates, factors and the like, which are rounded once. */
@inline export function loadRounded(p: usize): Real {
  return <Real>load<f64>(p);
}

@inline export function splat<T>(x: Real): T {
  if (isVector<T>()) return v128.splat<Real>(x);
  else return x;
}

@inline export function loadSplat<T>(p: usize): T {
  if (isVector<T>()) return v128.load_splat<Real>(p);
  else return load<T>(p);
}

@inline export function copy<T>(to: usize, from: usize): void {
  store<T>(to, load<T>(from));
}

/** The last n numbers, of fewer than a vector, beside zeros, so that they go through code for vectors. */
@inline export function loadRest(p: usize, n: i32): v128 {
  if (LANES == 2 || n == 1) return v128.load_zero<Real>(p);
  if (n == 2) return v128.load_zero<f64>(p);
  return v128.load_lane<f32>(p, v128.load_zero<f64>(p), 2, 8);
}

/** The first n numbers of a vector, not all. */
@inline export function storeRest(p: usize, x: v128, n: i32): void {
  if (LANES == 2 || n == 1) {
    v128.store_lane<Real>(p, x, 0);
  } else {
    v128.store_lane<f64>(p, x, 0);
    if (n == 3) v128.store_lane<f32>(p, x, 2, 8);
  }
}

// The four lanes of `low` and `high`.

@inline export function lane0(low: v128, _high: v128): Real {
  return v128.extract_lane<Real>(low, 0);
}

@inline export function lane1(low: v128, _high: v128): Real {
  return v128.extract_lane<Real>(low, 1);
}

@inline export function lane2(low: v128, high: v128): Real {
  if (LANES == 4) return v128.extract_lane<Real>(low, 2);
  else return v128.extract_lane<Real>(high, 0);
}

@inline export function lane3(low: v128, high: v128): Real {
  if (LANES == 4) return v128.extract_lane<Real>(low, 3);
  else return v128.extract_lane<Real>(high, 1);
}

@inline export function plus<T>(a: T, b: T): T {
  if (isVector<T>()) return v128.add<Real>(a, b);
  else return a + b;
}

@inline export function minus<T>(a: T, b: T): T {
  if (isVector<T>()) return v128.sub<Real>(a, b);
  else return a - b;
}

@inline export function times<T>(a: T, b: T): T {
  if (isVector<T>()) return v128.mul<Real>(a, b);
  else return a * b;
}

@inline export function over<T>(a: T, b: T): T {
  if (isVector<T>()) return v128.div<Real>(a, b);
  else return a / b;
}

@inline export function root<T>(a: T): T {
  if (isVector<T>()) return v128.sqrt<Real>(a);
  else return sqrt<Real>(a);
}
