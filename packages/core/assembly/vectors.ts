import { bytes, LANES, loadRest, plus as sumOf, splat, storeRest, times } from './lanes';

/** sum[i] += term[i]. Overwrites `sum`. */
export function add(sum: usize, term: usize, n: i32): void {
  for (; n >= LANES; n -= LANES) {
    store<v128>(sum, sumOf(load<v128>(sum), load<v128>(term)));
    sum += 16;
    term += 16;
  }
  if (n > 0) storeRest(sum, sumOf(loadRest(sum, n), loadRest(term, n)), n);
}

/** y[i] = a[i] + b[i]. Overwrites `y`, which may be `a` or `b`. */
export function plus(y: usize, a: usize, b: usize, n: i32): void {
  for (; n >= LANES; n -= LANES, y += 16, a += 16, b += 16) store<v128>(y, sumOf(load<v128>(a), load<v128>(b)));
  if (n > 0) storeRest(y, sumOf(loadRest(a, n), loadRest(b, n)), n);
}

/** y[i] = x[i]. Overwrites `y`. */
export function copy(y: usize, x: usize, n: i32): void {
  for (; n >= LANES; n -= LANES, y += 16, x += 16) store<v128>(y, load<v128>(x));
  if (n > 0) storeRest(y, loadRest(x, n), n);
}

/** y[i] = value. Overwrites `y`. */
export function fill(y: usize, value: f64, n: i32): void {
  const values = splat<v128>(<Real>value);
  for (; n >= LANES; n -= LANES, y += 16) store<v128>(y, values);
  if (n > 0) storeRest(y, values, n);
}

/** g[i] *= factor. Overwrites `g`. */
export function scale(g: usize, n: i32, factor: usize): void {
  if (load<f64>(factor) == 1) return;
  const factors = splat<v128>(<Real>load<f64>(factor));
  for (; n >= LANES; n -= LANES) {
    store<v128>(g, times(load<v128>(g), factors));
    g += 16;
  }
  if (n > 0) storeRest(g, times(loadRest(g, n), factors), n);
}

/** y[J, I] = xᵀ, in squares whose lines stay in the first-level cache. Overwrites `y`. */
export function transpose(y: usize, x: usize, I: i32, J: i32): void {
  for (let j = 0; j < J; j += SQUARE) {
    const columns = min(SQUARE, J - j);
    for (let i = 0; i < I; i++) {
      let to = y + bytes(j * I + i);
      let from = x + bytes(i * J + j);
      for (let k = 0; k < columns; k++, from += sizeof<Real>(), to += bytes(I)) store<Real>(to, load<Real>(from));
    }
  }
}

const SQUARE: i32 = 16;
