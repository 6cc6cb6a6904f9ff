import { bytes, copy } from './lanes';

/** panel[K,width] = the first `width` columns of W[K,…], whose rows are `wRow` bytes apart. Overwrites `panel`. */
export function packPanel(panel: usize, W: usize, wRow: usize, K: i32, width: i32): void {
  for (let k = 0; k < K; k++) {
    if (width == 8) {
      copy<v128>(panel, W);
      copy<v128>(panel + 16, W + 16);
      copy<v128>(panel + 32, W + 32);
      copy<v128>(panel + 48, W + 48);
    } else if (width == 4) {
      copy<v128>(panel, W);
      copy<v128>(panel + 16, W + 16);
    } else if (width == 2) {
      copy<v128>(panel, W);
    } else {
      copy<f64>(panel, W);
    }
    panel += bytes(width);
    W += wRow;
  }
}

/**
 * panel[K,width] = Wᵀ of the first K columns of `width` rows, an even number, `wRow` bytes apart. Overwrites `panel`.
 */
export function transposePanel(panel: usize, W: usize, wRow: usize, K: i32, width: i32): void {
  const step = bytes(width);
  for (let r = 0; r < width; r += 2) {
    let w0 = W + <usize>r * wRow;
    let w1 = w0 + wRow;
    let p = panel + bytes(r);
    let k = 0;
    for (; k + 2 <= K; k += 2) {
      const r0 = v128.load(w0);
      const r1 = v128.load(w1);
      v128.store(p, v128.shuffle<f64>(r0, r1, 0, 2));
      v128.store(p + step, v128.shuffle<f64>(r0, r1, 1, 3));
      w0 += 16;
      w1 += 16;
      p += 2 * step;
    }
    if (k < K) {
      copy<f64>(p, w0);
      copy<f64>(p + 8, w1);
    }
  }
}
