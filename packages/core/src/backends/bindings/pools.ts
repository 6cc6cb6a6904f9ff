import type { Elements } from '../../math/element-type.ts';
import { FLUSH_BELOW } from '../../math/flush.ts';
import type { WindowGeometry } from '../../math/windows.ts';
import { addressOf } from '../../program/address.ts';
import type { Bound, FixedCall } from '../../program/kernels.ts';
import type {
  avgPoolBackward,
  avgPoolForward,
  globalAvgPoolBackward,
  globalAvgPoolForward,
  maxPoolBackward,
  maxPoolForward,
  upsampleBackward,
  upsampleForward,
} from '../../program/reference/pooling.ts';
import { PIECE } from '../../program/reference/sum-rows.ts';
import type { CodeLayout } from '../code.ts';
import { MAX_CHANNEL_VECTORS, type WindowKernel } from '../kernels/windows.ts';
import { type BindCall, bindByName } from './call-tape.ts';
import type { PanelMemory } from './panels/panel-memory.ts';
import { backwardReach, forwardReach, type PixelAxis, type PixelRun, pixelAxis } from './reach.ts';

/** Bytes of images that are taken at once if several kernels go through them. */
const GROUP_BYTES = 262_144;

/**
 * The last arguments of kernels that divide: [divides, factor, divisor, minSize]. For a power of two they multiply,
 * which has the same bits. Results below `minSize` become 0.
 */
function scaling(divisor: number, minSize = 0): readonly number[] {
  const isFactor = (divisor & (divisor - 1)) === 0;
  return isFactor ? [0, 1 / divisor, 1, minSize] : [1, 1, divisor, minSize];
}

/** Pixels of images with C channels, and the images of their windows. */
interface Pooling {
  readonly kernel: WindowKernel;
  readonly pixels: Elements; // [B, rows.pixels, columns.pixels, C]
  readonly windows: Elements; // [B, rows.positions, columns.positions, C]
  readonly rows: PixelAxis;
  readonly columns: PixelAxis;
  readonly B: number;
  readonly C: number;
  readonly lastArguments: readonly number[]; // the last arguments of the kernel
  readonly toClear?: Elements | null; // set to 0 first: the pixels if they are sums, else the windows
}

