/** y[i] = x[i]. Overwrites `y`. */
export function copy(
  y: Float64Array, // [n] out
  x: Float64Array, // [n]
  n: number,
): void {
  for (let i = 0; i < n; i++) y[i] = x[i];
}

/** y[i] = a[i] + b[i]. Overwrites `y`, which may be `a` or `b`. */
export function plus(
  y: Float64Array, // [n] out
  a: Float64Array, // [n]
  b: Float64Array, // [n]
  n: number,
): void {
  for (let i = 0; i < n; i++) y[i] = a[i] + b[i];
}

/** y[i] = value. Overwrites `y`. */
export function fill(
  y: Float64Array, // [n] out
  value: number,
  n: number,
): void {
  y.fill(value, 0, n);
}
