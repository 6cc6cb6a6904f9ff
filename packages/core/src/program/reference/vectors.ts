import { type Elements, roundingOf } from '../../math/element-type.ts';

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

/** y[i] = ofX · x[i] + ofY · y[i]. Overwrites `y`. */
export function combine(
  y: Elements, // [n] in and out
  x: Elements, // [n]
  n: number,
  factorOfX: number,
  factorOfY: number,
): void {
  const round = roundingOf(y);
  const [xFactor, yFactor] = [round(factorOfX), round(factorOfY)];
  for (let i = 0; i < n; i++) y[i] = round(xFactor * x[i]) + round(yFactor * y[i]);
}

/** A[i, i] += value. Overwrites `A`. */
export function addToDiagonal(
  A: Elements, // [size, size] in and out
  size: number,
  value: number,
): void {
  const roundedValue = roundingOf(A)(value);
  for (let i = 0; i < size; i++) A[i * size + i] += roundedValue;
}

/** y[i] = value. Overwrites `y`. */
export function fill(
  y: Elements, // [n] out
  value: number,
  n: number,
): void {
  y.fill(value, 0, n);
}

/** y[N, J, I] = xᵀ of each of N matrices. Overwrites `y`. */
export function transpose(
  y: Elements, // [N, J, I] out
  x: Elements, // [N, I, J]
  I: number,
  J: number,
  N: number,
): void {
  for (let first = 0; first < N * I * J; first += I * J) {
    for (let i = 0; i < I; i++) for (let j = 0; j < J; j++) y[first + j * I + i] = x[first + i * J + j];
  }
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

/** y[n] = x[n] · row. Overwrites `y`. */
export function multiplyRow(
  y: Elements, // [B, size] out
  x: Elements, // [B, size]
  row: Elements, // [size]
  B: number,
  size: number,
): void {
  for (let n = 0; n < B; n++) for (let j = 0; j < size; j++) y[n * size + j] = x[n * size + j] * row[j];
}
