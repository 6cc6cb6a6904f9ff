import type { Elements } from '../../math/element-type.ts';

/** y[C] = the last of the T places of each row. Overwrites `y`. */
export function lastPositionForward(
  y: Elements, // [B, C] out
  x: Elements, // [B, T, C]
  B: number,
  T: number,
  C: number,
): void {
  for (let n = 0; n < B; n++) for (let c = 0; c < C; c++) y[n * C + c] = x[(n * T + T - 1) * C + c];
}

/** dx = dy at the last place of each row, 0 at the others. Overwrites `dx`. */
export function lastPositionBackward(
  dx: Elements, // [B, T, C] out
  dy: Elements, // [B, C]
  B: number,
  T: number,
  C: number,
): void {
  dx.fill(0, 0, B * T * C);
  for (let n = 0; n < B; n++) for (let c = 0; c < C; c++) dx[(n * T + T - 1) * C + c] = dy[n * C + c];
}
