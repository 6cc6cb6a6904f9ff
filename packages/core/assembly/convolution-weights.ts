import { addStrip, LEVELS, MOST_LEAVES, NODE_ROWS } from './affine-weights';
import { one } from './constants';
import { isDepthwise, share } from './convolution';
import { depthwiseWeights } from './depthwise';
import { bytes } from './lanes';
import { PANEL, packPanel, panelWidth } from './panels';
import { add, copy, fill } from './vectors';
import { copyWindows, readInputs, WINDOWS_BYTES, Windows, windowRow, windowsAt } from './windows';

/** Most positions that are added in one chain, as in src/program/reference/convolution.ts. */
const PIECE = 64;
// dW is computed in squares of this side, so that the sums of the tree that wait stay in the second-level cache.
const SIDE = 64;
// Fewer rows of dW do not repay packing dy.
const MOST_PLAIN = 32;

/**
 * dW and db. Pieces of an image of at most 64 positions are summed from 0 in the order of the positions, the pieces of
 * an image by the tree, and the images of the batch by the tree. Overwrites `dW` and `db`, or adds to them if `joins`.
 * scratch: `wasmProductScratch`.
 */
export function convBackwardWeights(
  dW: usize, db: usize, x: usize, dy: usize, B: i32, joins: i32,
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
  const isDeep = isDepthwise(C, O, groups);
  const split = isDeep ? 1 : groups;
  const outGroup = O / split;
  const inGroup = isDeep ? 1 : C / split;
  const taps = KY * KX;
  const most = share(taps, max(1, SIDE / inGroup));
  const mostChannels = share(inGroup, SIDE);
  for (let g = 0; g < split; g++) {
    for (let o = g * outGroup; o < (g + 1) * outGroup; o += SIDE) {
      const N = min((g + 1) * outGroup - o, SIDE);
      for (let tap = 0; tap < taps; tap += most) {
        const T = min(taps - tap, most);
        for (let c = 0; c < inGroup; c += mostChannels) {
          const n = min(inGroup - c, mostChannels);
          const hasBias = tap == 0 && c == 0;
          const sums = sumBatch(w, dy, O, tap, T, isDeep ? o : g * inGroup + c, n, o, N, isDeep, hasBias, scratch);
          const row = bytes(N);
          const rows = T * n;
          for (let k = 0; k < rows; k++) {
            finish(dW + bytes((tap * inGroup + c + k) * O + o), sums + <usize>k * row, N, joins != 0);
          }
          if (hasBias) finish(db + bytes(o), sums + <usize>rows * row, N, joins != 0);
        }
      }
    }
  }
}

/** Stores n sums, or adds them. Sums that start at 0 are never -0. */
@inline function finish(to: usize, sums: usize, n: i32, joins: bool): void {
  if (joins) add(to, sums, n);
  else copy(to, sums, n);
}

/**
 * The sum over the batch of a square of dW: `taps` taps from `tap` by n channels from c in its rows, outputs o … o + N
 * - 1 in its columns, and db in its last row if `hasBias`. Returns its address.
 *
 * Positions are taken in nodes, subtrees of a few pieces, whose sums join those that wait as in `joinLevels`.
 */
function sumBatch(
  w: Windows, dy: usize, O: i32, tap: i32, taps: i32, c: i32, n: i32, o: i32, N: i32, isDeep: bool, hasBias: bool,
  scratch: usize,
): usize {
  const OV = w.x.count;
  const area = w.y.count * OV;
  const height = taps * n;
  const size = (height + i32(hasBias)) * N;
  const windows = scratch + WINDOWS_BYTES;
  const panels = windows + <usize>NODE_ROWS * windowRow(SIDE);
  const stack = panels + bytes(NODE_ROWS * SIDE);
  const sums = stack + bytes(LEVELS * SIDE * PANEL);
  const slot = bytes(size);
  const packs = height > MOST_PLAIN;
  const isWide = OV > PIECE;
  const rowPieces = isWide ? (OV + PIECE - 1) / PIECE : 1;
  let images = w.images;
  let piece = isWide ? PIECE : min(area, max(1, PIECE / OV) * OV);
  let imageSize = area;
  if (piece == area) {
    // Images of one piece are the pieces of one image.
    imageSize *= images;
    images = min(images, 1);
  }
  let many = isWide || isDeep ? 1 : MOST_LEAVES;
  while (many * piece > NODE_ROWS) many >>= 1;
  const span = many * piece;
  const nodes = isWide ? w.y.count * rowPieces : (imageSize + span - 1) / span;
  let top = 0; // sums that wait
  for (let image = 0; image < images; image++) {
    const base = top;
    for (let k = 0; k < nodes; k++) {
      const isRight = (k & 1) != 0;
      const at = isWide ? (k / rowPieces) * OV + (k % rowPieces) * PIECE : k * span;
      const M = isWide ? min(PIECE, OV - (k % rowPieces) * PIECE) : min(span, imageSize - at);
      const p = image * imageSize + at;
      if (!isRight) top++;
      const to = sums + <usize>(top - 1) * slot;
      if (isDeep) {
        depthwiseWeights(to, isRight, w, dy, p, M, tap, taps, hasBias, c, N);
      } else {
        const row = windowRow(height);
        copyWindows(windows, row, w, p, M, tap, taps, c, n);
        for (let i = 0, width = 0; packs && i < N; i += width) {
          width = panelWidth(N - i);
          packPanel(panels + bytes(i * M), dy + bytes(p * O + o + i), bytes(O), M, width);
        }
        const rows = packs ? panels : dy + bytes(p * O + o);
        const step = packs ? <usize>0 : bytes(O);
        addStrip(to, bytes(N), windows, bytes(1), row, rows, step, M, piece, true, isRight, height, N, stack, 0);
        if (hasBias) {
          const bias = to + bytes(height * N);
          addStrip(bias, 0, one, 0, 0, rows, step, M, piece, true, isRight, 1, N, stack, 0);
        }
      }
      const isLast = k + 1 == nodes;
      for (let m = (k + 1) >> 1; top > base + 1 && (isLast || (isRight && (m & 1) == 0)); m >>= 1) {
        top--;
        add(sums + <usize>(top - 1) * slot, sums + <usize>top * slot, size);
      }
    }
    for (let m = image + 1; top > 1 && (image + 1 == images || (m & 1) == 0); m >>= 1) {
      top--;
      add(sums + <usize>(top - 1) * slot, sums + <usize>top * slot, size);
    }
  }
  if (images == 0) fill(sums, 0, size);
  return sums;
}
