import { zeros } from './constants';
import { bytes, LANES, plus, splat, times } from './lanes';
import { PANEL } from './panels';
import { Axis, Windows } from './windows';

// Convolutions whose channels are independent of each other: vectors of channels.

/** out = init + the sum over the taps of window · W, channel by channel. */
export function depthwise(out: usize, init: usize, W: usize, w: Windows): void {
  const y = w.y;
  const x = w.x;
  const C = w.channels;
  const pixel = bytes(C);
  for (let n = 0; n < w.images; n++) {
    for (let jy = 0; jy < y.count; jy++) {
      const sy = jy * y.step + y.start;
      const ty = firstTap(y, sy);
      const lines = endTap(y, sy) - ty;
      const line = w.source + <usize>((n * y.size + sy + ty * y.tapStep) * x.size) * pixel;
      const to = out + <usize>((n * y.outputs + y.first + jy * y.stride) * x.outputs + x.first) * pixel;
      for (let jx = 0; jx < x.count; jx++) {
        const sx = jx * x.step + x.start;
        const tx = firstTap(x, sx);
        const taps = endTap(x, sx) - tx;
        const from = line + <usize>(sx + tx * x.tapStep) * pixel;
        const weights = W + <usize>((y.k + ty * y.kStep) * w.KX + x.k + tx * x.kStep) * pixel;
        position(to + <usize>(jx * x.stride) * pixel, init, from, weights, w, lines, taps);
      }
    }
  }
}

/** The first tap that reads inside of the source, if tap 0 reads at `start`. */
@inline export function firstTap(axis: Axis, start: i32): i32 {
  return start >= 0 ? 0 : min(axis.taps, (axis.tapStep - 1 - start) / axis.tapStep);
}

/** The tap after the last one that reads inside of the source; at least the first. */
@inline export function endTap(axis: Axis, start: i32): i32 {
  if (start + (axis.taps - 1) * axis.tapStep < axis.size) return axis.taps;
  return max(firstTap(axis, start), start < axis.size ? (axis.size - 1 - start) / axis.tapStep + 1 : 0);
}

/** All channels of one position. */
function position(out: usize, init: usize, from: usize, W: usize, w: Windows, lines: i32, taps: i32): void {
  const pixel = bytes(w.channels);
  const step = <usize>w.x.tapStep * pixel;
  const lineStep = <usize>(w.y.tapStep * w.x.size) * pixel - <usize>taps * step;
  const wStep = <usize>w.x.kStep * pixel;
  const wLineStep = <usize>(w.y.kStep * w.KX) * pixel - <usize>taps * wStep;
  const hasInit = init != zeros;
  let c = w.channels;
  for (; c >= PANEL; c -= PANEL, out += 64, from += 64, W += 64) {
    sum4(out, init, from, step, lineStep, W, wStep, wLineStep, lines, taps);
    if (hasInit) init += 64;
  }
  for (; c >= LANES; c -= LANES, out += 16, from += 16, W += 16) {
    sum1<v128>(out, init, from, step, lineStep, W, wStep, wLineStep, lines, taps);
    if (hasInit) init += 16;
  }
  for (; c > 0; c--, out += bytes(1), from += bytes(1), W += bytes(1)) {
    sum1<Real>(out, init, from, step, lineStep, W, wStep, wLineStep, lines, taps);
    if (hasInit) init += bytes(1);
  }
}

@inline function sum4(
  out: usize, init: usize, x: usize, step: usize, lineStep: usize, W: usize, wStep: usize, wLineStep: usize,
  lines: i32, taps: i32,
): void {
  let s0 = load<v128>(init);
  let s1 = load<v128>(init + 16);
  let s2 = load<v128>(init + 32);
  let s3 = load<v128>(init + 48);
  for (; lines > 0; lines--, x += lineStep, W += wLineStep) {
    for (let t = 0; t < taps; t++, x += step, W += wStep) {
      s0 = plus(s0, times(load<v128>(x), load<v128>(W)));
      s1 = plus(s1, times(load<v128>(x + 16), load<v128>(W + 16)));
      s2 = plus(s2, times(load<v128>(x + 32), load<v128>(W + 32)));
      s3 = plus(s3, times(load<v128>(x + 48), load<v128>(W + 48)));
    }
  }
  store<v128>(out, plus(s0, splat<v128>(0)));
  store<v128>(out + 16, plus(s1, splat<v128>(0)));
  store<v128>(out + 32, plus(s2, splat<v128>(0)));
  store<v128>(out + 48, plus(s3, splat<v128>(0)));
}

/** One number (T = Real), or a vector. */
@inline function sum1<T>(
  out: usize, init: usize, x: usize, step: usize, lineStep: usize, W: usize, wStep: usize, wLineStep: usize,
  lines: i32, taps: i32,
): void {
  let s = load<T>(init);
  for (; lines > 0; lines--, x += lineStep, W += wLineStep) {
    for (let t = 0; t < taps; t++, x += step, W += wStep) s = plus(s, times(load<T>(x), load<T>(W)));
  }
  store<T>(out, plus(s, splat<T>(0)));
}

/**
 * The gradients of `taps` weights from `tap` by positions p … p + M - 1, and in the next row of bias if `hasBias`, for
 * `width` channels from c. Each sum starts at 0. Overwrites `sums` [taps + hasBias, width], or adds to it if `adds`.
 */
