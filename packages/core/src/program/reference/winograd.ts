import { createElements, type Elements, type Round, roundingOf, typeOf } from '../../math/element-type.ts';
import type { MultiplyAdd } from '../../math/fma.ts';
import type { ConvolutionGeometry } from '../../math/windows.ts';

// Each transform goes down the columns of a tile first, then along its rows, in operations that round by themselves. A
// tile is [4, 4], row by row; plane p has number p of all tiles.

/** Four numbers `step` apart from `at` on: (a - c, b + c, c - b, b - d). */
function transformInputs(tile: Elements, at: number, step: number): void {
  const [a, b, c, d] = [tile[at], tile[at + step], tile[at + 2 * step], tile[at + 3 * step]];
  tile[at] = a - c;
  tile[at + step] = b + c;
  tile[at + 2 * step] = c - b;
  tile[at + 3 * step] = b - d;
}

/** Three numbers become four: (a, ((a + c) + b) / 2, ((a + c) - b) / 2, c). */
function transformWeights(tile: Elements, at: number, step: number, round: Round): void {
  const [a, b, c] = [tile[at], tile[at + step], tile[at + 2 * step]];
  const ends = round(a + c);
  tile[at + step] = round(ends + b) / 2;
  tile[at + 2 * step] = round(ends - b) / 2;
  tile[at + 3 * step] = c;
}

/** Four numbers become two: ((a + b) + c, (b - c) - d). */
function transformSums(tile: Elements, at: number, step: number, round: Round): void {
  const [a, b, c, d] = [tile[at], tile[at + step], tile[at + 2 * step], tile[at + 3 * step]];
  tile[at] = round(a + b) + c;
  tile[at + step] = round(b - c) - d;
}

/**
 * y = x * W + b, or dx from dy and W, of windows of 3 x 3 by Winograd's F(2x2, 3x3): 2 x 2 outputs from a tile of 4 x 4
 * inputs by 16 products instead of 36 ([Lavin and Gray 2016](https://doi.org/10.1109/CVPR.2016.435)). In each plane a
 * sum over channels starts at 0 and adds them ascending; b is added to the outputs at last. Overwrites `out`.
 */
export function winograd(
  out: Elements, // [B, OH, OV, O], or dx
  source: Elements, // [B, H, V, C], or dy
  W: Elements, // [3, 3, C, O]
  b: Elements | null, // [O]
  B: number,
  { height, width, C, O }: ConvolutionGeometry,
  isBackward: boolean,
  multiplyAdd: MultiplyAdd,
): void {
  const round = roundingOf(out);
  const [readC, writtenC] = isBackward ? [O, C] : [C, O];
  const [y, x] = [height, width].map(({ inputs, outputs, before }) =>
    isBackward ? { read: outputs, written: inputs, before: 2 - before } : { read: inputs, written: outputs, before },
  );
  const type = typeOf(out);
  const tile = createElements(type, 16);
  const U = createElements(type, 16 * readC * writtenC);
  for (let r = 0; r < readC; r++) {
    for (let w = 0; w < writtenC; w++) {
      for (let ky = 0; ky < 3; ky++) {
        for (let kx = 0; kx < 3; kx++) {
          tile[4 * ky + kx] = isBackward ? W[((8 - 3 * ky - kx) * C + w) * O + r] : W[((3 * ky + kx) * C + r) * O + w];
        }
      }
      for (let kx = 0; kx < 3; kx++) transformWeights(tile, kx, 4, round);
      for (let i = 0; i < 4; i++) transformWeights(tile, 4 * i, 1, round);
      for (let p = 0; p < 16; p++) U[(p * readC + r) * writtenC + w] = tile[p];
    }
  }
  const inputs = createElements(type, 16 * readC);
  for (let n = 0; n < B; n++) {
    for (let top = 0; top < y.written; top += 2) {
      for (let left = 0; left < x.written; left += 2) {
        for (let r = 0; r < readC; r++) {
          for (let p = 0; p < 16; p++) {
            const [iy, ix] = [top + (p >> 2) - y.before, left + (p & 3) - x.before];
            const isInside = iy >= 0 && iy < y.read && ix >= 0 && ix < x.read;
            tile[p] = isInside ? source[((n * y.read + iy) * x.read + ix) * readC + r] : 0;
          }
          for (let j = 0; j < 4; j++) transformInputs(tile, j, 4);
          for (let i = 0; i < 4; i++) transformInputs(tile, 4 * i, 1);
          for (let p = 0; p < 16; p++) inputs[p * readC + r] = tile[p];
        }
        for (let w = 0; w < writtenC; w++) {
          for (let p = 0; p < 16; p++) {
            let sum = 0;
            for (let r = 0; r < readC; r++)
              sum = multiplyAdd(inputs[p * readC + r], U[(p * readC + r) * writtenC + w], sum);
            tile[p] = sum + 0;
          }
          for (let j = 0; j < 4; j++) transformSums(tile, j, 4, round);
          for (let i = 0; i < 2; i++) transformSums(tile, 4 * i, 1, round);
          for (let i = 0; i < Math.min(2, y.written - top); i++) {
            for (let j = 0; j < Math.min(2, x.written - left); j++) {
              const at = ((n * y.written + top + i) * x.written + left + j) * writtenC + w;
              out[at] = b === null ? tile[4 * i + j] : tile[4 * i + j] + b[w];
            }
          }
        }
      }
    }
  }
}
