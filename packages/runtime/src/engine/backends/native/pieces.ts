import type { BlasIdentity } from './blas-library.ts';

/**
 * Number of inputs (of a layer's I) per library call: several small calls can be faster than one. It depends only on
 * shape and library, because a cut changes a product's bits.
 */
export interface Pieces {
  /** For y += x · W, cut along the sum, and dW = xᵀ · dy, cut along its rows. */
  forward(B: number, I: number, O: number): number;
  /** For dx = dy · Wᵀ, cut along its columns. */
  backward(B: number, I: number, O: number): number;
}

/**
 * OpenBLAS for AVX-512 multiplies small matrices without packing them, which is faster for few rows: from 48 to 84
 * GFLOP/s for y, 54 to 67 for dx, 58 to 84 for dW at 32x784x128, and 52 to 82, 61 to 66, 60 to 84 at 64x784x128.
 * Measured with cblas_dgemm; cblas_sgemm uses the same pieces, unmeasured.
 */
export function piecesOf({ name, core }: BlasIdentity): Pieces {
  return name === 'OpenBLAS' && /skylakex|cooperlake|sapphirerapids/i.test(core) ? unpacked : whole;
}

/** No cut: BLIS and OpenBLAS for Haswell are up to 10 % slower with one. */
const whole: Pieces = {
  forward: (_B, I) => I,
  backward: (_B, I) => I,
};

// Sizes that OpenBLAS 0.3.29 multiplies without packing: M·N·K up to 100³. With a transposed left factor, which W is in
// column-major order, M·N up to 1200; sums below 64 gain nothing (32x256x32: 46 -> 41 GFLOP/s).
const MAX_PRODUCT = 1e6;
const MAX_TRANSPOSED = 1200;
const MIN_TRANSPOSED_SUM = 64;
// At 64x512x784 a piece of 16 still gains 10 to 20 %; pieces of 8 lose up to half.
const MIN_PIECE = 16;

const unpacked: Pieces = {
  forward: (B, I, O) => evenPiece(I, MAX_PRODUCT / (B * O)),
  backward(B, I, O) {
    if (O < MIN_TRANSPOSED_SUM) return I;
    return evenPiece(I, Math.min(MAX_TRANSPOSED / B, MAX_PRODUCT / (B * O)));
  },
};

/** Cuts `I` evenly into the fewest pieces of at most `max`, all but the last a multiple of 8. */
function evenPiece(I: number, max: number): number {
  if (max >= I) return I;
  const largest = Math.floor(max / 8) * 8;
  if (largest < MIN_PIECE) return I;
  const count = Math.ceil(I / largest);
  return Math.ceil(I / count / 8) * 8;
}
