import { zeros } from './constants';
import { maskRow } from './dropout';
import { flush } from './flush';
import { bytes, LANES, loadFirst, minus, plus, splat, storeFirst, times } from './lanes';
import { total } from './layer-norm';
import { panelWidth, transposePanel } from './panels';
import { timesPanel } from './product';
import { divide, exponentials, maximum, sum } from './softmax-cross-entropy';
import { fill } from './vectors';

/** Queries that are taken at a time. Their scores stay in the first-level cache for few hundred keys. */
const QUERIES = 16;

/**
 * y = softmax(q · kᵀ / √d) · v, as in src/program/reference/attention.ts. Overwrites `y`, `maxima` and `sums`.
 * scratch: `wasmProductScratch`.
 */
export function attentionForward(
  y: usize, maxima: usize, sums: usize, qkv: usize, lengths: usize, place: usize, B: i32, T: i32, H: i32, d: i32,
  causal: i32, key0: i32, key1: i32, threshold: u32, factor: f64, scratch: usize,
): void {
  const C = H * d;
  const row = bytes(3 * C);
  const yRow = bytes(C);
  for (let n = 0; n < B; n++, qkv += <usize>T * row, y += <usize>T * yRow) {
    const real = realOf(lengths, n, T);
    fill(y + <usize>real * yRow, 0, (T - real) * C);
    for (let h = 0; h < H; h++, maxima += bytes(T), sums += bytes(T)) {
      const at = bytes(h * d);
      attend(
        y + at, maxima, sums, qkv + at, 0, real, T, H, d, causal, place, n, h, key0, key1, threshold, factor, scratch,
      );
    }
  }
}

/**
 * Copies `rows` to n positions of qkv from position at[0] on, and attends from their queries. Overwrites `y`. scratch:
 * `wasmProductScratch`.
 */
export function attentionNext(
  y: usize, qkv: usize, rows: usize, at: usize, n: i32, T: i32, H: i32, d: i32, scratch: usize,
): void {
  const first = <i32>load<Real>(at);
  const row = bytes(3 * H * d);
  memory.copy(qkv + <usize>first * row, rows, <usize>n * row);
  // They lie in the scratch memory that only the backward pass uses, for slopes.
  const maxima = scratch + bytes(2 * T * d + QUERIES * T);
  const sums = maxima + bytes(T);
  y -= <usize>first * bytes(H * d);
  for (let h = 0; h < H; h++) {
    const head = bytes(h * d);
    attend(y + head, maxima, sums, qkv + head, first, first + n, T, H, d, 1, 0, 0, h, 0, 0, 0, 1, scratch);
  }
}

/** One head of one row: its queries from position `first` on. All arrays begin at position 0. */
function attend(
  y: usize, maxima: usize, sums: usize, q: usize, first: i32, real: i32, T: i32, H: i32, d: i32, causal: i32,
  place: usize, n: i32, h: i32, key0: i32, key1: i32, threshold: u32, factor: f64, scratch: usize,
): void {
  const C = H * d;
  const row = bytes(3 * C);
  const yRow = bytes(C);
  const v = q + bytes(2 * C);
  const weights = scratch + bytes(2 * T * d);
  const mask = weights + bytes(2 * QUERIES * T);
  packRows(scratch, q + bytes(C), row, real, d);
  for (let t0 = first; t0 < real; t0 += QUERIES) {
    const t1 = min(t0 + QUERIES, real);
    timesRows(weights, bytes(T), q + <usize>t0 * row, row, scratch, t1 - t0, d, causal ? t1 : real, real);
    for (let t = t0; t < t1; t++) {
      const keys = causal ? t + 1 : real;
      const own = weights + bytes((t - t0) * T);
      scaleRow(own, keys, scaleOf(d));
      const m = maximum(own, keys) + 0;
      exponentials(own, own, keys, m);
      const s = sum(own, keys);
      divide(own, keys, s);
      store<Real>(maxima + bytes(t), m);
      store<Real>(sums + bytes(t), s);
      if (threshold != 0) {
        maskKeys(mask, place, n, h * T + t, T, keys, key0, key1, threshold, factor);
        timesRow(own, mask + bytes(shiftOf(h * T + t, T)), keys);
      }
    }
    timesKeys(y + <usize>t0 * yRow, yRow, weights, v, row, t0, t1, causal, real, T, d);
  }
}

