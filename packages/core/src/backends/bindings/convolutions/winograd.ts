import { elementView } from '../../../math/element-type.ts';
import type { ConvolutionGeometry, WindowAxis } from '../../../math/windows.ts';
import type { CodeLayout } from '../../code.ts';
import { type WinogradKernel, winogradArguments } from '../../kernels/winograd.ts';
import type { CallTape } from '../call-tape.ts';
import { MAX_BLOCK_ROWS, MAX_PANEL, MAX_ROWS, tilesOver } from '../panels/panel-memory.ts';
import type { Panels } from '../panels/panels.ts';
import type { RowProduct } from './row-products.ts';

/** Bytes of the planes of a block of tiles, to stay in the second-level cache. */
const BLOCK_BYTES = 524_288;
/** Planes: the 4 x 4 numbers of a transformed tile. */
const PLANES = 16;
/** Numbers of the widest vector. */
const MAX_LANES = 16;
/** Weights of a window. */
const TAPS = 9;
/** Bytes of a number. */
const BYTES = 4;

const roundUp = (n: number, to: number): number => Math.floor((n + to - 1) / to) * to;

/** An axis of the images that are read, with zeros around it, and its tiles of two outputs. */
function paddedAxis({ inputs, outputs, before }: WindowAxis, isBackward: boolean) {
  const [read, written, zeros] = isBackward ? [outputs, inputs, 2 - before] : [inputs, outputs, before];
  const pad = Math.max(0, zeros);
  const first = pad - zeros; // of the first tile
  const tiles = Math.floor((written + 1) / 2);
  return { read, written, pad, first, tiles, size: Math.max(first + 2 * tiles + 2, pad + read) };
}

/** Sizes of the work of one direction. */
function sizesOf(geometry: ConvolutionGeometry, isBackward: boolean) {
  const [y, x] = [geometry.height, geometry.width].map((axis) => paddedAxis(axis, isBackward));
  const [readC, writtenC] = isBackward ? [geometry.O, geometry.C] : [geometry.C, geometry.O];
  const row = roundUp(x.size * readC + MAX_LANES - 1, MAX_LANES); // numbers of a row of a copy
  // A block has tiles of whole images, or rows of tiles of one.
  const rowBytes = PLANES * BYTES * x.tiles * (readC + writtenC);
  const blockRows = Math.max(1, Math.floor(BLOCK_BYTES / rowBytes));
  const rows = Math.min(y.tiles, blockRows);
  const images = Math.max(1, Math.floor(blockRows / y.tiles));
  // One more line keeps the planes of a tile from sharing a set of the first-level cache.
  const planeOf = (channels: number): number => roundUp(images * rows * x.tiles * channels, MAX_LANES) + MAX_LANES;
  return { y, x, readC, writtenC, row, rows, images, planeOf };
}

/** Bytes of scratch of a product, for any number of images. */
export function winogradBytes(geometry: ConvolutionGeometry, isBackward: boolean): number {
  const { y, readC, writtenC, row, images, planeOf } = sizesOf(geometry, isBackward);
  const taps = TAPS * roundUp(readC, MAX_BLOCK_ROWS) * MAX_PANEL;
  const weights = PLANES * readC * (BYTES * writtenC + MAX_PANEL);
  const planes = PLANES * BYTES * (planeOf(readC) + planeOf(writtenC));
  return roundUp(BYTES * (writtenC + images * y.size * row), 64) + taps + weights + planes;
}

/**
 * Binds y or dx of a convolution by Winograd's F(2x2, 3x3), see program/reference/winograd.ts: the tiles of some images
 * are transformed into 16 matrices, these are multiplied by those of the weights, and the products are transformed
 * back.
 */
