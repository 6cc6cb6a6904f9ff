// The element type is chosen at compilation (asconfig.json): Real is f64 or f32, and Bits the integer type of the same
// width, u64 or u32. Vector operations are those of v128 with a type argument, such as v128.lt<Real>; constants are
// Real. Code that depends on the type in another way tests LANES or sizeof<Real>(), which are compile-time constants.
// 
// Arithmetic is written once for vectors (T = v128) and single numbers (T = Real). Each lane of a vector rounds as a
// single number does, so a loop over vectors that ends with single numbers has the bits of a loop over single numbers.
// 
// The four lanes (j mod 4) of a sum are in one vector of floats, `low`, or in two of doubles, `low` and `high`.

/** Numbers in a vector. */
export const LANES: i32 = 16 / sizeof<Real>();

/** Bytes of n elements. */
@inline export function bytes(n: i32): usize {
  return <usize>n << alignof<Real>();
}

/** Bytes of n doubles. */
@inline export function bytesOfDoubles(n: i32): usize {
  return <usize>n << 3;
}

/** Loads a double (a learning rate, a factor) and rounds it to the element type. */
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

/** Loads the last n numbers, fewer than a vector, padded with zeros, so that code for vectors can take them. */
@inline export function loadRest(p: usize, n: i32): v128 {
  if (LANES == 2 || n == 1) return v128.load_zero<Real>(p);
  if (n == 2) return v128.load_zero<f64>(p);
  return v128.load_lane<f32>(p, v128.load_zero<f64>(p), 2, 8);
}

/** Stores the first n numbers of a vector, fewer than all. */
@inline export function storeRest(p: usize, x: v128, n: i32): void {
  if (LANES == 2 || n == 1) {
    v128.store_lane<Real>(p, x, 0);
  } else {
    v128.store_lane<f64>(p, x, 0);
    if (n == 3) v128.store_lane<f32>(p, x, 2, 8);
  }
}

/** Loads n numbers, up to a vector, padded with zeros. */
@inline export function loadFirst(p: usize, n: i32): v128 {
  return n == LANES ? load<v128>(p) : loadRest(p, n);
}

/** Stores the first n numbers of a vector, up to all. */
@inline export function storeFirst(p: usize, x: v128, n: i32): void {
  if (n == LANES) store<v128>(p, x);
  else storeRest(p, x, n);
}

// The four lanes in `low` and `high`.

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