/** dq, dk and dv, as in src/program/reference/attention.ts. Overwrites `dqkv`. scratch: `wasmProductScratch`. */
export function attentionBackward(
  dqkv: usize, dy: usize, y: usize, maxima: usize, sums: usize, qkv: usize, lengths: usize, place: usize, B: i32,
  T: i32, H: i32, d: i32, causal: i32, key0: i32, key1: i32, threshold: u32, factor: f64, scratch: usize,
): void {
  const C = H * d;
  const row = bytes(3 * C);
  const yRow = bytes(C);
  const scale = scaleOf(d);
  const valuePanels = scratch + bytes(T * d);
  const weights = valuePanels + bytes(T * d);
  const slopes = weights + bytes(QUERIES * T);
  const mask = slopes + bytes(QUERIES * T);
  for (let n = 0; n < B; n++, qkv += <usize>T * row, dqkv += <usize>T * row) {
    const real = realOf(lengths, n, T);
    fill(dqkv, 0, T * 3 * C);
    for (let h = 0; h < H; h++, maxima += bytes(T), sums += bytes(T)) {
      const q = qkv + bytes(h * d);
      const k = q + bytes(C);
      const dq = dqkv + bytes(h * d);
      const dk = dq + bytes(C);
      const dyHead = dy + bytes(h * d);
      packRows(scratch, k, row, real, d);
      packRows(valuePanels, k + bytes(C), row, real, d);
      for (let t0 = 0; t0 < real; t0 += QUERIES) {
        const t1 = min(t0 + QUERIES, real);
        const queries = q + <usize>t0 * row;
        const gradients = dyHead + <usize>t0 * yRow;
        const end = causal ? t1 : real;
        timesRows(weights, bytes(T), queries, row, scratch, t1 - t0, d, end, real);
        timesRows(slopes, bytes(T), gradients, yRow, valuePanels, t1 - t0, d, end, real);
        for (let t = t0; t < t1; t++) {
          const keys = causal ? t + 1 : real;
          const own = weights + bytes((t - t0) * T);
          const slope = slopes + bytes((t - t0) * T);
          scaleRow(own, keys, scale);
          exponentials(own, own, keys, load<Real>(maxima + bytes(t)));
          divide(own, keys, load<Real>(sums + bytes(t)));
          const at = <usize>t * yRow;
          const D = products(dyHead + at, y + bytes(h * d) + at, d);
          if (threshold != 0) {
            maskKeys(mask, place, n, h * T + t, T, keys, key0, key1, threshold, factor);
            const factors = mask + bytes(shiftOf(h * T + t, T));
            timesRow(slope, factors, keys);
            slopesOf(slope, own, keys, D);
            timesRow(own, factors, keys);
          } else {
            slopesOf(slope, own, keys, D);
          }
        }
        timesKeys(dq + <usize>t0 * row, row, slopes, k, row, t0, t1, causal, real, T, d);
        addQueries(dk, row, slopes, queries, row, t0, t1, causal, real, T, d);
        addQueries(dk + bytes(C), row, weights, gradients, yRow, t0, t1, causal, real, T, d);
      }
    }
    for (let t = 0; t < real; t++) scaleRow(dqkv + <usize>t * row, 2 * C, scale);
    dy += <usize>T * yRow;
    y += <usize>T * yRow;
  }
}

@inline function realOf(lengths: usize, n: i32, T: i32): i32 {
  return min(<i32>load<f64>(lengths + <usize>(8 * n)), T);
}

/** 1 / √d. */
@inline function scaleOf(d: i32): Real {
  return <Real>(1 / sqrt<f64>(<f64>d));
}

/** Packs R rows of d numbers as columns of panels. */
function packRows(panels: usize, rows: usize, row: usize, R: i32, d: i32): void {
  for (let r = 0; r < R; ) {
    const width = panelWidth(R - r);
    transposePanel(panels + bytes(r * d), rows + <usize>r * row, row, d, width);
    r += width;
  }
}

/** c[M,r] = a[M,d] · row r of R packed rows, for those of the panels that begin before `end`. */
function timesRows(
  c: usize, cRow: usize, a: usize, aRow: usize, panels: usize, M: i32, d: i32, end: i32, R: i32,
): void {
  for (let r = 0; r < end; ) {
    const width = panelWidth(R - r);
    const panel = panels + bytes(r * d);
    multiply(width, c + bytes(r), cRow, true, a, aRow, bytes(1), panel, bytes(width), M, d);
    r += width;
  }
}

/** c[t] = Σ w[t,u] · row u over the keys of queries t0 to t1 - 1, ascending. `w` has rows of T numbers. */
function timesKeys(
  c: usize, cRow: usize, w: usize, rows: usize, row: usize, t0: i32, t1: i32, causal: i32, real: i32, T: i32, d: i32,
): void {
  const shared = causal ? t0 + 1 : real; // keys of all of these queries
  for (let j = 0; j < d; ) {
    const width = panelWidth(d - j);
    const from = rows + bytes(j);
    let to = c + bytes(j);
    multiply(width, to, cRow, true, w, bytes(T), bytes(1), from, row, t1 - t0, shared);
    for (let t = t0 + 1; causal && t < t1; t++) {
      to += cRow;
      const own = w + bytes((t - t0) * T + shared);
      multiply(width, to, 0, false, own, 0, bytes(1), from + <usize>shared * row, row, 1, t - t0);
    }
    j += width;
  }
}

