import type { ConvolutionGeometry, WindowAxis } from '../../../math/windows.ts';
import { RUN_BYTES } from '../../kernels/tile.ts';
import type { CallTape } from '../call-tape.ts';
import { countOf, heightOf, MAX_BLOCK_ROWS, MAX_PANEL, type PanelSize, tilesOver } from '../panels/panel-memory.ts';
import type { Panels } from '../panels/panels.ts';
import { isDepthwise, layoutOf, type Phase, type Reach, type Span, spacing, spansOf } from '../reach.ts';
import { copyBytes, createImageCopies } from './image-copies.ts';
import { type Run, tableOf } from './runs.ts';

/** Rows of y or dx: y = x * W + b, or dx from dy and W. Arrays are byte offsets. */
export type RowProduct = (
  out: number,
  source: number,
  W: number,
  b: number | null, // null: sums start at 0
  B: number,
) => void;

/** The direction of a product: outputs are sums over windows of inputs, or input gradients over output gradients. */
export interface Direction {
  readonly reachOf: (axis: WindowAxis) => Reach;
  readonly isBackward: boolean;
}

/** Channels of a direction: it reads `readC` and writes `writtenC`; in each group, `groupIn` and `groupOut`. */
function channelsOf(geometry: ConvolutionGeometry, { isBackward }: Direction) {
  const { C, O } = geometry;
  const lanes = isDepthwise(geometry); // each output channel then has factors of its own, as `assembleTile` says
  const groups = lanes ? 1 : geometry.groups;
  const [readC, writtenC] = isBackward ? [O, C] : [C, O];
  return { lanes, groups, readC, writtenC, groupIn: lanes ? 1 : readC / groups, groupOut: writtenC / groups };
}

/** Bytes of scratch of a row product, for any number of images and either type. */
export function rowProductBytes(geometry: ConvolutionGeometry, direction: Direction): number {
  const { groups, readC, groupIn, groupOut } = channelsOf(geometry, direction);
  const [y, x] = [direction.reachOf(geometry.height), direction.reachOf(geometry.width)];
  const taps = geometry.height.kernel * geometry.width.kernel;
  const panels = groups * taps * groupIn * (8 * groupOut + MAX_PANEL) + MAX_BLOCK_ROWS * MAX_PANEL;
  return copyBytes(y.inputs, x, readC) + panels + RUN_BYTES * taps;
}

/**
 * Binds the products of all rows of images. A row of outputs is a product of panels whose factors lie `stride` pixels
 * apart; the sums of a tile stay in registers over the whole window. W is packed once a call, in the order of addition.
 */
