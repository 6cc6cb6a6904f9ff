import type { ProductShape } from '../../math/scratch.ts';
import { leafCount, MAX_LEAVES } from '../../math/tree/index.ts';
import { addressOf } from '../../program/address.ts';
import type { affine, affineBackwardInput, affineBackwardWeights } from '../../program/reference/products.ts';
import { attentionScratch } from './attention/memory.ts';
import type { CallTape } from './call-tape.ts';
import { convolutionScratch } from './convolutions/convolutions.ts';
import { PANELS } from './panels/packing.ts';
import { MAX_BLOCK_ROWS, MAX_PANEL, MAX_ROWS, MAX_TERMS, PREFETCHED_ROWS } from './panels/panel-memory.ts';
import type { Panels } from './panels/panels.ts';
import { createSparsity } from './sparsity.ts';
import { createWeightGradient, weightProductBytes } from './weight-products.ts';

/** For each of the three products of a dense layer, makes a function from the reference's arguments. */
export interface Products {
  affine(...args: Parameters<typeof affine>): () => void;
  affineBackwardInput(...args: Parameters<typeof affineBackwardInput>): () => void;
  affineBackwardWeights(...args: Parameters<typeof affineBackwardWeights>): () => void;
}

// Terms of a sum that are added at a time. Between blocks the sums are stored in their array, which is exact.
const BLOCK = MAX_TERMS;
// Packed blocks are joined up to this many: rows of a panel are prefetched wherever they lie, and the sums are stored
// and loaded half as often. Blocks of a W that is read in place, with rows pages apart, are not joined.
const MAX_JOINED = MAX_ROWS / BLOCK;
// W is read in place if its rows have at most this many bytes, or if x has at most this many rows: packing 512 columns
// for 32 rows takes a fifth of the product.
const MAX_IN_PLACE_ROW = 1024;
const MAX_IN_PLACE_BATCH = 128;
// With a sparse x, listed terms are faster than lines that share a set of the cache (terms of 128 columns of doubles
// take 1.3 of the time), so W is packed above this many rows.
const MAX_IN_PLACE_SPARSE_BATCH = 32;
// Up to this many rows, packing takes longer than the product.
const FEW_ROWS = 8;

/** First of `count` terms in a block, when they are cut into `blocks` blocks. */
const startOf = (block: number, blocks: number, count: number): number => Math.floor((block * count) / blocks);

/** Doubles of scratch for the products of a layer, for any number of rows and either type. */
export function nativeProductScratch([I, O, kind]: ProductShape): number {
  if (kind === 'attention') return attentionScratch(I, O);
  if (kind !== undefined) return convolutionScratch(kind);
  const rows = Math.min(Math.max(I, O), MAX_ROWS) + MAX_BLOCK_ROWS;
  return Math.max(rows * PANELS * MAX_PANEL, weightProductBytes(O)) / 8;
}

/**
 * The products of a dense layer, cut into panels. Whatever the cut, every sum has the order of the reference and uses
 * fused multiply-add: it equals plain code bit for bit.
 */
