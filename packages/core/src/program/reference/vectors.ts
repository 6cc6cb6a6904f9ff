import type { Elements } from '../../math/element-type.ts';

/** y[i] = x[i]. Overwrites `y`. */
export function copy(
  y: Elements, // [n] out
  x: Elements, // [n]
  n: number,
): void {
  for (let i = 0; i < n; i++) y[i] = x[i];
}

/** y[i] = a[i] + b[i]. Overwrites `y`, which may be `a` or `b`. */
export function plus(
  y: Elements, // [n] out
  a: Elements, // [n]
  b: Elements, // [n]
  n: number,
): void {
  for (let i = 0; i < n; i++) y[i] = a[i] + b[i];
}

/** y[i] = value. Overwrites `y`. */
export function fill(
  y: Elements, // [n] out
  value: number,
  n: number,
): void {
  y.fill(value, 0, n);
}

/** y[J, I] = xᵀ. Overwrites `y`. */
export function transpose(
  y: Elements, // [J, I] out
  x: Elements, // [I, J]
  I: number,
  J: number,
): void {
  for (let i = 0; i < I; i++) for (let j = 0; j < J; j++) y[j * I + i] = x[i * J + j];
}

/** y[n] += row. Overwrites `y`. */
export function addRow(
  y: Elements, // [B, size] in and out
  row: Elements, // [size]
  B: number,
  size: number,
): void {
  for (let n = 0; n < B; n++) for (let j = 0; j < size; j++) y[n * size + j] += row[j];
}