/** c[u] += Σ w[t,u] · row t over queries t0 to t1 - 1 that read key u, ascending. `rows` begins at query t0. */
function addQueries(
  c: usize, cRow: usize, w: usize, rows: usize, row: usize, t0: i32, t1: i32, causal: i32, real: i32, T: i32, d: i32,
): void {
  const shared = causal ? t0 + 1 : real;
  for (let j = 0; j < d; ) {
    const width = panelWidth(d - j);
    const from = rows + bytes(j);
    const to = c + bytes(j);
    multiply(width, to, cRow, false, w, bytes(1), bytes(T), from, row, shared, t1 - t0);
    for (let u = t0 + 1; causal && u < t1; u++) {
      const later = u - t0;
      const own = w + bytes(later * T + u);
      multiply(width, to + <usize>u * cRow, 0, false, own, 0, bytes(T), from + <usize>later * row, row, 1, t1 - u);
    }
    j += width;
  }
}

/** c[M,width] = a[M,K] · panel[K,width], from 0 if `starts`, else added to `c` term by term. */
function multiply(
  width: i32, c: usize, cRow: usize, starts: bool, a: usize, aRow: usize, aStep: usize, panel: usize, panelStep: usize,
  M: i32, K: i32,
): void {
  const init = starts ? zeros : c;
  timesPanel(width, c, cRow, init, starts ? 0 : cRow, zeros, 0, a, aRow, aStep, panel, panelStep, M, K, 0);
}

/** x *= factor. */
function scaleRow(x: usize, n: i32, factor: Real): void {
  const factors = splat<v128>(factor);
  for (; n > 0; n -= LANES, x += 16) {
    const count = min(n, LANES);
    storeFirst(x, times(loadFirst(x, count), factors), count);
  }
}

/** x *= m. */
function timesRow(x: usize, m: usize, n: i32): void {
  for (; n > 0; n -= LANES, x += 16, m += 16) {
    const count = min(n, LANES);
    storeFirst(x, times(loadFirst(x, count), loadFirst(m, count)), count);
  }
}

/** dS = flush(p · (dP - D)). Overwrites `dP` with it. */
function slopesOf(dP: usize, p: usize, n: i32, D: Real): void {
  const all = splat<v128>(D);
  for (; n > 0; n -= LANES, dP += 16, p += 16) {
    const count = min(n, LANES);
    storeFirst(dP, flush<v128>(times(loadFirst(p, count), minus(loadFirst(dP, count), all))), count);
  }
}

/** Σ a · b, in four lanes. */
function products(a: usize, b: usize, n: i32): Real {
  let low = splat<v128>(0);
  let high = low;
  for (; n >= 4; n -= 4, a += bytes(4), b += bytes(4)) {
    low = plus(low, times(load<v128>(a), load<v128>(b)));
    if (LANES == 2) high = plus(high, times(load<v128>(a + 16), load<v128>(b + 16)));
  }
  const t0 = n > 0 ? load<Real>(a) * load<Real>(b) : 0;
  const t1 = n > 1 ? load<Real>(a + bytes(1)) * load<Real>(b + bytes(1)) : 0;
  const t2 = n > 2 ? load<Real>(a + bytes(2)) * load<Real>(b + bytes(2)) : 0;
  return total(low, high, t0, t1, t2);
}

/** Columns of the first block of words of a query that are not its own. */
@inline function shiftOf(query: i32, T: i32): i32 {
  return (query * T) & 3;
}

/** The factors of a query's keys by dropout, after those of `shiftOf` columns before them. Overwrites `mask`. */
function maskKeys(
  mask: usize, place: usize, n: i32, query: i32, T: i32, keys: i32, key0: i32, key1: i32, threshold: u32, factor: f64,
): void {
  const step = <i64>load<f64>(place);
  const row = <i32><i64>load<f64>(place, 8) + n;
  const columns = shiftOf(query, T) + keys;
  const block = (query * T) >>> 2;
  fill(mask, 1, columns);
  maskRow(mask, mask, columns, block, row, <i32>step, <i32>(step >> 32), key0, key1, threshold, factor);
}

/**
 * Rotates the pairs (i, i + d/2) of queries and keys by the angles of their position, or back. Overwrites them in
 * `qkv`.
 */
export function rotate(qkv: usize, table: usize, B: i32, T: i32, H: i32, d: i32, back: i32): void {
  const half = d >> 1;
  const signs = splat<v128>(back ? -1 : 1);
  for (; B > 0; B--) {
    for (let t = 0; t < T; t++) {
      const angles = table + bytes(t * d);
      for (let k = 0; k < 2 * H; k++, qkv += bytes(d)) {
        for (let i = 0; i < half; i += LANES) {
          const count = min(half - i, LANES);
          const at = qkv + bytes(i);
          const c = loadFirst(angles + bytes(i), count);
          const s = times(loadFirst(angles + bytes(half + i), count), signs);
          const a = loadFirst(at, count);
          const b = loadFirst(at + bytes(half), count);
          storeFirst(at, minus(times(a, c), times(b, s)), count);
          storeFirst(at + bytes(half), plus(times(b, c), times(a, s)), count);
        }
      }
      qkv += bytes(H * d);
    }
  }
}

/** x = 0 at the positions of padding. */
export function zeroPadding(x: usize, lengths: usize, B: i32, T: i32, C: i32): void {
  for (let n = 0; n < B; n++, x += bytes(T * C)) {
    const real = realOf(lengths, n, T);
    fill(x + bytes(real * C), 0, (T - real) * C);
  }
}
