import { flush } from './flush';
import { bytes, LANES, loadFirst, minus, plus, splat, storeFirst, times } from './lanes';
import { sigmoid } from './sigmoid';
import { tanh } from './tanh';
import { copy, fill } from './vectors';

// Steps of recurrent layers, as in src/program/reference/recurrent.ts. Each row is computed by itself: padding is that
// of a row. The gates of a row lie one after the other, O numbers each.

/** The numbers of a vector, or those that are left. */
@inline function lanesOf(left: i32): i32 {
  return left < LANES ? left : LANES;
}

/** a · (1 - a), the slope of a = σ(z). */
@inline function slopeOf(a: v128): v128 {
  return times(a, minus(splat<v128>(1), a));
}

/** 1 - a · a, the slope of a = tanh(z). */
@inline function tanhSlope(a: v128): v128 {
  return minus(splat<v128>(1), times(a, a));
}

/** One step of a GRU. */
export function gruForward(
  y: usize, h: usize, before: usize, gates: usize, byState: usize, q: usize, lengths: usize, t: i32, B: i32, T: i32,
  O: i32,
): void {
  const row = bytes(O);
  y += <usize>t * row;
  before += <usize>t * row;
  gates += 3 * <usize>t * row;
  byState += 3 * <usize>t * row;
  for (; B > 0; B--, lengths += 8) {
    copy(before, h, O);
    if (<f64>t >= load<f64>(lengths)) {
      fill(y, 0, O);
    } else {
      for (let o = 0; o < O; o += LANES) {
        const n = lanesOf(O - o);
        const at = bytes(o);
        const p = gates + at;
        const own = q + at;
        const state = loadFirst(h + at, n);
        const m = loadFirst(own + 2 * row, n);
        const r = sigmoid(plus(loadFirst(p, n), loadFirst(own, n)));
        const z = sigmoid(plus(loadFirst(p + row, n), loadFirst(own + row, n)));
        const c = tanh(plus(loadFirst(p + 2 * row, n), times(r, m)));
        const next = plus(c, times(z, minus(state, c)));
        storeFirst(p, r, n);
        storeFirst(p + row, z, n);
        storeFirst(p + 2 * row, c, n);
        storeFirst(byState + at + 2 * row, m, n);
        storeFirst(h + at, next, n);
        storeFirst(y + at, next, n);
      }
    }
    h += row;
    q += 3 * row;
    y += <usize>T * row;
    before += <usize>T * row;
    gates += 3 * <usize>T * row;
    byState += 3 * <usize>T * row;
  }
}

/** Gradients of one step of a GRU. */
export function gruBackward(
  dh: usize, dq: usize, gates: usize, byState: usize, dy: usize, product: usize, before: usize, lengths: usize, t: i32,
  B: i32, T: i32, O: i32,
): void {
  const row = bytes(O);
  dy += <usize>t * row;
  before += <usize>t * row;
  gates += 3 * <usize>t * row;
  byState += 3 * <usize>t * row;
  for (; B > 0; B--, lengths += 8) {
    if (<f64>t >= load<f64>(lengths)) {
      fill(gates, 0, 3 * O);
      fill(byState, 0, 3 * O);
      fill(dq, 0, 3 * O);
    } else {
      const one = splat<v128>(1);
      for (let o = 0; o < O; o += LANES) {
        const n = lanesOf(O - o);
        const at = bytes(o);
        const p = gates + at;
        const kept = byState + at;
        const own = dq + at;
        const r = loadFirst(p, n);
        const z = loadFirst(p + row, n);
        const c = loadFirst(p + 2 * row, n);
        const g = plus(loadFirst(dy + at, n), plus(loadFirst(dh + at, n), loadFirst(product + at, n)));
        const dn = flush<v128>(times(times(g, minus(one, z)), tanhSlope(c)));
        const dz = flush<v128>(times(times(g, minus(loadFirst(before + at, n), c)), slopeOf(z)));
        const dr = flush<v128>(times(times(dn, loadFirst(kept + 2 * row, n)), slopeOf(r)));
        const dqn = flush<v128>(times(dn, r));
        storeFirst(dh + at, flush<v128>(times(g, z)), n);
        storeFirst(p, dr, n);
        storeFirst(p + row, dz, n);
        storeFirst(p + 2 * row, dn, n);
        storeFirst(kept, dr, n);
        storeFirst(kept + row, dz, n);
        storeFirst(kept + 2 * row, dqn, n);
        storeFirst(own, dr, n);
        storeFirst(own + row, dz, n);
        storeFirst(own + 2 * row, dqn, n);
      }
    }
    dh += row;
    product += row;
    dq += 3 * row;
    dy += <usize>T * row;
    before += <usize>T * row;
    gates += 3 * <usize>T * row;
    byState += 3 * <usize>T * row;
  }
}

