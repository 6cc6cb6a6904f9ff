import { bytesOfElements, type ElementType, elementView } from '../../../math/element-type.ts';
import { addressOf } from '../../../program/address.ts';
import type { CodeLayout } from '../code.ts';
import { LEAF, TABLE_LEAVES, tableBytes } from '../kernels/tile.ts';
import { heightOf, tilesOver } from './tiles-over.ts';

/** Bytes of a vector at most, of any extension. */
const MAX_VECTOR = 64;
/** Bytes of a panel's row at most. */
export const MAX_PANEL = 3 * MAX_VECTOR;
/** Rows of a block that is transposed at most, as many as a vector has elements. */
export const MOST_BLOCK = MAX_VECTOR / 4;
/**
 * Rows of a panel that are asked for ahead: it comes from the second-level cache in time. With them a tile of 9 x 24
 * doubles over panel after panel takes 0.88 of the time.
 */
export const AHEAD = 8;
/** Vectors of a tile's sums at most, of any extension. */
const MAX_SUMS = 28;
const ZEROS = MAX_PANEL;
const ONE = MAX_VECTOR;
const MASKS = 2 * MAX_VECTOR;

const CONSTANTS = ZEROS + ONE + MASKS;

/** Terms of a list at most. */
export const MAX_TERMS = 256;
/** Rows of a panel at most. */
export const MAX_ROWS = 2 * MAX_TERMS;
/** Lists at most, each of a tile. */
export const LISTS = 128;

/** Bytes of a leaf in a table. */
const LEAF_BYTES = 4 * LEAF.words;
/** The table of the leaves of a sum, tables of a single leaf of any length, which begin at lines, and lists. */
const TABLE = tableBytes(MAX_SUMS * MAX_VECTOR);
const SINGLES = LEAF_BYTES * (MAX_ROWS + 1);

/** Bytes of a list of K terms, from which the next begins. */
export const listStep = (K: number): number => 8 * (1 + K);

/** Doubles of scratch that the panels take, whatever the elements: constants, tables and lists. */
export const PANELS_SCRATCH = (CONSTANTS + TABLE + SINGLES + LISTS * listStep(MAX_TERMS)) / 8;

/** A full panel, and the tiles over it. */
export interface PanelSize {
  readonly columns: number;
  readonly step: number; // bytes from one row to the next
  readonly rows: number; // of the highest tile
}

/** What products of panels keep in memory; places are byte offsets. */
export interface PanelMemory {
  readonly bytes: number; // of an element
  readonly width: number; // elements of a vector
  readonly leafPanel: PanelSize; // of dy, for dW
  /** A panel of W, for y and dx, of which panels for so many columns are as wide as the others, but for the last. */
  panelFor(columns: number): PanelSize;
  readonly zeros: number; // a row of them, where sums begin
  readonly one: number; // a factor that changes no bit
  readonly table: number; // of the leaves of a sum
  readonly leafWords: Int32Array; // its words
  readonly terms: number; // lists of them, behind each other
  readonly firstList: Int32Array; // [1] the length of the first
  /** A table of a single leaf of K terms, `MAX_ROWS` at most. */
  singleOf(K: number): number;
  /** A mask of the first `lanes`, as many as a vector of either kind has at most. */
  maskOf(lanes: number): number;
  /** Vectors of a panel of so many columns. */
  vectorsOf(columns: number): number;
  /** The mask of a panel's last vector. */
  lastMask(columns: number): number;
}

/** Overwrites the constants of `scratch`. */
export function createPanelMemory(
  { type, width, arithmeticWidth, tileVectors, leafVectors, tiles }: CodeLayout,
  scratch: Float64Array, // [PANELS_SCRATCH]
): PanelMemory {
  const bytes = bytesOfElements(type, 1);
  const mostLanes = Math.max(width, arithmeticWidth);
  const zeros = addressOf(scratch);
  const one = zeros + ZEROS;
  const masks = one + ONE;
  const table = zeros + CONSTANTS;
  const singles = table + TABLE;
  const terms = singles + SINGLES;
  writeConstants(scratch, type, mostLanes);
  const singleWords = new Int32Array(scratch.buffer, singles, SINGLES / 4).fill(0);
  for (let K = 1; K <= MAX_ROWS; K++) singleWords[LEAF.words * K + LEAF.terms] = K;
  const sizeOf = (vectors: number): PanelSize => ({
    columns: vectors * width,
    step: bytes * vectors * width,
    rows: tiles[vectors].full.length - 1,
  });
  const leafPanel = sizeOf(leafVectors);
  const sizes = Array.from({ length: tileVectors }, (_, k) => sizeOf(k + 1));
  const vectorsOf = (columns: number): number => Math.floor((columns + width - 1) / width);
  const maskOf = (lanes: number): number => masks + bytes * (mostLanes - lanes);
  return {
    bytes,
    width,
    leafPanel,
    panelFor(columns) {
      const vectors = Math.max(vectorsOf(columns), 1); // a layer without inputs has none
      return sizes[heightOf(vectors, tilesOver(vectors, tileVectors)) - 1];
    },
    zeros,
    one,
    table,
    leafWords: new Int32Array(scratch.buffer, table, LEAF.words * TABLE_LEAVES),
    terms,
    firstList: new Int32Array(scratch.buffer, terms, 1),
    singleOf: (K) => singles + LEAF_BYTES * K,
    maskOf,
    vectorsOf,
    lastMask: (columns) => maskOf(columns - (vectorsOf(columns) - 1) * width),
  };
}

/**
 * Zeros, a one, and masks: as many elements whose bits are all 1 as a vector has at most, then as many of 0, to be
 * read from any place on.
 */
function writeConstants(scratch: Float64Array, type: ElementType, mostLanes: number): void {
  const { buffer, byteOffset } = scratch;
  scratch.fill(0, 0, CONSTANTS / 8);
  elementView(type, buffer, byteOffset + ZEROS, 1)[0] = 1;
  new Uint8Array(buffer, byteOffset + ZEROS + ONE).fill(255, 0, bytesOfElements(type, mostLanes));
}