export function depthwiseWeights(
  sums: usize, adds: bool, w: Windows, dy: usize, p: i32, M: i32, tap: i32, taps: i32, hasBias: bool, c: i32,
  width: i32,
): void {
  const row = bytes(width);
  for (let i = 0, many = 0; i < width; i += many) {
    const rest = width - i;
    many = rest >= PANEL ? PANEL : rest >= LANES ? LANES : 1;
    let to = sums + bytes(i);
    for (let t = tap; t < tap + taps; t++, to += row) {
      if (many == PANEL) tapSum4(to, adds, w, dy, p, M, t, c + i);
      else if (many == LANES) tapSum1(to, adds, w, dy, p, M, t, c + i);
      else tapSumReal(to, adds, w, dy, p, M, t, c + i);
    }
    if (!hasBias) continue;
    if (many == PANEL) biasSum4(to, adds, w, dy, p, M, c + i);
    else if (many == LANES) biasSum1(to, adds, w, dy, p, M, c + i);
    else biasSumReal(to, adds, w, dy, p, M, c + i);
  }
}

function tapSum4(sum: usize, adds: bool, w: Windows, dy: usize, p: i32, M: i32, tap: i32, c: i32): void {
  tapSum<v128>(true, sum, adds, w, dy, p, M, tap, c);
}

function tapSum1(sum: usize, adds: bool, w: Windows, dy: usize, p: i32, M: i32, tap: i32, c: i32): void {
  tapSum<v128>(false, sum, adds, w, dy, p, M, tap, c);
}

function tapSumReal(sum: usize, adds: bool, w: Windows, dy: usize, p: i32, M: i32, tap: i32, c: i32): void {
  tapSum<Real>(false, sum, adds, w, dy, p, M, tap, c);
}

function biasSum4(sum: usize, adds: bool, w: Windows, dy: usize, p: i32, M: i32, c: i32): void {
  biasSum<v128>(true, sum, adds, w, dy, p, M, c);
}

function biasSum1(sum: usize, adds: bool, w: Windows, dy: usize, p: i32, M: i32, c: i32): void {
  biasSum<v128>(false, sum, adds, w, dy, p, M, c);
}

function biasSumReal(sum: usize, adds: bool, w: Windows, dy: usize, p: i32, M: i32, c: i32): void {
  biasSum<Real>(false, sum, adds, w, dy, p, M, c);
}

/** The sum of x · dy over the positions whose tap lies inside of the image: four of T if `four`, else one. */
@inline function tapSum<T>(
  four: bool, sum: usize, adds: bool, w: Windows, dy: usize, p: i32, M: i32, tap: i32, c: i32,
): void {
  const N: usize = sizeof<T>();
  const y = w.y;
  const x = w.x;
  const pixel = bytes(w.channels);
  const step = <usize>x.step * pixel;
  const sx = x.start + (tap % x.taps) * x.tapStep;
  const first = sx >= 0 ? 0 : (x.step - 1 - sx) / x.step;
  const end = sx < x.size ? (x.size - 1 - sx) / x.step + 1 : 0;
  const top = y.start + (tap / x.taps) * y.tapStep;
  let jx = p % x.count;
  let line = p / x.count;
  let jy = line % y.count;
  let image = line / y.count;
  let s0 = splat<T>(0);
  let s1 = splat<T>(0);
  let s2 = splat<T>(0);
  let s3 = splat<T>(0);
  while (M > 0) {
    const width = min(M, x.count - jx);
    const sy = jy * y.step + top;
    if (<u32>sy < <u32>y.size) {
      const from = max(jx, first);
      let a = w.source + <usize>((image * y.size + sy) * x.size + from * x.step + sx) * pixel + bytes(c);
      let b = dy + <usize>(p + from - jx) * pixel + bytes(c);
      for (let j = min(jx + width, end) - from; j > 0; j--) {
        s0 = plus(s0, times(load<T>(a), load<T>(b)));
        if (four) {
          s1 = plus(s1, times(load<T>(a + N), load<T>(b + N)));
          s2 = plus(s2, times(load<T>(a + 2 * N), load<T>(b + 2 * N)));
          s3 = plus(s3, times(load<T>(a + 3 * N), load<T>(b + 3 * N)));
        }
        a += step;
        b += pixel;
      }
    }
    p += width;
    M -= width;
    jx = 0;
    jy++;
    if (jy == y.count) {
      jy = 0;
      image++;
    }
  }
  storeSums<T>(four, sum, adds, s0, s1, s2, s3);
}

/** The sum of dy over the positions: four of T if `four`, else one. */
@inline function biasSum<T>(four: bool, sum: usize, adds: bool, w: Windows, dy: usize, p: i32, M: i32, c: i32): void {
  const N: usize = sizeof<T>();
  const pixel = bytes(w.channels);
  let b = dy + <usize>p * pixel + bytes(c);
  let s0 = splat<T>(0);
  let s1 = splat<T>(0);
  let s2 = splat<T>(0);
  let s3 = splat<T>(0);
  for (; M > 0; M--, b += pixel) {
    s0 = plus(s0, load<T>(b));
    if (!four) continue;
    s1 = plus(s1, load<T>(b + N));
    s2 = plus(s2, load<T>(b + 2 * N));
    s3 = plus(s3, load<T>(b + 3 * N));
  }
  storeSums<T>(four, sum, adds, s0, s1, s2, s3);
}

@inline function storeSums<T>(four: bool, to: usize, adds: bool, s0: T, s1: T, s2: T, s3: T): void {
  const N: usize = sizeof<T>();
  store<T>(to, adds ? plus(load<T>(to), s0) : s0);
  if (!four) return;
  store<T>(to + N, adds ? plus(load<T>(to + N), s1) : s1);
  store<T>(to + 2 * N, adds ? plus(load<T>(to + 2 * N), s2) : s2);
  store<T>(to + 3 * N, adds ? plus(load<T>(to + 3 * N), s3) : s3);
}
