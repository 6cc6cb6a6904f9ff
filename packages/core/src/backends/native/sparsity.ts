import type { Panels } from './panels/panels.ts';

// Terms of 0 are looked for in x of so many columns, for so many outputs, and left out where at most this share of a
// sample is not 0.
const MIN_SPARSE_INPUTS = 128;
const MIN_SPARSE_OUTPUTS = 32;
const MAX_DENSITY = 0.75;
// Strips of columns that are such a sample.
const SAMPLES = 4;

/** Looks whether so many terms of a product are 0 that it pays to leave them out. */
export interface Sparsity {
  /** Whether enough rows of x are 0 in all of a strip of columns, by a few strips. */
  hasSparseColumns(x: number, iRow: number, rows: number, I: number, O: number): boolean;
  /** Whether enough terms of x's first tile are 0, of K columns. */
  isSparseTile(x: number, iRow: number, rows: number, K: number, O: number): boolean;
}

export function createSparsity({
  bytes,
  listedRows,
  listTerms,
  countTerms,
}: Pick<Panels, 'bytes' | 'listedRows' | 'listTerms' | 'countTerms'>): Sparsity {
  return {
    hasSparseColumns(x, iRow, rows, I, O) {
      if (I < MIN_SPARSE_INPUTS || O < MIN_SPARSE_OUTPUTS) return false;
      let terms = 0;
      for (let sample = 0; sample < SAMPLES; sample++) {
        const i = Math.floor(((sample + 0.5) * I) / SAMPLES);
        listTerms(x + bytes * i, bytes, iRow, 0, listedRows, rows);
        terms += countTerms();
      }
      return terms <= MAX_DENSITY * SAMPLES * rows;
    },

    isSparseTile(x, iRow, rows, K, O) {
      if (K < MIN_SPARSE_INPUTS || O < MIN_SPARSE_OUTPUTS) return false;
      listTerms(x, iRow, bytes, 0, Math.min(rows, listedRows), K);
      return countTerms() <= MAX_DENSITY * K;
    },
  };
}
