import { zeros } from './constants';
import { depthwise } from './depthwise';
import { bytes } from './lanes';
import { PANEL, packPanel, panelWidth, transposePanel } from './panels';
import { timesPanel } from './product';
import { arePixels, copyWindows, readInputs, readOutputs, WINDOWS_BYTES, Windows, windowRow, windowsAt } from './windows';

// Terms and positions at a time: 256 KiB of windows, and panels as in affine.ts.
const BLOCK = 256;
const POSITIONS = 128;

/**
 * y = x * W + b; each sum starts at b[o] and adds (ky, kx, channel) ascending. Overwrites `y`. scratch:
 * `wasmProductScratch`.
 */
export function convForward(
  y: usize, x: usize, W: usize, b: usize, B: i32,
  H: i32, V: i32, C: i32, OH: i32, OV: i32, O: i32, KY: i32, KX: i32,
  strideY: i32, strideX: i32, top: i32, left: i32, dilationY: i32, dilationX: i32, groups: i32,
  scratch: usize,
): void {
  const w = windowsAt(scratch);
  w.images = B;
  w.source = x;
  w.channels = C;
  w.KX = KX;
  readInputs(w.y, H, OH, KY, strideY, top, dilationY);
  readInputs(w.x, V, OV, KX, strideX, left, dilationX);
  if (isDepthwise(C, O, groups)) depthwise(y, b, W, w);
  else timesWindows(false, y, b, W, w, O / groups, O, C / groups, C / groups, groups, bytes(O), scratch);
}

/** dx; each sum starts at 0 and adds the outputs that read the input, (oy, ox, o) ascending. Overwrites `dx`. */
export function convBackwardInput(
  dx: usize, dy: usize, W: usize, B: i32,
  H: i32, V: i32, C: i32, OH: i32, OV: i32, O: i32, KY: i32, KX: i32,
  strideY: i32, strideX: i32, top: i32, left: i32, dilationY: i32, dilationX: i32, groups: i32,
  scratch: usize,
): void {
  const w = windowsAt(scratch);
  w.images = B;
  w.source = dy;
  w.channels = O;
  w.KX = KX;
  for (let iy = 0; iy < min(strideY, H); iy++) {
    readOutputs(w.y, iy, H, OH, KY, strideY, top, dilationY);
    for (let ix = 0; ix < min(strideX, V); ix++) {
      readOutputs(w.x, ix, V, OV, KX, strideX, left, dilationX);
      if (isDepthwise(C, O, groups)) depthwise(dx, zeros, W, w);
      else timesWindows(true, dx, zeros, W, w, C / groups, C, O / groups, C / groups, groups, bytes(O), scratch);
    }
  }
}

/** Whether every output has one channel of its own. */
@inline export function isDepthwise(C: i32, O: i32, groups: i32): bool {
  return groups > 1 && groups == C && groups == O;
}

/**
 * out = init + windows · W for N outputs of R channels in each group. `init` is a bias or zeros. A row of W, of `wRow`
 * bytes, has the outputs of one of the `inGroup` channels of a tap; `transposed`, it has the channels of an output.
 */
function timesWindows(
  transposed: bool, out: usize, init: usize, W: usize, w: Windows, N: i32, outChannels: i32, R: i32, inGroup: i32,
  groups: i32, wRow: usize, scratch: usize,
): void {
  const panel = scratch + WINDOWS_BYTES;
  const copied = panel + bytes(PANEL * BLOCK);
  const inPlace = arePixels(w);
  const taps = w.y.taps * w.x.taps;
  // Blocks of almost the same size: whole taps, or channels of one tap.
  const most = taps > 0 ? share(taps, max(1, BLOCK / R)) : 1;
  const mostChannels = share(R, BLOCK);
  const total = w.images * w.y.count * w.x.count;
  const block = inPlace ? 8 * POSITIONS : POSITIONS;
  for (let p = 0; p < total; p += block) {
    const M = min(total - p, block);
    for (let g = 0; g < groups; g++) {
      let isFirst = true;
      let tap = 0;
      do {
        const T = min(taps - tap, most);
        for (let c = 0; c < R; c += mostChannels) {
          const n = min(R - c, mostChannels);
          const K = T * n;
          let a = copied;
          let aRow = windowRow(K);
          if (inPlace) {
            a = w.source + bytes(p * w.channels + g * R + c);
            aRow = bytes(w.channels);
          } else {
            copyWindows(copied, aRow, w, p, M, tap, T, g * R + c, n);
          }
          for (let o = 0, width = 0; o < N; o += width) {
            width = panelWidth(N - o);
            for (let t = 0; t < T; t++) {
              const rows = W + <usize>(weightOf(w, tap + t) * inGroup + (transposed ? o : c)) * wRow;
              const columns = bytes(transposed ? g * R + c : g * N + o);
              const to = panel + bytes(t * n * width);
              if (transposed) transposePanel(to, rows + columns, wRow, n, width);
              else packPanel(to, rows + columns, wRow, n, width);
            }
            const start = isFirst ? (init == zeros ? zeros : init + bytes(g * N + o)) : 0;
            timesPositions(width, out + bytes(g * N + o), outChannels, start, w, p, a, aRow, panel, M, K);
          }
          isFirst = false;
        }
        tap += most;
      } while (tap < taps);
    }
  }
}

/** The size of the first of as few parts of n as possible, of at most `most`. */
@inline export function share(n: i32, most: i32): i32 {
  const parts = (n + most - 1) / most;
  return (n + parts - 1) / parts;
}

/** The place of a tap's weights in the kernel. */
@inline export function weightOf(w: Windows, tap: i32): i32 {
  const x = w.x;
  return (w.y.k + (tap / x.taps) * w.y.kStep) * w.KX + x.k + (tap % x.taps) * x.kStep;
}

/** Multiplies the windows of positions p … p + M - 1 by a panel. Sums start at `init`, or in `out` if it is 0. */
function timesPositions(
  width: i32, out: usize, outChannels: i32, init: usize, w: Windows, p: i32, a: usize, aRow: usize, panel: usize,
  M: i32, K: i32,
): void {
  const y = w.y;
  const x = w.x;
  const pixel = bytes(outChannels);
  if (y.stride == 1 && x.stride == 1) {
    times(width, out + <usize>p * pixel, pixel, init, a, aRow, panel, M, K);
    return;
  }
  const row = <usize>x.stride * pixel;
  let jx = p % x.count;
  let line = p / x.count;
  while (M > 0) {
    const many = min(M, x.count - jx);
    const oy = (line / y.count) * y.outputs + y.first + (line % y.count) * y.stride;
    const at = out + <usize>(oy * x.outputs + x.first + jx * x.stride) * pixel;
    times(width, at, row, init, a, aRow, panel, many, K);
    a += <usize>many * aRow;
    M -= many;
    jx = 0;
    line++;
  }
}

function times(
  width: i32, c: usize, cRow: usize, init: usize, a: usize, aRow: usize, panel: usize, M: i32, K: i32,
): void {
  const start = init == 0 ? c : init;
  timesPanel(
    width, c, cRow, start, init == 0 ? cRow : 0, zeros, 0, a, aRow, bytes(1), panel, bytes(width), M, K, 0,
  );
}
