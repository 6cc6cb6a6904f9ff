import { MAX_NODE_ROWS, treeLevels } from '../../../math/tree/index.ts';
import type { ConvolutionGeometry } from '../../../math/windows.ts';
import { pieceCount, pieceRows } from '../../../program/reference/convolution.ts';
import { PIECE } from '../../../program/reference/sum-rows.ts';
import type { CodeLayout } from '../../code.ts';
import { RUN_BYTES } from '../../kernels/tile.ts';
import { createArrayCall } from '../array-calls.ts';
import type { CallTape } from '../call-tape.ts';
import { countOf, heightOf, MAX_SUM_BYTES, tilesOver } from '../panels/panel-memory.ts';
import type { Panels } from '../panels/panels.ts';
import { onesOf } from '../panels/tile-products.ts';
import { forwardReach, isDepthwise, layoutOf } from '../reach.ts';
import { copyBytes, createImageCopies } from './image-copies.ts';
import { type Run, tableOf } from './runs.ts';

/** Maximum number of bytes of images and gradients that are added at a time, to stay in the second-level cache. */
const BLOCK_BYTES = 524_288;
/** Maximum number of images that are added at a time. */
const BLOCK_IMAGES = 64;
/** Maximum number of bytes of weights whose sums over several images wait, unless a panel has more. */
const WAITING_BYTES = 1_048_576;

/** Overwrites dW and db, or adds to them if `accumulate`. Arrays are byte offsets. */
export type WindowWeights = (dW: number, db: number, x: number, dy: number, accumulate: boolean) => void;

/** Sizes of the work, for numbers of at most 8 bytes. `runs`: at most so many in a table, some of them empty. */
function sizesOf(geometry: ConvolutionGeometry) {
  const { height: y, width: x, C, O, groups } = geometry;
  const lanes = isDepthwise(geometry); // each column of dW then has factors of its own, as `assembleTile` says
  const groupIn = lanes ? 1 : C / groups;
  const K = y.kernel * x.kernel * groupIn; // rows of dW
  const imageBytes = 8 * (y.inputs * x.inputs * C + y.outputs * x.outputs * O);
  let images = 1;
  while (images < BLOCK_IMAGES && 2 * images * imageBytes <= BLOCK_BYTES) images *= 2;
  const pieces = pieceCount(y.outputs, x.outputs);
  const runs = images * y.outputs * Math.floor((x.outputs + PIECE - 1) / PIECE);
  return { lanes, groups: lanes ? 1 : groups, groupIn, K, images, pieces, runs: runs + images * pieces };
}

/** Columns whose sums over several images wait at a time, unless a panel has more. */
const columnsOf = (K: number, O: number): number => Math.min(O, Math.floor(WAITING_BYTES / (8 * (K + 1))));
/** Maximum number of columns in a panel, over all extensions and types. */
const MAX_PANEL_COLUMNS = 32;

/** Bytes of the sums of a tile that wait below a table. */
const waitingBytes = (images: number, pieces: number): number =>
  (treeLevels(images) + treeLevels(pieces)) * MAX_SUM_BYTES;

/** Bytes of a table and the sums below it, in whole cache lines. */
const tableBytes = ({ images, pieces, runs }: ReturnType<typeof sizesOf>): number =>
  waitingBytes(images, pieces) + Math.floor((RUN_BYTES * runs + 63) / 64) * 64;

/** Bytes of scratch, for either type. */
export function windowWeightsBytes(geometry: ConvolutionGeometry): number {
  const sizes = sizesOf(geometry);
  const { K, images } = sizes;
  const { height: y, width: x, C, O } = geometry;
  const copies = images * copyBytes(y.inputs, forwardReach(x), C);
  const columns = Math.max(columnsOf(K, O), Math.min(O, MAX_PANEL_COLUMNS));
  return copies + (y.kernel + 1) * tableBytes(sizes) + treeLevels(MAX_NODE_ROWS / images) * 8 * (K + 1) * columns;
}

