import { type Elements, roundingOf, typeOf } from '../../math/element-type.ts';
import { mathOf } from '../../math/real-math.ts';
import { viewOf } from '../../math/scratch.ts';
import { sumRows } from './sum-rows.ts';

// Pools over two axes, channels last; one axis is an image of height 1. Images are [H, V, C], outputs [OH, OV, C].
// Output (oy, ox) reads the inputs (oy · strideY + ky - top, ox · strideX + kx - left) with ky < KY and kx < KX.

/** Outputs along an axis of n inputs with `padding` positions on each side. */
export const poolOutputs = (n: number, size: number, stride: number, padding: number): number =>
  Math.floor((n + 2 * padding - size) / stride) + 1;

/** The first output whose window reaches input i. */
const firstOver = (i: number, size: number, stride: number, padding: number): number =>
  Math.max(0, Math.floor((i + padding - size) / stride) + 1);

/** The last output whose window reaches input i, of `outputs`. */
const lastOver = (i: number, stride: number, padding: number, outputs: number): number =>
  Math.min(outputs - 1, Math.floor((i + padding) / stride));

/**
 * y = the largest input of each window, of equal ones the first in (ky, kx) order; NaN if an input is. Inputs outside
 * of the image are -∞. Overwrites `y`.
 */
export function maxPoolForward(
  y: Elements, // [B, OH, OV, C] out
  x: Elements, // [B, H, V, C]
  B: number,
  H: number,
  V: number,
  C: number,
  KY: number,
  KX: number,
  strideY: number,
  strideX: number,
  top: number,
  left: number,
): void {
  const [OH, OV] = [poolOutputs(H, KY, strideY, top), poolOutputs(V, KX, strideX, left)];
  for (let p = 0; p < B * OH * OV; p++) {
    const n = Math.floor(p / (OH * OV));
    const [firstY, firstX] = [(Math.floor(p / OV) % OH) * strideY - top, (p % OV) * strideX - left];
    for (let c = 0; c < C; c++) {
      let most = Number.NEGATIVE_INFINITY;
      for (let iy = Math.max(0, firstY); iy < Math.min(H, firstY + KY); iy++) {
        for (let ix = Math.max(0, firstX); ix < Math.min(V, firstX + KX); ix++) {
          const value = x[((n * H + iy) * V + ix) * C + c];
          if (value > most || Number.isNaN(value)) most = value;
        }
      }
      y[p * C + c] = most;
    }
  }
}

/** Whether an input is the maximum y of its window. */
const isMost = (x: number, y: number): boolean => x === y || Number.isNaN(x);

/**
 * dx; each sum starts at 0 and adds dy of the windows whose maximum the input is, (oy, ox) ascending. Of several maxima
 * of a window the first in (ky, kx) order is meant. Overwrites `dx`.
 */
export function maxPoolBackward(
  dx: Elements, // [B, H, V, C] out
  dy: Elements, // [B, OH, OV, C]
  x: Elements, // [B, H, V, C]
  y: Elements, // [B, OH, OV, C]
  B: number,
  H: number,
  V: number,
  C: number,
  KY: number,
  KX: number,
  strideY: number,
  strideX: number,
  top: number,
  left: number,
): void {
  const round = roundingOf(dx);
  const [OH, OV] = [poolOutputs(H, KY, strideY, top), poolOutputs(V, KX, strideX, left)];
  for (let p = 0; p < B * H * V; p++) {
    const n = Math.floor(p / (H * V));
    const [iy, ix] = [Math.floor(p / V) % H, p % V];
    for (let c = 0; c < C; c++) {
      let sum = 0;
      for (let oy = firstOver(iy, KY, strideY, top); oy <= lastOver(iy, strideY, top, OH); oy++) {
        for (let ox = firstOver(ix, KX, strideX, left); ox <= lastOver(ix, strideX, left, OV); ox++) {
          const o = ((n * OH + oy) * OV + ox) * C + c;
          if (!isMost(x[p * C + c], y[o])) continue;
          let isFirst = true;
          const firstX = ox * strideX - left;
          for (let ry = Math.max(0, oy * strideY - top); ry <= iy; ry++) {
            const end = ry === iy ? ix : Math.min(V, firstX + KX);
            for (let rx = Math.max(0, firstX); rx < end; rx++) {
              if (isMost(x[((n * H + ry) * V + rx) * C + c], y[o])) isFirst = false;
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
  H: number,
  V: number,
  C: number,
  KY: number,
  KX: number,
  strideY: number,
  strideX: number,
  top: number,
  left: number,
): void {
  const round = roundingOf(y);
  const size = round(KY * KX);
  const [OH, OV] = [poolOutputs(H, KY, strideY, top), poolOutputs(V, KX, strideX, left)];
  for (let p = 0; p < B * OH * OV; p++) {
    const n = Math.floor(p / (OH * OV));
    const [firstY, firstX] = [(Math.floor(p / OV) % OH) * strideY - top, (p % OV) * strideX - left];
    for (let c = 0; c < C; c++) {
      let sum = 0;
      for (let iy = Math.max(0, firstY); iy < Math.min(H, firstY + KY); iy++) {
        for (let ix = Math.max(0, firstX); ix < Math.min(V, firstX + KX); ix++) {
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
  H: number,
  V: number,
  C: number,
  KY: number,
  KX: number,
  strideY: number,
  strideX: number,
  top: number,
  left: number,
): void {
  const { round, flush } = mathOf(typeOf(dx));
  const size = round(KY * KX);
  const [OH, OV] = [poolOutputs(H, KY, strideY, top), poolOutputs(V, KX, strideX, left)];
  for (let p = 0; p < B * H * V; p++) {
    const n = Math.floor(p / (H * V));
    const [iy, ix] = [Math.floor(p / V) % H, p % V];
    for (let c = 0; c < C; c++) {
      let sum = 0;
      for (let oy = firstOver(iy, KY, strideY, top); oy <= lastOver(iy, strideY, top, OH); oy++) {
        for (let ox = firstOver(ix, KX, strideX, left); ox <= lastOver(ix, strideX, left, OV); ox++) {
          sum = round(sum + dy[((n * OH + oy) * OV + ox) * C + c]);
        }
      }
      dx[p * C + c] = flush(round(sum / size));
    }
  }
}

/**
 * y[C] = (the sum of a row's positions, by pieces and their tree as `sumRows` has them) / R. Overwrites `y` and `sums`.
 */
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
    sumRows(sums, C, 1, 1, R, (level, first, positions) => {
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

/**
 * y[C] = (the sum of a row's real positions, by pieces and their tree as `sumRows` has them) / their number. Overwrites
 * `y` and `sums`.
 */
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
