import { bytesOfElements, type ElementType, elementView } from '../../../math/element-type.ts';
import { MAX_LEAVES } from '../../../math/tree/index.ts';
import { addressOf } from '../../../program/address.ts';
import type { ProductKernels } from '../../code.ts';
import { RUN, RUN_BYTES } from '../../kernels/tile.ts';

/** Maximum number of bytes in a vector, over all extensions. */
const MAX_VECTOR = 64;
/** Maximum number of bytes in a panel's row. */
export const MAX_PANEL = 3 * MAX_VECTOR;
/** Maximum number of rows in a transposed block: as many as a vector has elements. */
export const MAX_BLOCK_ROWS = MAX_VECTOR / 4;
/**
 * Rows of a panel to prefetch ahead, so that they arrive from the second-level cache in time. This makes a tile of 9 x
 * 24 doubles over many panels take 0.88 of the time.
 */
export const PREFETCHED_ROWS = 8;
/** Maximum number of vectors of a tile's sums, over all extensions. */
const MAX_SUMS = 28;
// Bytes of the constants that `writeConstants` writes.
const ZEROS = MAX_PANEL;
const ONE = MAX_VECTOR;
const MASKS = 2 * MAX_VECTOR;
const CONSTANTS = ZEROS + ONE + MASKS;

/** Maximum number of terms in a list. */
export const MAX_TERMS = 256;
/** Maximum number of rows in a panel. */
export const MAX_ROWS = 2 * MAX_TERMS;
/** Maximum number of lists, one for each tile. */
export const LISTS = 128;

/** Maximum number of bytes of a tile's sums. */
export const MAX_SUM_BYTES = MAX_SUMS * MAX_VECTOR;
/** Bytes of the sums of a tile that can wait at once: of leaves 0 to 7, 8 to 11, 12 to 13, and 14. */
const WAITING = 4 * MAX_SUM_BYTES;
/** Bytes of the leaf table of a sum, and of tables for single leaves of each length. */
const TABLE = RUN_BYTES * MAX_LEAVES;
const SINGLES = RUN_BYTES * (MAX_ROWS + 1);

/** Bytes of a list of K terms, and so the distance of lists. */
export const listStep = (K: number): number => 8 * (1 + K);

/** Doubles of scratch for panels of either element type: constants, tables and lists. */
export const PANELS_SCRATCH = (CONSTANTS + WAITING + TABLE + SINGLES + LISTS * listStep(MAX_TERMS)) / 8;

/** Size of a full panel, a tile's columns of a matrix that lie row after row in memory, and of its tiles. */
export interface PanelSize {
  readonly columns: number;
  readonly step: number; // bytes of a row
  readonly rows: number; // rows of the highest tile
}