/** Bytes of the tables of a product for passes of `rows` rows, outside of scratch: two a ky, as in `createTable`. */
export function windowTableBytes(geometry: ConvolutionGeometry, rows: number): number {
  const { images, runs } = sizesOf(geometry);
  return 2 * (geometry.height.kernel + 1) * RUN_BYTES * (runs / images) * Math.min(images, rows);
}

/** Tiles of dW below each other, all in row `ky` of the window: the first one begins at row `k` of dW. */
interface Strip {
  readonly ky: number;
  readonly k: number;
  readonly rows: number; // rows of a tile
  readonly count: number; // tiles
  readonly a: number; // bytes from the pixel of an output to its first factor
}

/** Neighbouring columns of dW in one group. */
interface Columns {
  readonly o: number; // the first one
  readonly count: number;
  readonly group: number;
}

/** Addresses of sums over some images: of dW and db, or of memory in which such sums wait. */
interface SumArrays {
  readonly dW: number;
  readonly dWRow: number; // bytes from row to row
  readonly db: number;
}

/**
 * Binds dW and db of B images. A tile of dW stays in registers over a piece of an image; the pieces of a few images are
 * joined in the first-level cache, and the sums of these images in memory. All tiles are made for a few images before
 * the next images, which stay in the second-level cache meanwhile.
 */