/** One step of an LSTM. */
export function lstmForward(
  y: usize, h: usize, c: usize, before: usize, cells: usize, gates: usize, q: usize, lengths: usize, t: i32, B: i32,
  T: i32, O: i32,
): void {
  const row = bytes(O);
  y += <usize>t * row;
  before += <usize>t * row;
  cells += <usize>t * row;
  gates += 4 * <usize>t * row;
  for (; B > 0; B--, lengths += 8) {
    copy(before, h, O);
    copy(cells, c, O);
    if (<f64>t >= load<f64>(lengths)) {
      fill(y, 0, O);
    } else {
      for (let o = 0; o < O; o += LANES) {
        const n = lanesOf(O - o);
        const at = bytes(o);
        const p = gates + at;
        const own = q + at;
        const i = sigmoid(plus(loadFirst(p, n), loadFirst(own, n)));
        const f = sigmoid(plus(loadFirst(p + row, n), loadFirst(own + row, n)));
        const g = tanh(plus(loadFirst(p + 2 * row, n), loadFirst(own + 2 * row, n)));
        const out = sigmoid(plus(loadFirst(p + 3 * row, n), loadFirst(own + 3 * row, n)));
        const cell = plus(times(f, loadFirst(c + at, n)), times(i, g));
        const next = times(out, tanh(cell));
        storeFirst(p, i, n);
        storeFirst(p + row, f, n);
        storeFirst(p + 2 * row, g, n);
        storeFirst(p + 3 * row, out, n);
        storeFirst(c + at, cell, n);
        storeFirst(h + at, next, n);
        storeFirst(y + at, next, n);
      }
    }
    h += row;
    c += row;
    q += 4 * row;
    y += <usize>T * row;
    before += <usize>T * row;
    cells += <usize>T * row;
    gates += 4 * <usize>T * row;
  }
}

/** Gradients of one step of an LSTM. */
export function lstmBackward(
  dh: usize, dc: usize, dq: usize, gates: usize, dy: usize, product: usize, cells: usize, lengths: usize, t: i32,
  B: i32, T: i32, O: i32,
): void {
  const row = bytes(O);
  dy += <usize>t * row;
  cells += <usize>t * row;
  gates += 4 * <usize>t * row;
  for (; B > 0; B--, lengths += 8) {
    if (<f64>t >= load<f64>(lengths)) {
      fill(gates, 0, 4 * O);
      fill(dq, 0, 4 * O);
    } else {
      for (let o = 0; o < O; o += LANES) {
        const n = lanesOf(O - o);
        const at = bytes(o);
        const p = gates + at;
        const own = dq + at;
        const i = loadFirst(p, n);
        const f = loadFirst(p + row, n);
        const g = loadFirst(p + 2 * row, n);
        const out = loadFirst(p + 3 * row, n);
        const cell = loadFirst(cells + at, n);
        const u = tanh(plus(times(f, cell), times(i, g)));
        const dState = plus(loadFirst(dy + at, n), plus(loadFirst(dh + at, n), loadFirst(product + at, n)));
        const dCell = plus(loadFirst(dc + at, n), times(times(dState, out), tanhSlope(u)));
        const di = flush<v128>(times(times(dCell, g), slopeOf(i)));
        const df = flush<v128>(times(times(dCell, cell), slopeOf(f)));
        const dg = flush<v128>(times(times(dCell, i), tanhSlope(g)));
        const dout = flush<v128>(times(times(dState, u), slopeOf(out)));
        storeFirst(dc + at, flush<v128>(times(dCell, f)), n);
        storeFirst(p, di, n);
        storeFirst(p + row, df, n);
        storeFirst(p + 2 * row, dg, n);
        storeFirst(p + 3 * row, dout, n);
        storeFirst(own, di, n);
        storeFirst(own + row, df, n);
        storeFirst(own + 2 * row, dg, n);
        storeFirst(own + 3 * row, dout, n);
      }
      fill(dh, 0, O);
    }
    dh += row;
    dc += row;
    product += row;
    dq += 4 * row;
    dy += <usize>T * row;
    cells += <usize>T * row;
    gates += 4 * <usize>T * row;
  }
}
