import type { BlasIdentity } from './blas-library.ts';

/**
 * Inputs i per call, of the I of a layer: what one call cannot do fast, several can. Follows from the shape and the
 * library alone, for a cut changes a product's bits.
 */
export interface Pieces {
  /** For y += x · W, cut along the sum, and dW = xᵀ · dy, cut along its rows. */
  forward(B: number, I: number, O: number): number;
  /** For dx = dy · Wᵀ, cut along its columns. */
  backward(B: number, I: number, O: number): number;
}

/**
 * OpenBLAS for AVX-512 multiplies small matrices without packing them, which is faster where rows are few: from 48 to
 * 84 GFLOP/s for y, 54 to 67 for dx, 58 to 84 for dW at 32x784x128, and 52 to 82, 61 to 66, 60 to 84 at 64x784x128.
 * All of this is of cblas_dgemm; cblas_sgemm takes the same pieces, unmeasured.
 */
export function piecesOf({ name, core }: BlasIdentity): Pieces {
  return name === 'OpenBLAS' && /skylakex|cooperlake|sapphirerapids/i.test(core) ? unpacked : whole;
}

/** BLIS and OpenBLAS for Haswell gain nothing from a cut: up to 10 % slower. */
const whole: Pieces = {
  forward: (_B, I) => I,
  backward: (_B, I) => I,
};

// What OpenBLAS 0.3.29 takes that way: M·N·K up to 100³, and with a transposed left factor, which W is to its
// column-major eyes, M·N up to 1200, where sums below 64 gain nothing (32x256x32: 46 -> 41 GFLOP/s).
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

/** The even cut of `I` into as few pieces of at most `max` as there can be, all but the last a multiple of 8. */
function evenPiece(I: number, max: number): number {
  if (max >= I) return I;
  const largest = Math.floor(max / 8) * 8;
  if (largest < MIN_PIECE) return I;
  const count = Math.ceil(I / largest);
  return Math.ceil(I / count / 8) * 8;
}
