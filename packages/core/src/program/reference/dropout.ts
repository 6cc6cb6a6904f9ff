import { type Elements, roundingOf } from '../../math/element-type.ts';
import { philox4x32 } from '../../math/random/index.ts';

/**
 * y[B,size] = x · m with m = 0 if a random word is below `threshold`, else `factor`. The word is a function of key,
 * step, row in the batch, and column: Philox-4x32-10 of the counter (block of four columns, row, lower and upper 32
 * bits of the step). So forward and backward pass draw the same mask. Overwrites `y`, which may be `x`.
 */
export function dropout(
  y: Elements, // [B, size] out
  x: Elements, // [B, size]
  stepAndRow: Float64Array, // [2] step of the run, and index of row 0 in the batch; both whole and below 2⁵³
  B: number,
  size: number,
  key0: number, // 32 bits, signed or unsigned
  key1: number,
  threshold: number, // a whole number below 2³²
  factor: number,
): void {
  const keepFactor = roundingOf(y)(factor);
  const step = stepAndRow[0];
  const firstRow = stepAndRow[1];
  for (let n = 0; n < B; n++) {
    const row = n * size;
    for (let o = 0; o < size; o++) {
      if ((o & 3) === 0) philox4x32(words, o >>> 2, firstRow + n, step, step / 4294967296, key0, key1);
      y[row + o] = x[row + o] * (words[o & 3] < threshold ? 0 : keepFactor); // a product, so that NaN is not hidden
    }
  }
}

/**
 * y[B,R,C] = x · m with one m for all R positions of a channel: that of `dropout` for rows of C columns. Overwrites
 * `mask` and `y`, which may be `x`.
 */
export function channelDropout(
  y: Elements, // [B, R, C] out
  x: Elements, // [B, R, C]
  mask: Elements, // [C] scratch
  stepAndRow: Float64Array, // [2] as in `dropout`
  B: number,
  R: number,
  C: number,
  key0: number,
  key1: number,
  threshold: number,
  factor: number,
): void {
  const keepFactor = roundingOf(y)(factor);
  const step = stepAndRow[0];
  for (let n = 0; n < B; n++) {
    for (let c = 0; c < C; c++) {
      if ((c & 3) === 0) philox4x32(words, c >>> 2, stepAndRow[1] + n, step, step / 4294967296, key0, key1);
      mask[c] = words[c & 3] < threshold ? 0 : keepFactor;
    }
    for (let r = n * R; r < (n + 1) * R; r++) for (let c = 0; c < C; c++) y[r * C + c] = x[r * C + c] * mask[c];
  }
}

const words = new Uint32Array(4);