/** Creates the memory of panel products in `scratch` and writes its constants. Addresses are byte offsets. */
export function createPanelMemory(
  { type, width, tileVectors, leafVectors, tileRows, vectorsFor }: ProductKernels,
  scratch: Float64Array, // [PANELS_SCRATCH]
) {
  const bytes = bytesOfElements(type, 1);
  const zeros = addressOf(scratch);
  const one = zeros + ZEROS;
  const masks = one + ONE;
  const table = zeros + CONSTANTS + WAITING;
  const singles = table + TABLE;
  const terms = singles + SINGLES;
  writeConstants(scratch, type);
  const singleWords = new Int32Array(scratch.buffer, singles, SINGLES / 4).fill(0);
  for (let K = 1; K <= MAX_ROWS; K++) singleWords[RUN.words * K + RUN.terms] = K;
  const sizeOf = (vectors: number): PanelSize => ({
    columns: vectors * width,
    step: bytes * vectors * width,
    rows: tileRows(vectors, 'all'),
  });
  const leafPanel = sizeOf(leafVectors);
  const sizes = Array.from({ length: Math.max(vectorsFor(1), leafVectors) }, (_, k) => sizeOf(k + 1));
  const vectorsOf = (columns: number): number => Math.floor((columns + width - 1) / width);
  const maskOf = (lanes: number): number => masks + MAX_VECTOR - bytes * lanes;
  return {
    type,
    bytes, // bytes of an element
    width, // elements of a vector
    leafPanel, // for dy, in the product dW
    /** The panel of dy for few columns: as many vectors as they take, at most those of `leafPanel`. */
    leafPanelFor: (columns: number): PanelSize => sizes[Math.min(vectorsOf(columns), leafVectors) - 1],
    /** A panel of one vector, whose columns have factors of their own. */
    lanePanel: { ...sizeOf(1), rows: tileRows(1, 'lanes') },
    /**
     * The panel of W, for y and dx, that splits `columns` columns most evenly. Only the last panel may be narrower. If
     * it is for a few `rows`, it may be wider than a packed one: the processor then reads more of a row of W at once.
     */
    panelFor(columns: number, rows?: number): PanelSize {
      const vectors = Math.max(vectorsOf(columns), 1); // a layer without inputs has none
      const widest = rows === undefined ? tileVectors : vectorsFor(rows);
      return sizes[heightOf(vectors, tilesOver(vectors, widest)) - 1];
    },
    zeros, // a row of zeros, where sums begin
    one, // a factor of 1, which changes no bit
    table, // leaf table of a sum; the sums that wait lie below it
    leafWords: new Int32Array(scratch.buffer, table, RUN.words * MAX_LEAVES), // the words of `table`
    terms, // consecutive lists of terms
    firstList: new Int32Array(scratch.buffer, terms, 1), // [1] length of the first list
    /** The table of a sum of K terms in one run, at most `MAX_ROWS`. */
    singleOf: (K: number): number => singles + RUN_BYTES * K,
    /** Mask of the first `lanes` lanes, which may go on into the next vector. */
    maskOf,
    /** Vectors in a panel of `columns` columns. */
    vectorsOf,
    /** Mask of the last vector of a panel. */
    lastMask: (columns: number): number => maskOf(columns - (vectorsOf(columns) - 1) * width),
    /** The `groupArguments` of a kernel that takes `size` columns in groups of `vectors` vectors. */
    groupsOf(size: number, vectors: number): readonly [number, number, number, number, number] {
      const [whole, rest] = [Math.floor(size / width), size % width];
      const groups = vectors > 2 ? Math.floor(whole / vectors) : 0;
      const left = whole - groups * vectors;
      const pairs = vectors > 1 ? Math.floor(left / 2) : 0;
      return [maskOf(rest), groups, pairs, left - 2 * pairs, rest];
    },
    /** The sizes that a call of an elementwise kernel ends with, for rows of n numbers. */
    sizesOf: (n: number, rows = 1): readonly [mask: number, rows: number, vectors: number, restBytes: number] => [
      maskOf(n % width),
      rows,
      Math.floor(n / width),
      bytes * (n % width),
    ],
  };
}

export type PanelMemory = ReturnType<typeof createPanelMemory>;

/** Writes zeros, a one, and the source of masks, 1 bits and then zeros: n lanes start n elements before the zeros. */
function writeConstants(scratch: Float64Array, type: ElementType): void {
  const { buffer, byteOffset } = scratch;
  scratch.fill(0, 0, CONSTANTS / 8);
  elementView(type, buffer, byteOffset + ZEROS, 1)[0] = 1;
  new Uint8Array(buffer, byteOffset + ZEROS + ONE).fill(255, 0, MAX_VECTOR);
}

/** Number of tiles of up to `tileRows` rows that M rows are cut into. */
export const tilesOver = (M: number, tileRows: number): number => Math.floor((M + tileRows - 1) / tileRows);

/** Rows of the first of `tiles` tiles of M rows. Tiles are as even as possible, the higher ones first. */
export const heightOf = (M: number, tiles: number): number => Math.floor((M + tiles - 1) / tiles);

/** Number of these tiles that are as high as the first. */
export const countOf = (M: number, tiles: number): number => M % tiles || tiles;
