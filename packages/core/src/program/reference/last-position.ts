import type { Elements } from '../../math/element-type.ts';

/** y[C] = the last real position of each row, of T at most. Overwrites `y`. */
export function lastPositionForward(
  y: Elements, // [B, C] out
  x: Elements, // [B, T, C]
  lengths: Float64Array, // [B]
  B: number,
  T: number,
  C: number,
): void {
  for (let n = 0; n < B; n++) {
    const last = Math.min(lengths[n], T) - 1;
    for (let c = 0; c < C; c++) y[n * C + c] = x[(n * T + last) * C + c];
  }
}

/** dx = dy at the last real position of each row, 0 at the others. Overwrites `dx`. */
export function lastPositionBackward(
  dx: Elements, // [B, T, C] out
  dy: Elements, // [B, C]
  lengths: Float64Array, // [B]
  B: number,
  T: number,
  C: number,
): void {
  dx.fill(0, 0, B * T * C);
  for (let n = 0; n < B; n++) {
    const last = Math.min(lengths[n], T) - 1;
    for (let c = 0; c < C; c++) dx[(n * T + last) * C + c] = dy[n * C + c];
  }
}