export function createRowProduct(
  panels: Panels,
  tape: CallTape,
  free: number, // byte offset of `rowProductBytes` bytes of scratch
  scratch: Float64Array, // the array that these bytes lie in
  geometry: ConvolutionGeometry,
  direction: Direction,
): RowProduct {
  const { bytes, width, pack, packTransposed, sumRuns, singleOf, zeros } = panels;
  const { lanes, groups, readC, writtenC, groupIn, groupOut } = channelsOf(geometry, direction);
  const [y, x] = [direction.reachOf(geometry.height), direction.reachOf(geometry.width)];
  const [KX, O] = [geometry.width.kernel, geometry.O];
  const layout = layoutOf(x, readC, width);
  const copies = createImageCopies(panels, scratch, free, layout, y.inputs, x.inputs * readC, 1);
  const size: PanelSize = lanes ? panels.lanePanel : panels.panelFor(groupOut);
  const panelsPerGroup = tilesOver(groupOut, size.columns);
  const panelRows = geometry.height.kernel * KX * groupIn;
  const packed = free + copyBytes(y.inputs, x, readC);
  const tables = packed + groups * panelsPerGroup * panelRows * size.step + MAX_BLOCK_ROWS * MAX_PANEL;
  const rowBytes = bytes * layout.row;
  const pixelBytes = bytes * readC;
  const aRow = x.readStep * pixelBytes;

  /** The sums at the positions of a phase of each axis. */
  interface PhaseProduct {
    readonly y: Phase;
    readonly x: Phase;
    readonly spans: readonly Span[];
    readonly first: number; // the first row in a panel
    readonly aStep: number; // bytes from the factor of a term to that of the next
    readonly runs: readonly Run[]; // of one row of the window
    readonly table: number; // address of the runs of all rows
  }
  const parts: PhaseProduct[] = [];
  let first = 0;
  let table = tables;
  for (const yPhase of y.phases) {
    for (const xPhase of x.phases) {
      const aStep = lanes ? spacing(xPhase) * pixelBytes : bytes;
      const runs = runsAlong(xPhase);
      const spans = spansOf(yPhase, y);
      parts.push({ y: yPhase, x: xPhase, spans, first, aStep, runs, table });
      first += yPhase.taps.length * xPhase.taps.length * groupIn;
      table += RUN_BYTES * yPhase.taps.length * runs.length;
    }
  }

  const words = Int32Array.from(
    parts.flatMap(({ y, runs, aStep }) => {
      const rows = y.taps.map((_, k) => k * spacing(y) * rowBytes);
      const rowRuns = rows.flatMap((row) => runs.map((run) => ({ ...run, a: run.a + row })));
      return [...tableOf(rowRuns, aStep, size.step)];
    }),
  );
  const tableWords = new Int32Array(scratch.buffer, tables, words.length);

  /** The terms of a row of the window, cut wherever their factors are not `aStep` bytes apart. */
  function runsAlong({ taps }: Phase): Run[] {
    const runs: Run[] = [];
    for (const { at } of taps) {
      const a = at * pixelBytes;
      const last = runs.at(-1);
      const follows = lanes || (last !== undefined && groups === 1 && last.a + last.terms * bytes === a);
      if (last !== undefined && follows) runs[runs.length - 1] = { ...last, terms: last.terms + groupIn };
      else runs.push({ a, panel: null, terms: groupIn, merges: 0, isPushed: false });
    }
    return runs;
  }

  const packedAt = (group: number, panel: number, row: number): number =>
    packed + ((group * panelsPerGroup + panel) * panelRows + row) * size.step;

  // Below: pack(panel, step, nextPanel, source, sourceStep, rows, columns, columns of a panel).
  /** Packs W into panels: rows in the order of the taps, and of the numbers that are read at each. */
  function packWeights(W: number): void {
    for (let g = 0; g < groups; g++) {
      if (!direction.isBackward) {
        const at = W + bytes * g * groupOut;
        pack(packedAt(g, 0, 0), size.step, panelRows * size.step, at, bytes * O, panelRows, groupOut, size.columns);
        continue;
      }
      // A transposed block may write beyond its last row: the block that begins there is packed after it.
      for (let panel = 0; panel < panelsPerGroup; panel++) {
        const c = panel * size.columns;
        const columns = Math.min(groupOut - c, size.columns);
        for (const { y, x, first } of parts) {
          let row = first;
          for (const ky of y.taps) {
            for (const kx of x.taps) {
              const tap = ky.k * KX + kx.k;
              const to = packedAt(g, panel, row);
              // With lanes, a tap has one row in one panel: no next panel, no next row.
              if (lanes) pack(to, size.step, 0, W + bytes * (tap * O + c), 0, 1, columns, columns);
              else {
                const at = W + bytes * ((tap * groupOut + c) * O + g * groupIn);
                packTransposed(to, size.step, at, bytes * O, groupIn, columns);
              }
              row += groupIn;
            }
          }
        }
      }
    }
  }

  return (out, source, W, b, B) => {
    packWeights(W);
    tableWords.set(words);
    copies.clear();
    for (let n = 0; n < B; n++) {
      const image = copies.copy(source, n, 1);
      for (const part of parts) sumPart(part, out + bytes * n * y.outputs * x.outputs * writtenC, image, b);
    }
    tape.run();
  };

  function sumPart(
    { y: yPhase, x: xPhase, spans, first, aStep, runs, table }: PhaseProduct,
    out: number,
    image: number,
    b: number | null,
  ) {
    const columnTaps = xPhase.taps.length;
    for (const { from, count, low, high } of spans) {
      const taps = columnTaps === 0 ? 0 : high - low;
      // Runs are relative, so `taps` rows of a window take the end of the table. Without taps, `singleOf(0)` adds none.
      const runsAt = taps === 0 ? singleOf(0) : table + RUN_BYTES * (yPhase.taps.length - taps) * runs.length;
      const inputRow = taps === 0 ? 0 : yPhase.taps[low].at + y.readStep * from;
      const inputColumn = taps === 0 ? 0 : xPhase.taps[0].at;
      const source = image + inputRow * rowBytes + inputColumn * pixelBytes;
      const to = out + bytes * ((yPhase.first + y.writeStep * from) * x.outputs + xPhase.first) * writtenC;
      for (let g = 0; g < groups; g++) {
        for (let panel = 0; panel < panelsPerGroup; panel++) {
          const o = g * groupOut + panel * size.columns;
          const columns = Math.min((g + 1) * groupOut - o, size.columns);
          const init = b === null ? zeros : b + bytes * o;
          const a = source + bytes * (lanes ? o : g * groupIn);
          const weights = packedAt(g, panel, first + low * columnTaps * groupIn);
          sumRows(to + bytes * o, init, a, aStep, weights, runsAt, xPhase.count, columns, count);
        }
      }
    }
  }

  /** Computes the sums of `count` rows of `pixels` positions, in `columns` columns of a panel. `runs` is a table. */
  function sumRows(
    c: number,
    init: number,
    a: number,
    aStep: number,
    panel: number,
    runs: number,
    pixels: number,
    columns: number,
    count: number,
  ): void {
    const cRow = bytes * x.writeStep * writtenC;
    const nextC = bytes * y.writeStep * x.outputs * writtenC;
    const nextA = y.readStep * rowBytes;
    const tiles = tilesOver(pixels, size.rows);
    // A call makes one tile in each of the rows, or all tiles of one height in one row.
    const isTall = tiles <= count;
    for (let row = 0; row < (isTall ? 1 : count); row++) {
      for (let m = 0, tile = 0; m < pixels; ) {
        const M = heightOf(pixels - m, tiles - tile);
        const tilesOfCall = isTall ? 1 : countOf(pixels - m, tiles - tile);
        const [toC, toA] = [c + row * nextC + m * cRow, a + row * nextA + m * aRow];
        const [next, stepC, stepA] = isTall ? [count, nextC, nextA] : [tilesOfCall, M * cRow, M * aRow];
        sumRuns(
          toC,
          cRow,
          init,
          toA,
          aRow,
          aStep,
          panel,
          size.step,
          runs,
          M,
          columns,
          next,
          stepC,
          stepA,
          false, // accumulate
          lanes ? 'lanes' : 'all',
        );
        m += tilesOfCall * M;
        tile += tilesOfCall;
      }
    }
  }
}