export function createNativeProducts(
  panels: Panels,
  tape: CallTape,
  scratch: Float64Array, // [nativeProductScratch] of the largest layer
): Products {
  const { bytes, panelFor, maxListedRows, zeros, packAll, packTransposed, listTerms, multiply } = panels;
  const free = addressOf(scratch);
  const sparsity = createSparsity(panels);
  const backwardWeights = createWeightGradient(panels, sparsity, tape, free);

  /** Whether enough terms of a block of x's columns are 0, judged by the first tile. */
  function isSparseBlock(
    x: number, // [rows, I]
    iRow: number,
    rows: number,
    block: number,
    blocks: number,
    I: number,
    O: number,
  ): boolean {
    const i = startOf(block, blocks, I);
    return sparsity.isSparseTile(x + bytes * i, iRow, rows, startOf(block + 1, blocks, I) - i, O);
  }

  /** y = x · W + b for up to `maxListedRows` rows. */
  function multiplyRows(
    y: number, // [B, O] out
    x: number, // [B, I]
    W: number, // [I, row]
    b: number, // [O]
    B: number,
    I: number,
    O: number,
    row: number,
  ): void {
    const iRow = bytes * I;
    const oRow = bytes * O;
    const wRow = bytes * row;
    const panel = panelFor(O, B);
    const isShort = wRow <= MAX_IN_PLACE_ROW;
    const isSparseInPlace = B <= (isShort ? MAX_IN_PLACE_SPARSE_BATCH : FEW_ROWS);
    const isDenseInPlace = isShort || B <= MAX_IN_PLACE_BATCH;
    const blocks = Math.max(1, Math.floor((I + BLOCK - 1) / BLOCK)); // I = 0 has one, without terms: y = b
    for (let block = 0, end = 0; block < blocks; block = end) {
      const i = startOf(block, blocks, I);
      const a = x + bytes * i;
      const isSparse = isSparseBlock(x, iRow, B, block, blocks, I, O);
      const isInPlace = I === 0 || (isSparse ? isSparseInPlace : isDenseInPlace);
      end = block + 1;
      if (!isSparse && !isInPlace) {
        while (end < Math.min(block + MAX_JOINED, blocks) && !isSparseBlock(x, iRow, B, end, blocks, I, O)) end++;
      }
      const terms = isSparse ? 'listed' : 'all';
      const K = startOf(end, blocks, I) - i;
      const step = isInPlace ? wRow : panel.step;
      // For W in place, prefetch the next panel's row: half of W is in another core's cache after the update. This
      // makes a step of 784-128-10 take 0.88 of the time at batch 32, 0.91 at 128.
      const lead = isInPlace ? panel.step : PREFETCHED_ROWS * panel.step;
      if (isSparse) listTerms(a, iRow, bytes, step, B, K);
      for (let o = 0; o < O; o += panel.columns) {
        const columns = Math.min(O - o, panel.columns);
        const c = y + bytes * o;
        const w = W + i * wRow + bytes * o;
        const slot = (o / panel.columns) % PANELS;
        if (!isInPlace && slot === 0) packAll(panel, free, w, wRow, K, Math.min(O - o, PANELS * panel.columns));
        const from = isInPlace ? w : free + slot * K * panel.step;
        const init = block === 0 ? b + bytes * o : c; // c[B,columns] = init + a[B,K] · from[K,columns]
        multiply(c, oRow, init, block === 0 ? 0 : oRow, a, iRow, bytes, from, step, lead, B, K, columns, terms);
      }
    }
  }

  return {
    affine(y, x, W, b, B, I, O, row) {
      const [yAt, xAt, wAt, bAt] = [y, x, W, b].map(addressOf);
      return () => {
        for (let n = 0; n < B; n += maxListedRows) {
          const rows = Math.min(B - n, maxListedRows);
          multiplyRows(yAt + bytes * n * O, xAt + bytes * n * I, wAt, bAt, rows, I, O, row);
        }
        tape.run();
      };
    },
    affineBackwardInput(dx, dy, W, B, I, O) {
      const [dxAt, dyAt, wAt] = [dx, dy, W].map(addressOf);
      const [iRow, oRow] = [bytes * I, bytes * O];
      const { columns, step } = panelFor(I);
      const lead = PREFETCHED_ROWS * step;
      const blocks = Math.max(1, Math.floor((O + MAX_ROWS - 1) / MAX_ROWS));
      return () => {
        for (let block = 0; block < blocks; block++) {
          const o = startOf(block, blocks, O);
          const K = startOf(block + 1, blocks, O) - o;
          const a = dyAt + bytes * o;
          const initRow = block === 0 ? 0 : iRow;
          for (let i = 0; i < I; i += columns) {
            const N = Math.min(I - i, columns);
            packTransposed(free, step, wAt + i * oRow + bytes * o, oRow, K, N);
            const c = dxAt + bytes * i;
            const init = block === 0 ? zeros : c; // c[B,N] = init + a[B,K] · Wᵀ[K,N], packed at `free`
            multiply(c, iRow, init, initRow, a, oRow, bytes, free, step, lead, B, K, N, 'all');
          }
        }
        tape.run();
      };
    },
    affineBackwardWeights(dW, db, x, dy, B, leafRows, accumulate, I, O) {
      const leaves = leafCount(B, leafRows);
      // More would be written beyond the table of leaves.
      if (leaves > MAX_LEAVES) {
        throw new Error(`affineBackwardWeights: has ${leaves} leaves, expected at most ${MAX_LEAVES}`);
      }
      const [dWAt, dbAt, xAt, dyAt] = [dW, db, x, dy].map(addressOf);
      return () => backwardWeights(dWAt, dbAt, xAt, dyAt, B, leafRows, accumulate, I, O);
    },
  };
}
