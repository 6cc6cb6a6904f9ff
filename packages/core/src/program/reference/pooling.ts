import { type Elements, roundingOf, typeOf } from '../../math/element-type.ts';
import { mathOf } from '../../math/real-math.ts';
import { viewOf } from '../../math/scratch.ts';
import { imageSizes, inputAt, type WindowAxis, type WindowGeometry } from '../../math/windows.ts';
import { sumRows } from './sum-rows.ts';

// Pools over two axes, channels last; one axis is an image of height 1. Images are [H, V, C], outputs [OH, OV, C].
// Windows have no dilation.

/** The first input of the window of output o that is inside of the image. */
const firstInput = (axis: WindowAxis, o: number): number => Math.max(0, inputAt(axis, o, 0));

/** The input after the last one of the window of output o that is inside of the image. */
const endInput = (axis: WindowAxis, o: number): number => Math.min(axis.inputs, inputAt(axis, o, axis.kernel));

/** The first output whose window reaches input i. */
const firstOutput = ({ kernel, stride, before }: WindowAxis, i: number): number =>
  Math.max(0, Math.floor((i + before - kernel) / stride) + 1);

/** The last output whose window reaches input i. */
const lastOutput = ({ outputs, stride, before }: WindowAxis, i: number): number =>
  Math.min(outputs - 1, Math.floor((i + before) / stride));

/**
 * y = the largest input of each window, of equal ones the first in (ky, kx) order; NaN if an input is. Inputs outside
 * of the image are -∞. Overwrites `y`.
 */
export function maxPoolForward(
  y: Elements, // [B, OH, OV, C] out
  x: Elements, // [B, H, V, C]
  B: number,
  geometry: WindowGeometry,
): void {
  const { height, width, C } = geometry;
  const [H, V, OH, OV] = imageSizes(geometry);
  for (let p = 0; p < B * OH * OV; p++) {
    const n = Math.floor(p / (OH * OV));
    const [oy, ox] = [Math.floor(p / OV) % OH, p % OV];
    for (let c = 0; c < C; c++) {
      let maximum = Number.NEGATIVE_INFINITY;
      for (let iy = firstInput(height, oy); iy < endInput(height, oy); iy++) {
        for (let ix = firstInput(width, ox); ix < endInput(width, ox); ix++) {
          const value = x[((n * H + iy) * V + ix) * C + c];
          if (value > maximum || Number.isNaN(value)) maximum = value;
        }
      }
      y[p * C + c] = maximum;
    }
  }
}

/** Whether an input is the maximum y of its window. */
const isMaximum = (x: number, y: number): boolean => x === y || Number.isNaN(x);

/**
 * dx; each sum starts at 0 and adds dy of the windows whose maximum the input is, (oy, ox) ascending. Of several maxima
 * of a window the first in (ky, kx) order counts. Overwrites `dx`.
 */
export function maxPoolBackward(
  dx: Elements, // [B, H, V, C] out
  dy: Elements, // [B, OH, OV, C]
  x: Elements, // [B, H, V, C]
  y: Elements, // [B, OH, OV, C]
  B: number,
  geometry: WindowGeometry,
): void {
  const { height, width, C } = geometry;
  const [H, V, OH, OV] = imageSizes(geometry);
  const round = roundingOf(dx);
  for (let p = 0; p < B * H * V; p++) {
    const n = Math.floor(p / (H * V));
    const [iy, ix] = [Math.floor(p / V) % H, p % V];
    for (let c = 0; c < C; c++) {
      let sum = 0;
      for (let oy = firstOutput(height, iy); oy <= lastOutput(height, iy); oy++) {
        for (let ox = firstOutput(width, ix); ox <= lastOutput(width, ix); ox++) {
          const o = ((n * OH + oy) * OV + ox) * C + c;
          if (!isMaximum(x[p * C + c], y[o])) continue;
          let isFirst = true;
          for (let ry = firstInput(height, oy); ry <= iy; ry++) {
            const end = ry === iy ? ix : endInput(width, ox);
            for (let rx = firstInput(width, ox); rx < end; rx++) {
              if (isMaximum(x[((n * H + ry) * V + rx) * C + c], y[o])) isFirst = false;
            }
          }
          if (isFirst) sum = round(sum + dy[o]);
        }
      }
      dx[p * C + c] = sum;
    }
  }
}

/** y = (the sum of a window from 0, (ky, kx) ascending) / (KY · KX); padding adds nothing. Overwrites `y`. */
export function avgPoolForward(
  y: Elements, // [B, OH, OV, C] out
  x: Elements, // [B, H, V, C]
  B: number,
  geometry: WindowGeometry,
): void {
  const { height, width, C } = geometry;
  const [H, V, OH, OV] = imageSizes(geometry);
  const round = roundingOf(y);
  const size = round(height.kernel * width.kernel);
  for (let p = 0; p < B * OH * OV; p++) {
    const n = Math.floor(p / (OH * OV));
    const [oy, ox] = [Math.floor(p / OV) % OH, p % OV];
    for (let c = 0; c < C; c++) {
      let sum = 0;
      for (let iy = firstInput(height, oy); iy < endInput(height, oy); iy++) {
        for (let ix = firstInput(width, ox); ix < endInput(width, ox); ix++) {
          sum = round(sum + x[((n * H + iy) * V + ix) * C + c]);
        }
      }
      y[p * C + c] = sum / size;
    }
  }
}

