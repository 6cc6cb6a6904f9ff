import { bytes, copy, LANES, splat } from './lanes';

// A convolution is a product with a matrix whose row p is the window of position p, [taps of y, taps of x, channels].
// The gradient by the inputs is one too: its positions are inputs and its taps the outputs that read them. Only a block
// of that matrix exists at a time.

/** Outputs of windows along an axis of n inputs. */
@inline export function outputsOf(n: i32, size: i32, stride: i32, padding: i32): i32 {
  return (n + 2 * padding - size) / stride + 1;
}

/** One axis of windows: tap t of position j reads the source at step · j + start + tapStep · t. */
@unmanaged
export class Axis {
  /** Positions. */
  count: i32;
  step: i32;
  taps: i32;
  start: i32;
  tapStep: i32;
  /** Size of the source. */
  size: i32;
  /** Position j writes output first + stride · j of `outputs`. */
  first: i32;
  stride: i32;
  outputs: i32;
  /** Tap t multiplies by weight k + kStep · t. */
  k: i32;
  kStep: i32;
}

/** Windows of some images [y.size, x.size, channels]. */
@unmanaged
export class Windows {
  y: Axis;
  x: Axis;
  images: i32;
  source: usize;
  channels: i32;
  /** Taps of a whole row of the kernel. */
  KX: i32;
}

/** Bytes of `Windows` and its axes. */
export const WINDOWS_BYTES: usize = 128;

/** Windows at `at`, without values. */
export function windowsAt(at: usize): Windows {
  const w = changetype<Windows>(at);
  w.y = changetype<Axis>(at + offsetof<Windows>());
  w.x = changetype<Axis>(at + offsetof<Windows>() + offsetof<Axis>());
  return w;
}

/** Sets an axis to windows of the inputs, for y and dW. */
export function readInputs(axis: Axis, size: i32, count: i32, K: i32, stride: i32, before: i32, dilation: i32): void {
  axis.count = count;
  axis.step = stride;
  axis.taps = K;
  axis.start = -before;
  axis.tapStep = dilation;
  axis.size = size;
  axis.first = 0;
  axis.stride = 1;
  axis.outputs = count;
  axis.k = 0;
  axis.kStep = 1;
}

/**
 * Sets an axis to windows of the outputs that read the inputs first, first + stride, …: for dx. These inputs meet the
 * same weights, in descending order.
 */
export function readOutputs(
  axis: Axis, first: i32, size: i32, count: i32, K: i32, stride: i32, before: i32, dilation: i32,
): void {
  let kStep = 1;
  while ((kStep * dilation) % stride != 0) kStep++;
  let k = 0;
  while (k < kStep && (first + before - k * dilation) % stride != 0) k++;
  const taps = k < kStep && k < K ? (K - 1 - k) / kStep + 1 : 0;
  const last = k + (taps - 1) * kStep;
  axis.count = (size - first + stride - 1) / stride;
  axis.step = 1;
  axis.taps = taps;
  axis.start = (first + before - last * dilation) / stride;
  axis.tapStep = (kStep * dilation) / stride;
  axis.size = count;
  axis.first = first;
  axis.stride = stride;
  axis.outputs = size;
  axis.k = last;
  axis.kStep = -kStep;
}

/** Whether the windows are the pixels of the images, so that nothing has to be copied. */
export function arePixels(w: Windows): bool {
  return isWhole(w.y) && isWhole(w.x);
}

@inline function isWhole(axis: Axis): bool {
  return axis.taps == 1 && axis.step == 1 && axis.start == 0 && axis.size == axis.count;
}

/** Distance of rows of windows with n numbers. Their lines are odd in number, so that columns do not share a set. */
@inline export function windowRow(n: i32): usize {
  return (((bytes(n) + 63) >> 6) | 1) << 6;
}

/**
 * Copies the windows of positions p … p + M - 1: `taps` taps from `tap`, each with n channels from c. Inputs outside of
 * the image are 0. Overwrites `to` [M, taps, n], whose rows lie `row` bytes apart.
 */