export function createWinogradProduct(
  { winograd, width }: CodeLayout,
  panels: Panels,
  tape: CallTape,
  free: number, // byte offset of `winogradBytes` bytes of scratch
  scratch: Float64Array, // the array that these bytes lie in
  geometry: ConvolutionGeometry,
  isBackward: boolean,
): RowProduct {
  const { type, bytes, maskOf, pack, packTransposed, panelFor, leafPanel, multiplyPlanes, zeros } = panels;
  const { y, x, readC, writtenC, row, rows, images: maxImages, planeOf } = sizesOf(geometry, isBackward);
  const size = panelFor(writtenC);
  const panelCount = tilesOver(writtenC, size.columns);
  const panelPlane = readC * size.step;
  const rowBytes = bytes * row;
  const imageBytes = y.size * rowBytes;
  const [plane, sumPlane] = [bytes * planeOf(readC), bytes * planeOf(writtenC)];
  const [inRow, outRow] = [bytes * readC, bytes * writtenC]; // of a tile in a plane
  const tapBytes = roundUp(readC, MAX_BLOCK_ROWS) * size.step;
  // The scratch: a bias of zeros, copies of images, transposed weights of a panel, transformed weights, planes.
  const copies = elementView(type, scratch.buffer, free, writtenC + maxImages * y.size * row);
  const images = free + bytes * writtenC;
  const taps = free + roundUp(bytes * copies.length, 64);
  const weights = taps + TAPS * tapBytes;
  const inputs = weights + panelCount * PLANES * panelPlane;
  const sums = inputs + PLANES * plane;

  /** Writes a call for each vector of `numbers` neighbouring numbers. */
  function transform(
    kernel: WinogradKernel,
    pixels: number,
    windows: number,
    numbers: number,
    [images, rows, columns]: readonly [number, number, number],
    pixelSteps: readonly [number, number, number], // from a pixel, row and image to the next
    windowSteps: readonly [number, number, number],
    tap: number,
    line: number,
    planeBytes: number,
    bias: number,
  ): void {
    const [pixelColumn, pixelRow, pixelImage] = pixelSteps;
    const [windowColumn, windowRow, windowImage] = windowSteps;
    const { full, masked } = winograd[kernel];
    for (let at = 0; at < numbers; at += width) {
      const isWhole = numbers - at >= width;
      tape.write(
        winogradArguments,
        isWhole ? full[1] : masked,
        pixels + bytes * at,
        windows + bytes * at,
        maskOf(isWhole ? 0 : numbers - at),
        images,
        rows,
        columns,
        0, // lines
        0, // taps
        pixelColumn,
        pixelRow - columns * pixelColumn,
        pixelImage - rows * pixelRow,
        windowColumn,
        windowRow - columns * windowColumn,
        windowImage - rows * windowRow,
        tap,
        line,
        planeBytes,
        bias + bytes * at,
      );
    }
  }

  /** Transforms W into panels: [panel][plane][readC, columns of the panel]. */
  function transformWeights(W: number): void {
    const oRow = bytes * geometry.O;
    const tapSize = geometry.C * oRow;
    const { step } = size;
    for (let panel = 0; panel < panelCount; panel++) {
      const from = panel * size.columns;
      const columns = Math.min(writtenC - from, size.columns);
      const to = weights + panel * PLANES * panelPlane;
      const counts = [1, 1, readC] as const;
      if (isBackward) {
        // W is transposed, and its window read from the end.
        for (let tap = 0; tap < TAPS; tap++) {
          packTransposed(taps + tap * tapBytes, step, W + tap * tapSize + from * oRow, oRow, readC, columns);
        }
        const last = taps + (TAPS - 1) * tapBytes;
        transform(
          'weights',
          to,
          last,
          columns,
          counts,
          [step, 0, 0],
          [step, 0, 0],
          -tapBytes,
          -3 * tapBytes,
          panelPlane,
          0,
        );
      } else {
        const at = W + bytes * from;
        transform('weights', to, at, columns, counts, [step, 0, 0], [oRow, 0, 0], tapSize, 3 * tapSize, panelPlane, 0);
      }
    }
  }

  /** Transforms the sums of `count` images, `rowCount` rows of tiles from row `first` on, into outputs. */
  function transformSums(out: number, b: number, count: number, first: number, rowCount: number): void {
    const outImage = y.written * x.written * outRow;
    // The last row and column of tiles may have one output instead of two.
    const wholeRows = Math.min(rowCount, Math.floor(y.written / 2) - first);
    const wholeColumns = Math.floor(x.written / 2);
    const steps = [outRow, x.tiles * outRow, rowCount * x.tiles * outRow] as const;
    for (const [row, rows] of [
      [0, wholeRows],
      [wholeRows, rowCount - wholeRows],
    ]) {
      for (const [column, columns] of [
        [0, wholeColumns],
        [wholeColumns, x.tiles - wholeColumns],
      ]) {
        if (rows === 0 || columns === 0) continue;
        transform(
          'output',
          out + (2 * (first + row) * x.written + 2 * column) * outRow,
          sums + (row * x.tiles + column) * outRow,
          writtenC,
          [count, rows, columns],
          [2 * outRow, 2 * x.written * outRow, outImage],
          steps,
          column === wholeColumns ? 0 : outRow,
          row === wholeRows ? 0 : x.written * outRow,
          sumPlane,
          b,
        );
      }
    }
  }

  return (out, source, W, b, B) => {
    transformWeights(W);
    copies.fill(0);
    for (let n = 0; n < B; n += maxImages) {
      const count = Math.min(maxImages, B - n);
      for (let k = 0; k < count; k++) {
        const from = source + (n + k) * y.read * x.read * inRow;
        const to = images + k * imageBytes + y.pad * rowBytes + x.pad * inRow;
        pack(to, rowBytes, leafPanel.step, from, x.read * inRow, y.read, x.read * readC, leafPanel.columns);
      }
      for (let first = 0; first < y.tiles; first += rows) {
        const rowCount = Math.min(rows, y.tiles - first);
        const tiles = count * rowCount * x.tiles;
        transform(
          'input',
          inputs,
          images + (y.first + 2 * first) * rowBytes + x.first * inRow,
          readC,
          [count, rowCount, x.tiles],
          [inRow, x.tiles * inRow, rowCount * x.tiles * inRow],
          [2 * inRow, 2 * rowBytes, imageBytes],
          inRow,
          rowBytes,
          plane,
          0, // no bias
        );
        for (let panel = 0; panel < panelCount; panel++) {
          const o = panel * size.columns;
          const columns = Math.min(writtenC - o, size.columns);
          const c = sums + bytes * o;
          for (let k = 0; k < readC; k += MAX_ROWS) {
            const [init, initRow, nextInit] = k === 0 ? [zeros, 0, 0] : [c, outRow, sumPlane];
            multiplyPlanes(
              c,
              outRow,
              sumPlane,
              init,
              initRow,
              nextInit,
              inputs + bytes * k,
              inRow,
              plane,
              weights + panel * PLANES * panelPlane + k * size.step,
              size.step,
              panelPlane,
              tiles,
              Math.min(MAX_ROWS, readC - k),
              columns,
              PLANES,
            );
          }
        }
        transformSums(out + n * y.written * x.written * outRow, b ?? free, count, first, rowCount);
      }
    }
    tape.run();
  };
}
