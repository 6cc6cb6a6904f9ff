import { bytes, copy, LANES } from './lanes';

/** Columns of a full panel: four vectors. */
export const PANEL: i32 = 4 * LANES;
/** Bytes of a row of a full panel. */
export const PANEL_STEP: usize = 64;

/**
 * Width of the next panel: four, two or one vectors if the remaining columns fill them, else all remaining columns.
 * Panels are not padded: a last layer of 10 would pay for 16.
 */
@inline export function panelWidth(columns: i32): i32 {
  if (columns >= PANEL) return PANEL;
  return columns >= 2 * LANES ? 2 * LANES : min(columns, LANES);
}

/** panel[K,width] = the first `width` columns of W[K,…], whose rows lie `wRow` bytes apart. Overwrites `panel`. */
export function packPanel(panel: usize, W: usize, wRow: usize, K: i32, width: i32): void {
  for (let k = 0; k < K; k++) {
    if (width == PANEL) {
      copy<v128>(panel, W);
      copy<v128>(panel + 16, W + 16);
      copy<v128>(panel + 32, W + 32);
      copy<v128>(panel + 48, W + 48);
    } else if (width == 2 * LANES) {
      copy<v128>(panel, W);
      copy<v128>(panel + 16, W + 16);
    } else if (width == LANES) {
      copy<v128>(panel, W);
    } else {
      copy<Real>(panel, W);
      for (let c = 1; LANES > 2 && c < width; c++) copy<Real>(panel + bytes(c), W + bytes(c));
    }
    panel += bytes(width);
    W += wRow;
  }
}

/** panel[K,width] = Wᵀ for the first K columns of `width` rows that lie `wRow` bytes apart. Overwrites `panel`. */
export function transposePanel(panel: usize, W: usize, wRow: usize, K: i32, width: i32): void {
  const step = bytes(width);
  let r = 0;
  for (; r + LANES <= width; r += LANES) {
    let k = 0;
    let from = W + <usize>r * wRow;
    let to = panel + bytes(r);
    for (; k + LANES <= K; k += LANES, from += 16, to += <usize>LANES * step) transposeTile(to, step, from, wRow);
    for (; k < K; k++, from += bytes(1), to += step) {
      for (let lane = 0; lane < LANES; lane++) copy<Real>(to + bytes(lane), from + <usize>lane * wRow);
    }
  }
  for (; r < width; r++) {
    const from = W + <usize>r * wRow;
    const to = panel + bytes(r);
    for (let k = 0; k < K; k++) copy<Real>(to + <usize>k * step, from + bytes(k));
  }
}

/** Transposes a square of LANES rows and columns. */
@inline function transposeTile(to: usize, step: usize, from: usize, row: usize): void {
  if (LANES == 2) {
    const r0 = v128.load(from);
    const r1 = v128.load(from + row);
    v128.store(to, v128.shuffle<f64>(r0, r1, 0, 2));
    v128.store(to + step, v128.shuffle<f64>(r0, r1, 1, 3));
  } else {
    const r0 = v128.load(from);
    const r1 = v128.load(from + row);
    const r2 = v128.load(from + 2 * row);
    const r3 = v128.load(from + 3 * row);
    const low01 = v128.shuffle<f32>(r0, r1, 0, 4, 1, 5);
    const low23 = v128.shuffle<f32>(r2, r3, 0, 4, 1, 5);
    const high01 = v128.shuffle<f32>(r0, r1, 2, 6, 3, 7);
    const high23 = v128.shuffle<f32>(r2, r3, 2, 6, 3, 7);
    v128.store(to, v128.shuffle<f64>(low01, low23, 0, 2));
    v128.store(to + step, v128.shuffle<f64>(low01, low23, 1, 3));
    v128.store(to + 2 * step, v128.shuffle<f64>(high01, high23, 0, 2));
    v128.store(to + 3 * step, v128.shuffle<f64>(high01, high23, 1, 3));
  }
}
