import type { Panels } from './panels/panels.ts';

const MIN_SPARSE_INPUTS = 128; // columns of x from which zero terms are looked for
const MIN_SPARSE_OUTPUTS = 32; // outputs of the layer from which zero terms are looked for
const MAX_DENSITY = 0.75; // zero terms are skipped if at most this share of the sampled terms is not 0
const SAMPLES = 4; // strips of columns in the sample

/** Whether zeros are looked for in the products of an I x O layer. */
export const searchesZeros = (I: number, O: number): boolean => I >= MIN_SPARSE_INPUTS && O >= MIN_SPARSE_OUTPUTS;

/** Decides whether enough terms of a product are 0 that skipping them pays off. */
export interface Sparsity {
  /** Whether enough rows of x are 0 in a whole strip of columns, judged by a few strips. */
  hasSparseColumns(x: number, iRow: number, rows: number, I: number, O: number): boolean;
  /** Whether enough of the terms of x's first tile, of K columns, are 0. */
  isSparseTile(x: number, iRow: number, rows: number, K: number, O: number): boolean;
}

export function createSparsity({
  bytes,
  listedRows,
  listTerms,
  countTerms,
}: Pick<Panels, 'bytes' | 'listedRows' | 'listTerms' | 'countTerms'>): Sparsity {
  const panelStep = 0; // the lists are only counted
  return {
    hasSparseColumns(x, iRow, rows, I, O) {
      if (!searchesZeros(I, O)) return false;
      let terms = 0;
      for (let sample = 0; sample < SAMPLES; sample++) {
        const i = Math.floor(((sample + 0.5) * I) / SAMPLES);
        listTerms(x + bytes * i, bytes, iRow, panelStep, listedRows, rows); // columns of x are the rows of the tile
        terms += countTerms();
      }
      return terms <= MAX_DENSITY * SAMPLES * rows;
    },

    isSparseTile(x, iRow, rows, K, O) {
      if (!searchesZeros(K, O)) return false;
      listTerms(x, iRow, bytes, panelStep, Math.min(rows, listedRows), K);
      return countTerms() <= MAX_DENSITY * K;
    },
  };
}