/** Makes calls of pools and of upsampling; null for others. */
export function createPools(layout: CodeLayout, { maskOf, sizesOf, bytes }: PanelMemory): BindCall {
  const { width, type } = layout;
  const chunk = MAX_CHANNEL_VECTORS * width; // numbers that a kernel takes at once

  function bind(pooling: Pooling): Bound | null {
    const { pixels, windows, rows, columns, B, C, toClear = null } = pooling;
    const [pixelImage, windowImage] = [rows.pixels * columns.pixels * C, rows.positions * columns.positions * C];
    const calls = callsOfImage(pooling);
    const [pixelBytes, windowBytes] = [bytes * pixelImage, bytes * windowImage];
    const [pixelsAt, windowsAt] = [addressOf(pixels), addressOf(windows)];
    const clearedImage = pooling.kernel === 'sum' ? pixelImage : windowImage;
    const isSingleCall = calls.length === 1 && toClear === null;
    const group = isSingleCall ? B : Math.max(1, Math.floor(GROUP_BYTES / Math.max(pixelBytes, windowBytes)));
    const boundCalls: FixedCall[] = [];
    for (let image = 0; image < B; image += group) {
      const images = Math.min(group, B - image);
      if (toClear !== null) {
        const clearedAt = addressOf(toClear) + bytes * clearedImage * image;
        boundCalls.push([layout.elementwise.fill, clearedAt, 0, ...sizesOf(clearedImage * images)]);
      }
      for (const { kernel, mask, values, pixel, window } of calls) {
        const [pixelAt, windowAt] = [pixelsAt + pixel + pixelBytes * image, windowsAt + window + windowBytes * image];
        boundCalls.push([kernel, pixelAt, windowAt, mask, images, ...values]);
      }
    }
    return boundCalls;
  }

  /** The calls for one image: one for each piece of each run of rows and columns. */
  function callsOfImage({ kernel, rows, columns, C, lastArguments: last }: Pooling) {
    // Windows that add to the same inputs do so in their order, row by row.
    const isOrdered = kernel === 'addAtMaximum' && columns.runs.length > 1;
    const rowRuns = isOrdered ? rows.runs.flatMap(singles) : rows.runs;
    const [pixelRowSize, windowRowSize] = [columns.pixels * C, columns.positions * C]; // numbers in a row
    return rowRuns.flatMap((row) =>
      columns.runs.flatMap((column) =>
        piecesOf(kernel, column, C).map(({ at, count, numbers, pixelStep, windowStep }) => {
          const { full, masked } = layout.windows[kernel];
          const values = [
            row.count, // rows
            count, // columns
            row.windowLength, // lines
            column.windowLength, // taps
            bytes * pixelStep, // pixelColumn
            bytes * (row.step * pixelRowSize - count * pixelStep), // pixelRow
            bytes * (rows.pixels - row.count * row.step) * pixelRowSize, // pixelImage
            bytes * windowStep, // windowColumn
            bytes * (row.windowStep * windowRowSize - count * windowStep), // windowRow
            bytes * (rows.positions - row.count * row.windowStep) * windowRowSize, // windowImage
            bytes * C, // tap
            bytes * (windowRowSize - column.windowLength * C), // line
            ...last,
          ];
          return {
            kernel: numbers < width ? masked : full[numbers / width],
            mask: maskOf(numbers % width),
            values,
            pixel: bytes * (row.first * pixelRowSize + column.first * C + at),
            window: bytes * (row.window * windowRowSize + column.window * C + at),
          };
        }),
      ),
    );
  }

  /** Pieces of channels that a kernel takes at once, at `count` pixels of a row. */
  function piecesOf(kernel: WindowKernel, { count, step, windowStep }: PixelRun, C: number) {
    const pieces: { at: number; count: number; numbers: number; pixelStep: number; windowStep: number }[] = [];
    // If the windows of neighbours are neighbours, too, their channels are computed as those of one pixel.
    const areContiguous = (kernel === 'maximum' || kernel === 'sum') && step === 1 && windowStep === 1 && count > 1;
    const rowNumbers = areContiguous ? count * C : C;
    if (areContiguous && rowNumbers >= chunk) {
      const chunks = Math.floor(rowNumbers / chunk);
      pieces.push({ at: 0, count: chunks, numbers: chunk, pixelStep: chunk, windowStep: chunk });
    }
    for (let at = areContiguous ? rowNumbers - (rowNumbers % chunk) : 0; at < rowNumbers; ) {
      const left = rowNumbers - at;
      const numbers = left < width ? left : Math.min(chunk, left - (left % width));
      const steps = areContiguous
        ? { count: 1, pixelStep: 0, windowStep: 0 }
        : { count, pixelStep: step * C, windowStep: windowStep * C };
      pieces.push({ at, numbers, ...steps });
      at += numbers;
    }
    return pieces;
  }

  const flushLimit = FLUSH_BELOW[type];

  return bindByName({
    maxPoolForward: (...[y, x, B, geometry]: Parameters<typeof maxPoolForward>) =>
      bind({ kernel: 'maximum', pixels: y, windows: x, ...outputs(geometry), B, C: geometry.C, lastArguments: [] }),
    maxPoolBackward(...[dx, dy, x, y, B, geometry]: Parameters<typeof maxPoolBackward>) {
      const axes = outputs(geometry);
      const adds = overlaps(geometry);
      return bind({
        kernel: adds ? 'addAtMaximum' : 'setAtMaximum',
        pixels: y,
        windows: x,
        ...axes,
        B,
        C: geometry.C,
        lastArguments: [addressOf(dy) - addressOf(y), addressOf(dx) - addressOf(x)],
        toClear: adds || !allPositionsInWindows(axes.rows) || !allPositionsInWindows(axes.columns) ? dx : null,
      });
    },
    avgPoolForward: (...[y, x, B, geometry]: Parameters<typeof avgPoolForward>) =>
      bind({
        kernel: 'sum',
        pixels: y,
        windows: x,
        ...outputs(geometry),
        B,
        C: geometry.C,
        lastArguments: meanOf(geometry),
      }),
    avgPoolBackward(...[dx, dy, B, geometry]: Parameters<typeof avgPoolBackward>) {
      const { C } = geometry;
      const last = meanOf(geometry, flushLimit);
      if (overlaps(geometry)) {
        const axes = {
          rows: pixelAxis(backwardReach(geometry.height)),
          columns: pixelAxis(backwardReach(geometry.width)),
        };
        const toClear = allPixelsHaveWindows(axes.rows) && allPixelsHaveWindows(axes.columns) ? null : dx;
        return bind({ kernel: 'sum', pixels: dx, windows: dy, ...axes, B, C, lastArguments: last, toClear });
      }
      const axes = outputs(geometry);
      const cleared = allPositionsInWindows(axes.rows) && allPositionsInWindows(axes.columns) ? null : dx;
      return bind({ kernel: 'spread', pixels: dy, windows: dx, ...axes, B, C, lastArguments: last, toClear: cleared });
    },
    globalAvgPoolForward(...[y, , x, B, R, C]: Parameters<typeof globalAvgPoolForward>) {
      // More positions are summed in pieces, by the kernels of column sums.
      if (R > PIECE) return null;
      return bind({ kernel: 'sum', pixels: y, windows: x, ...oneWindow(R), B, C, lastArguments: scaling(R) });
    },
    globalAvgPoolBackward: (...[dx, dy, B, R, C]: Parameters<typeof globalAvgPoolBackward>) =>
      bind({ kernel: 'spread', pixels: dy, windows: dx, ...oneWindow(R), B, C, lastArguments: scaling(R, flushLimit) }),
    upsampleForward: (...[y, x, B, H, V, C, FY, FX]: Parameters<typeof upsampleForward>) =>
      bind({ kernel: 'spread', pixels: x, windows: y, ...repeats(H, V, FY, FX), B, C, lastArguments: scaling(1) }),
    upsampleBackward: (...[dx, dy, B, H, V, C, FY, FX]: Parameters<typeof upsampleBackward>) =>
      bind({ kernel: 'sum', pixels: dx, windows: dy, ...repeats(H, V, FY, FX), B, C, lastArguments: scaling(1) }),
  });
}