export function createWindowWeights(
  layout: CodeLayout,
  panels: Panels,
  tape: CallTape,
  free: number, // byte offset of `windowWeightsBytes` bytes of scratch
  scratch: Float64Array, // the array that these bytes lie in
  geometry: ConvolutionGeometry,
  B: number,
): WindowWeights {
  const { bytes, width, one, zeros, leafPanel, leafPanelFor, lanePanel, sumRuns } = panels;
  if (B > MAX_NODE_ROWS) throw new Error(`convBackwardWeights: B has ${B}, expected at most ${MAX_NODE_ROWS}`);
  const add = createArrayCall('add', layout, tape, panels);
  const { height: y, width: x, C, O } = geometry;
  const sizes = sizesOf(geometry);
  const { lanes, groups, groupIn, K, images, pieces } = sizes;
  const groupOut = O / groups;
  const size = lanes ? lanePanel : leafPanelFor(groupOut);
  const rowLayout = layoutOf(forwardReach(x), C, width);
  const maxImages = Math.min(B, images);
  const copies = createImageCopies(panels, scratch, free, rowLayout, y.inputs, x.inputs * C, maxImages);
  const [rowBytes, pixelBytes, oRow] = [bytes * rowLayout.row, bytes * C, bytes * O];
  const aStep = x.stride * pixelBytes;
  const aRow = lanes ? x.dilation * pixelBytes : bytes;
  const strips = cutStrips();
  const pendingSumsAt = free + images * copyBytes(y.inputs, forwardReach(x), C) + (y.kernel + 1) * tableBytes(sizes);
  const tables = Array.from({ length: y.kernel + 1 }, (_, ky) => createTable(ky));

  /** Cuts the rows of dW into tiles. */
  function cutStrips(): Strip[] {
    // Whether the factors of a whole row of the window are at equal distances.
    const isWhole = lanes || (groups === 1 && x.dilation === 1);
    const strips: Strip[] = [];
    for (let tap = 0; tap < y.kernel * x.kernel; tap += isWhole ? x.kernel : 1) {
      const rows = isWhole ? x.kernel * groupIn : groupIn;
      const at = ((tap % x.kernel) * x.dilation - x.before) * pixelBytes;
      const tiles = tilesOver(rows, size.rows);
      for (let row = 0, tile = 0; row < rows; ) {
        const height = heightOf(rows - row, tiles - tile);
        const count = countOf(rows - row, tiles - tile); // tiles of this height
        const [ky, k] = [Math.floor(tap / x.kernel), tap * groupIn + row];
        strips.push({ ky, k, rows: height, count, a: at + row * aRow });
        row += count * height;
        tile += count;
      }
    }
    return strips;
  }

  /** Columns of dW whose sums wait at a time. */
  function cutSections(): Columns[][] {
    const sectionColumns = Math.max(columnsOf(K, O), size.columns);
    const sections: Columns[][] = [];
    let columnsLeft = 0; // of the last section
    for (let group = 0; group < groups; group++) {
      for (let o = group * groupOut; o < (group + 1) * groupOut; o += size.columns) {
        const count = Math.min((group + 1) * groupOut - o, size.columns);
        if (count > columnsLeft || sections.length === 0) {
          sections.push([]);
          columnsLeft = sectionColumns;
        }
        sections[sections.length - 1].push({ o, count, group });
        columnsLeft -= count;
      }
    }
    return sections;
  }
  const sections = cutSections();

  /** The tables of row `ky` of the window, or of db if ky = y.kernel: for a whole block of images and for the rest. */
  function createTable(ky: number) {
    const isBias = ky === y.kernel;
    const at = pendingSumsAt - (y.kernel + 1 - ky) * tableBytes(sizes) + waitingBytes(images, pieces);
    const [whole, rest] = [maxImages, B % images].map((count) => {
      const runs = runsOf(count, ky);
      const words = tableOf(runs, isBias ? 0 : aStep, oRow);
      const inScratch = new Int32Array(scratch.buffer, at, words.length);
      return { copyWords: () => inScratch.set(words), a: runs[0]?.a ?? 0, panel: runs[0]?.panel ?? 0 };
    });
    return { at, whole, rest };
  }

  /** The terms of dW over `count` images, in the order of addition; those of db if ky = y.kernel. */
  function runsOf(count: number, ky: number): Run[] {
    const isBias = ky === y.kernel;
    const runs: Run[] = [];
    let [a, panel] = [0, 0]; // ends of the last run
    for (let n = 0; n < count; n++) {
      for (let piece = 0; piece < pieces; piece++) {
        const pieceRuns: { a: number; panel: number; terms: number }[] = [];
        for (const { oy, ox, terms } of rowsOfPiece(piece)) {
          const iy = oy * y.stride + ky * y.dilation - y.before;
          if (!isBias && (iy < 0 || iy >= y.inputs)) continue;
          const from = isBias ? 0 : (n * y.inputs + iy) * rowBytes + ox * aStep;
          const to = ((n * y.outputs + oy) * x.outputs + ox) * oRow;
          const last = pieceRuns.at(-1);
          if (last !== undefined && a === from && panel === to) last.terms += terms;
          else pieceRuns.push({ a: from, panel: to, terms });
          a = from + terms * (isBias ? 0 : aStep);
          panel = to + terms * oRow;
        }
        if (pieceRuns.length === 0) pieceRuns.push({ a, panel, terms: 0 });
        // Sums of pieces wait on top of sums of images, so an image's last piece also adds sums of images.
        const merges = mergesAfter(piece, pieces) + (piece + 1 === pieces ? mergesAfter(n, count) : 0);
        runs.push(
          ...pieceRuns.map((run, k) => ({
            ...run,
            merges: k + 1 === pieceRuns.length ? merges : 0,
            isPushed: k + 1 === pieceRuns.length,
          })),
        );
      }
    }
    return runs;
  }

  /** Output rows of a piece, or the part of one. */
  function rowsOfPiece(piece: number): { oy: number; ox: number; terms: number }[] {
    if (x.outputs <= PIECE) {
      const first = piece * pieceRows(x.outputs);
      const count = Math.min(pieceRows(x.outputs), y.outputs - first);
      return Array.from({ length: count }, (_, k) => ({ oy: first + k, ox: 0, terms: x.outputs }));
    }
    const perRow = Math.floor((x.outputs + PIECE - 1) / PIECE);
    const ox = (piece % perRow) * PIECE;
    return [{ oy: Math.floor(piece / perRow), ox, terms: Math.min(PIECE, x.outputs - ox) }];
  }

  return (dW, db, source, dy, accumulate) => {
    const blocks = Math.floor((B + images - 1) / images);
    const isDirect = blocks === 1;
    copies.clear();
    for (const section of sections) {
      const { o } = section[0];
      const end = section[section.length - 1].o + section[section.length - 1].count;
      const columns = end - o;
      const out: SumArrays = { dW: dW + bytes * o, dWRow: oRow, db: db + bytes * o };
      /** Row of the stack of sums that wait. If nothing is accumulated, the lowest row is dW itself. */
      const rowAt = (row: number): SumArrays => {
        if (row === 0 && !accumulate) return out;
        const at = pendingSumsAt + (accumulate ? row : row - 1) * bytes * (K + 1) * columns;
        return { dW: at, dWRow: bytes * columns, db: at + bytes * K * columns };
      };
      for (let block = 0; block < blocks; block++) {
        const count = Math.min(images, B - block * images);
        const isRest = block > 0 && count < images;
        if (block === 0 || isRest) {
          tape.run(); // its calls read the tables, which are overwritten now
          for (const { whole, rest } of tables) (isRest ? rest : whole).copyWords();
        }
        const merges = mergesAfter(block, blocks);
        const row = onesOf(block) - (merges > 0 ? 1 : 0); // on top of the sums that wait, or added to the last of them
        const image = copies.copy(source, block * images, count);
        const gradient = dy + block * images * y.outputs * x.outputs * oRow;
        if (isDirect) sumBlock(out, image, gradient, section, isRest, accumulate);
        else sumBlock(rowAt(row), image, gradient, section, isRest, merges > 0);
        for (let k = 1; k < merges; k++) addSums(rowAt(row - k), rowAt(row - k + 1), columns);
      }
      if (accumulate && !isDirect) addSums(out, rowAt(0), columns);
    }
    tape.run();
  };

  /** Sums over some images for the columns of a section. */
  function sumBlock(
    { dW, dWRow, db }: SumArrays,
    image: number,
    dy: number,
    section: readonly Columns[],
    isRest: boolean,
    accumulate: boolean,
  ): void {
    const [{ o: first }] = section;
    const last = section[section.length - 1];
    const biasTable = tables[y.kernel];
    for (let o = first; o < last.o + last.count; o += leafPanel.columns) {
      const columns = Math.min(last.o + last.count - o, leafPanel.columns);
      const to = db + bytes * (o - first);
      // 1 · dy + s is dy + s, rounded once.
      sumRuns(
        to,
        0, // cRow
        zeros,
        one,
        0, // aRow
        0, // aStep: all factors are the 1
        dy + bytes * o,
        oRow,
        biasTable.at,
        1, // M
        columns,
        1, // count
        0, // nextC
        0, // nextA
        accumulate,
        'all',
      );
    }
    for (const { o, count, group } of section) {
      for (const { ky, k, rows, count: tiles, a } of strips) {
        const table = tables[ky];
        const start = isRest ? table.rest : table.whole;
        const to = dW + k * dWRow + bytes * (o - first);
        const from = image + start.a + a + bytes * (lanes ? o : group * groupIn);
        const panel = dy + start.panel + bytes * o;
        sumRuns(
          to,
          dWRow,
          zeros,
          from,
          aRow,
          aStep,
          panel,
          oRow,
          table.at,
          rows,
          count,
          tiles,
          rows * dWRow,
          rows * aRow,
          accumulate,
          lanes ? 'lanes' : 'all',
        );
      }
    }
  }

  /** sum += term, both dW and db. */
  function addSums(sum: SumArrays, term: SumArrays, columns: number): void {
    if (sum.dWRow === term.dWRow) add(sum.dW, term.dW, K * columns);
    else for (let k = 0; k < K; k++) add(sum.dW + k * sum.dWRow, term.dW + k * term.dWRow, columns);
    add(sum.db, term.db, columns);
  }
}

/** How many waiting sums are added after leaf k: those that complete a larger subtree; after the last leaf, all. */
const mergesAfter = (k: number, leaves: number): number =>
  k + 1 === leaves ? onesOf(k) : onesOf(k) + 1 - onesOf(k + 1);