export function copyWindows(
  to: usize, row: usize, w: Windows, p: i32, M: i32, tap: i32, taps: i32, c: i32, n: i32,
): void {
  const y = w.y;
  const x = w.x;
  const end = tap + taps;
  let jx = p % x.count;
  let line = p / x.count;
  while (M > 0) {
    const jy = line % y.count;
    const image = line / y.count;
    const width = min(M, x.count - jx);
    let at = to;
    for (let t = tap, many = 0; t < end; t += many, at += bytes(many * n)) {
      const tx = t % x.taps;
      many = min(x.taps - tx, end - t);
      const sy = jy * y.step + y.start + (t / x.taps) * y.tapStep;
      if (<u32>sy < <u32>y.size) {
        const from = w.source + bytes((image * y.size + sy) * x.size * w.channels + c);
        copyLine(at, row, from, w, jx * x.step + x.start + tx * x.tapStep, width, many, n);
      } else {
        clearRuns(at, row, width, many * n);
      }
    }
    M -= width;
    to += <usize>width * row;
    jx = 0;
    line++;
  }
}

/** Copies `many` neighbouring taps of M neighbouring positions, of which the first reads source s of the line. */
function copyLine(to: usize, row: usize, from: usize, w: Windows, s: i32, M: i32, many: i32, n: i32): void {
  const x = w.x;
  if (many == 1 || x.tapStep != 1 || n != w.channels) {
    copyTaps(to, row, from, w, s, M, many, n);
    return;
  }
  // Neighbouring taps with all channels are one run.
  const inside = min(M, firstAbove(x.size - many, s, x.step));
  const border = min(inside, firstAbove(-1, s, x.step));
  copyBorder(to, row, from, w, s, border, many, n);
  to += <usize>border * row;
  s += border * x.step;
  const pixel = bytes(w.channels);
  copyRuns(to, row, from + <usize>s * pixel, <usize>x.step * pixel, inside - border, many * n);
  to += <usize>(inside - border) * row;
  copyBorder(to, row, from, w, s + (inside - border) * x.step, M - inside, many, n);
}

/** The first position that reads beyond `limit`, if position 0 reads s. */
@inline function firstAbove(limit: i32, s: i32, step: i32): i32 {
  if (s > limit) return 0;
  return (step == 1 ? limit - s : (limit - s) / step) + 1;
}

/** Copies runs that are partly outside of the image. */
function copyBorder(to: usize, row: usize, from: usize, w: Windows, s: i32, M: i32, many: i32, n: i32): void {
  const x = w.x;
  const pixel = bytes(w.channels);
  for (; M > 0; M--, s += x.step, to += row) {
    const before = max(0, min(many, -s));
    const inside = max(0, min(many, x.size - s) - before);
    clearRuns(to, row, 1, before * n);
    copyRuns(to + bytes(before * n), row, from + <usize>(s + before) * pixel, 0, 1, inside * n);
    clearRuns(to + bytes((before + inside) * n), row, 1, (many - before - inside) * n);
  }
}

/** `copyLine` tap by tap. */
function copyTaps(to: usize, row: usize, from: usize, w: Windows, s: i32, M: i32, many: i32, n: i32): void {
  const x = w.x;
  const pixel = bytes(w.channels);
  const step = <usize>x.step * pixel;
  for (; many > 0; many--, to += bytes(n), s += x.tapStep) {
    const end = min(M, firstAbove(x.size - 1, s, x.step));
    const first = min(end, firstAbove(-1, s, x.step));
    clearRuns(to, row, first, n);
    copyRuns(to + <usize>first * row, row, from + <usize>(s + first * x.step) * pixel, step, end - first, n);
    clearRuns(to + <usize>end * row, row, M - end, n);
  }
}

/** Copies M runs of n numbers that lie `step` bytes apart. */
function copyRuns(to: usize, row: usize, from: usize, step: usize, M: i32, n: i32): void {
  const rest = n & (LANES - 1);
  const vectors = bytes(n - rest);
  for (; M > 0; M--, to += row, from += step) {
    let i: usize = 0;
    for (; i < vectors; i += 16) copy<v128>(to + i, from + i);
    if (LANES == 2 || rest < 2) {
      if (rest > 0) copy<Real>(to + i, from + i);
    } else {
      copy<u64>(to + i, from + i);
      if (rest == 3) copy<Real>(to + i + 8, from + i + 8);
    }
  }
}

/** Writes M runs of n zeros. */
function clearRuns(to: usize, row: usize, M: i32, n: i32): void {
  for (; M > 0; M--, to += row) {
    let i: usize = 0;
    for (; i + 16 <= bytes(n); i += 16) store<v128>(to + i, splat<v128>(0));
    for (; i < bytes(n); i += bytes(1)) store<Real>(to + i, 0);
  }
}