type Axes = Pick<Pooling, 'rows' | 'columns'>;

/** Outputs as pixels; their windows are of inputs. */
const outputs = ({ height, width }: WindowGeometry): Axes => ({
  rows: pixelAxis(forwardReach(height)),
  columns: pixelAxis(forwardReach(width)),
});

/** Pixels of which each has its own window of `size` positions. */
const repeatedAxis = (pixels: number, size: number): PixelAxis => ({
  pixels,
  positions: pixels * size,
  runs: [{ first: 0, step: 1, count: pixels, window: 0, windowStep: size, windowLength: size }],
});

/** H · V pixels, each with its own window of FY · FX positions. */
const repeats = (H: number, V: number, FY: number, FX: number): Axes => ({
  rows: repeatedAxis(H, FY),
  columns: repeatedAxis(V, FX),
});

/** One pixel, whose window is all R positions. */
const oneWindow = (R: number): Axes => repeats(1, 1, 1, R);

const overlaps = ({ height, width }: WindowGeometry): boolean =>
  height.stride < height.kernel || width.stride < width.kernel;

/** Whether each position is in the window of a pixel, where windows do not overlap. */
const allPositionsInWindows = ({ positions, runs }: PixelAxis): boolean =>
  runs.reduce((covered, { count, windowLength: places }) => covered + count * places, 0) === positions;

/** Whether the window of each pixel has a position inside of the image. */
const allPixelsHaveWindows = ({ pixels, runs }: PixelAxis): boolean =>
  runs.reduce((reached, { count }) => reached + count, 0) === pixels;

/** A run of one pixel for each of the run. */
const singles = (run: PixelRun): PixelRun[] =>
  Array.from({ length: run.count }, (_, k) => ({
    ...run,
    first: run.first + k * run.step,
    count: 1,
    window: run.window + k * run.windowStep,
  }));

const meanOf = ({ height, width }: WindowGeometry, minSize?: number): readonly number[] =>
  scaling(height.kernel * width.kernel, minSize);