/**
 * dx = (the sum from 0 of dy of the windows that read the input, (oy, ox) ascending) / (KY · KX), tiny values flushed
 * to 0. Overwrites `dx`.
 */
export function avgPoolBackward(
  dx: Elements, // [B, H, V, C] out
  dy: Elements, // [B, OH, OV, C]
  B: number,
  geometry: WindowGeometry,
): void {
  const { height, width, C } = geometry;
  const [H, V, OH, OV] = imageSizes(geometry);
  const { round, flush } = mathOf(typeOf(dx));
  const size = round(height.kernel * width.kernel);
  for (let p = 0; p < B * H * V; p++) {
    const n = Math.floor(p / (H * V));
    const [iy, ix] = [Math.floor(p / V) % H, p % V];
    for (let c = 0; c < C; c++) {
      let sum = 0;
      for (let oy = firstOutput(height, iy); oy <= lastOutput(height, iy); oy++) {
        for (let ox = firstOutput(width, ix); ox <= lastOutput(width, ix); ox++) {
          sum = round(sum + dy[((n * OH + oy) * OV + ox) * C + c]);
        }
      }
      dx[p * C + c] = flush(round(sum / size));
    }
  }
}

/** y[C] = (the sum of a row's positions, in the order of `sumRows`) / R. Overwrites `y` and `sums`. */
export function globalAvgPoolForward(
  y: Elements, // [B, C] out
  sums: Elements, // [sumLevels(1, R), C] scratch
  x: Elements, // [B, R, C]
  B: number,
  R: number,
  C: number,
): void {
  const count = roundingOf(y)(R);
  for (let n = 0; n < B; n++) {
    sumRows(sums, C, 1 /* row */, 1 /* row of a leaf */, R, (level, first, positions) => {
      sums.fill(0, level * C, (level + 1) * C);
      for (let r = n * R + first; r < n * R + first + positions; r++) {
        for (let c = 0; c < C; c++) sums[level * C + c] += x[r * C + c];
      }
    });
    for (let c = 0; c < C; c++) y[n * C + c] = sums[c] / count;
  }
}

/** dx = dy / R at every position, tiny values flushed to 0. Overwrites `dx`. */
export function globalAvgPoolBackward(
  dx: Elements, // [B, R, C] out
  dy: Elements, // [B, C]
  B: number,
  R: number,
  C: number,
): void {
  const { round, flush } = mathOf(typeOf(dx));
  const count = round(R);
  for (let p = 0; p < B * R; p++) {
    const n = Math.floor(p / R);
    for (let c = 0; c < C; c++) dx[p * C + c] = flush(round(dy[n * C + c] / count));
  }
}

/** y[C] = (the sum of a row's real positions, in the order of `sumRows`) / their number. Overwrites `y` and `sums`. */
export function sequenceMeanForward(
  y: Elements, // [B, C] out
  sums: Elements, // [sumLevels(1, T), C] scratch
  x: Elements, // [B, T, C]
  lengths: Float64Array, // [B]
  B: number,
  T: number,
  C: number,
): void {
  for (let n = 0; n < B; n++) {
    const row = viewOf(x, n * T * C, T * C);
    globalAvgPoolForward(viewOf(y, n * C, C), sums, row, 1, Math.min(lengths[n], T), C);
  }
}

/** dx = dy / length at every real position, tiny values flushed to 0, and 0 at padding. Overwrites `dx`. */
export function sequenceMeanBackward(
  dx: Elements, // [B, T, C] out
  dy: Elements, // [B, C]
  lengths: Float64Array, // [B]
  B: number,
  T: number,
  C: number,
): void {
  dx.fill(0, 0, B * T * C);
  for (let n = 0; n < B; n++) {
    const row = viewOf(dx, n * T * C, T * C);
    globalAvgPoolBackward(row, viewOf(dy, n * C, C), 1, Math.min(lengths[n], T), C);
  }
}

/** y: every position of x, FY times FX times. Overwrites `y`. */
export function upsampleForward(
  y: Elements, // [B, H · FY, V · FX, C] out
  x: Elements, // [B, H, V, C]
  B: number,
  H: number,
  V: number,
  C: number,
  FY: number,
  FX: number,
): void {
  for (let p = 0; p < B * H * FY * V * FX; p++) {
    const [row, ox] = [Math.floor(p / (V * FX)), p % (V * FX)];
    const from = (Math.floor(row / FY) * V + Math.floor(ox / FX)) * C;
    for (let c = 0; c < C; c++) y[p * C + c] = x[from + c];
  }
}

/** dx = the sum from 0 of dy at the positions of an input, (oy, ox) ascending. Overwrites `dx`. */
export function upsampleBackward(
  dx: Elements, // [B, H, V, C] out
  dy: Elements, // [B, H · FY, V · FX, C]
  B: number,
  H: number,
  V: number,
  C: number,
  FY: number,
  FX: number,
): void {
  const round = roundingOf(dx);
  for (let p = 0; p < B * H * V; p++) {
    const [row, ix] = [Math.floor(p / V), p % V];
    for (let c = 0; c < C; c++) {
      let sum = 0;
      for (let oy = row * FY; oy < (row + 1) * FY; oy++) {
        for (let ox = ix * FX; ox < (ix + 1) * FX; ox++) sum = round(sum + dy[(oy * V * FX + ox) * C + c]);
      }
      dx[p * C + c] = sum;
    }
  }
}
