// Arithmetic written once for a pair of doubles (T = v128) and for a single one (T = f64). Each lane of a pair rounds
// as a single does, so a loop in pairs that ends with a single has the bits of a loop in singles.

/** n doubles in bytes. */
@inline export function bytes(n: i32): usize {
  return <usize>n << 3;
}

@inline export function splat<T>(x: f64): T {
  if (isVector<T>()) return f64x2.splat(x);
  else return x;
}

@inline export function loadSplat<T>(p: usize): T {
  if (isVector<T>()) return v128.load_splat<f64>(p);
  else return load<f64>(p);
}

@inline export function copy<T>(to: usize, from: usize): void {
  store<T>(to, load<T>(from));
}

/** One double beside a zero, so that it goes through code for pairs. */
@inline export function loadOne(p: usize): v128 {
  return v128.load_zero<f64>(p);
}

/** The first of a pair. */
@inline export function storeOne(p: usize, x: v128): void {
  v128.store_lane<f64>(p, x, 0);
}

@inline export function plus<T>(a: T, b: T): T {
  if (isVector<T>()) return f64x2.add(a, b);
  else return a + b;
}

@inline export function minus<T>(a: T, b: T): T {
  if (isVector<T>()) return f64x2.sub(a, b);
  else return a - b;
}

@inline export function times<T>(a: T, b: T): T {
  if (isVector<T>()) return f64x2.mul(a, b);
  else return a * b;
}

@inline export function over<T>(a: T, b: T): T {
  if (isVector<T>()) return f64x2.div(a, b);
  else return a / b;
}

@inline export function root<T>(a: T): T {
  if (isVector<T>()) return f64x2.sqrt(a);
  else return sqrt<f64>(a);
}
