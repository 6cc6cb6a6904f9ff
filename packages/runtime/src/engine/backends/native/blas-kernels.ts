import type { Bound, Call, Elements, Emit, Kernels } from '@gradloom/core';
import { createList, link, ops, type Products, typeOf, viewOf } from '@gradloom/core/internal';
import type { BlasIdentity, BlasLibrary, Gemm } from './blas-library.ts';

/** CBLAS: gemm(order, transA, transB, M, N, K, alpha, A, lda, B, ldb, beta, C, ldc) is C = alpha·A·B + beta·C. */
const ROW_MAJOR = 101;
const PLAIN = 111;
const TRANSPOSED = 112;

/**
 * Multiply-adds below which the call costs more than it saves: 16x16x8 takes 0.37 us here and 0.30 in wasm, 16x16x16
 * 0.44 and 0.60. OpenBLAS for Haswell breaks even at 8,192, BLIS at 16,384, with differences of 1 us at most.
 */
const MIN_PRODUCT = 4096;

/**
 * The kernels of `wasm`, with the three products of a dense layer by cblas_dgemm or cblas_sgemm, in one BLAS thread.
 *
 * A product's bits depend on its shape, the library, its version and its kernels for this CPU: the same call gives the
 * same bits in any thread and for any alignment. They differ from the reference's, and a row's bits depend on the
 * number of rows in the call; so the shapes of all calls must follow from a run's configuration, never from its
 * threads. Small products use wasm, chosen by shape; large ones may be cut into several calls, by shape and library.
 */
export function createBlasKernels(library: BlasLibrary, wasm: Kernels): Kernels {
  library.setThreads(1);
  const gemmOf = (x: Elements): Gemm => (typeOf(x) === 'float32' ? library.sgemm : library.dgemm);
  const pieces = piecesOf(library.identity);
  const starts = createStarts();
  /** An operation that wasm computes: the starting value of a library call, or the sum of dy. */
  const inWasm = (emitOperation: (emit: Emit) => void): (() => void) => {
    const { calls, emit } = createList();
    emitOperation(emit);
    return link(calls, wasm).run;
  };

  function affine(...[y, x, W, b, B, I, O, row]: Args<'affine'>): () => void {
    const gemm = gemmOf(x);
    // y[n] = b, to which the products are added
    const bias = inWasm((emit) => emit(ops.affine, y, x, W, b, B, 0, O, row));
    const piece = pieces.forward(B, I, O);
    const count = Math.ceil(I / piece);
    const xs = starts(x, piece, count);
    const Ws = starts(W, piece * row, count);
    return () => {
      bias();
      for (let p = 0; p < count; p++) {
        const width = Math.min(piece, I - p * piece);
        gemm(ROW_MAJOR, PLAIN, PLAIN, B, O, width, 1, xs[p], I, Ws[p], row, 1, y, O);
      }
    };
  }

  function affineBackwardInput(...[dx, dy, W, B, I, O]: Args<'affineBackwardInput'>): () => void {
    const gemm = gemmOf(dy);
    const piece = pieces.backward(B, I, O);
    const count = Math.ceil(I / piece);
    const dxs = starts(dx, piece, count);
    const Ws = starts(W, piece * O, count);
    return () => {
      for (let p = 0; p < count; p++) {
        const width = Math.min(piece, I - p * piece);
        gemm(ROW_MAJOR, PLAIN, TRANSPOSED, B, width, O, 1, dy, O, Ws[p], O, 0, dxs[p], I);
      }
    };
  }

  function affineBackwardWeights(...args: Args<'affineBackwardWeights'>): () => void {
    const [dW, db, x, dy, B, leafRows, accumulate, I, O] = args;
    const gemm = gemmOf(dy);
    // The library sums rows in an order of its own, so leaves are added outside of it, in the same way as on every
    // backend.
    if (B > leafRows || accumulate) {
      throw new Error(`blas: gradient has ${B} rows in leaves of ${leafRows}, expected one leaf`);
    }
    // db = the sum of dy; a product of I = 0 inputs leaves dW to the library.
    const sumOfDy = inWasm((emit) => emit(ops.affineBackwardWeights, dW, db, x, dy, B, leafRows, false, 0, O));
    const piece = pieces.forward(B, I, O);
    const count = Math.ceil(I / piece);
    const xs = starts(x, piece, count);
    const dWs = starts(dW, piece * O, count);
    return () => {
      sumOfDy();
      for (let p = 0; p < count; p++) {
        const width = Math.min(piece, I - p * piece);
        gemm(ROW_MAJOR, TRANSPOSED, PLAIN, width, O, B, 1, xs[p], I, dy, O, 0, dWs[p], O);
      }
    };
  }

  const products: Products = { affine, affineBackwardInput, affineBackwardWeights };
  function bind(call: Call): Bound | null {
    const { op, args } = call;
    if (!Object.hasOwn(products, op.name)) return wasm.bind(call);
    const names = Object.keys(op.operands);
    const [B, I, O] = ['B', 'I', 'O'].map((count) => args[names.indexOf(count)] as number);
    if (B * I * O < MIN_PRODUCT) return wasm.bind(call);
    // The cast is safe: `emit` has checked the types of the arguments.
    const product = products[op.name as keyof Products] as (...args: readonly unknown[]) => () => void;
    return product(...args);
  }
  return { ...wasm, name: 'blas', bind };
}

type Args<Name extends keyof Products> = Parameters<Products[Name]>;

/** Views that begin at elements 0, step, 2 step, … of `view`; at least `count` of them. */
type Starts = (view: Elements, step: number, count: number) => readonly Elements[];

/**
 * Caches the views as long as `view` lives, since a new subarray per call would be garbage in every step. koffi takes
 * the address of a view without allocating; an address passed as a number costs 16 bytes of heap.
 */
export function createStarts(): Starts {
  const startsOf = new WeakMap<Elements, Map<number, Elements[]>>(); // by view and step
  return (view, step, count) => {
    const bySteps = startsOf.get(view) ?? new Map<number, Elements[]>();
    startsOf.set(view, bySteps);
    const starts = bySteps.get(step) ?? [];
    bySteps.set(step, starts);
    while (starts.length < count) starts.push(viewOf(view, starts.length * step, view.length - starts.length * step));
    return starts;
  };
}

/**
 * Number of inputs (of a layer's I) per library call: several small calls can be faster than one. It depends only on
 * shape and library, because a cut changes a product's bits.
 */
interface Pieces {
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
  return name === 'OpenBLAS' && /skylakex|cooperlake|sapphirerapids/i.test(core) ? wholePieces : wholeProducts;
}

/** One piece of all inputs: BLIS and OpenBLAS for Haswell are up to 10 % slower with several. */
const wholeProducts: Pieces = { forward: (_B, I) => I, backward: (_B, I) => I };

// Sizes that OpenBLAS 0.3.29 multiplies without packing: M·N·K up to 100³. With a transposed left factor, which W is in
// column-major order, M·N up to 1200; sums below 64 gain nothing (32x256x32: 46 -> 41 GFLOP/s).
const MAX_PRODUCT = 1e6;
const MAX_TRANSPOSED = 1200;
const MIN_TRANSPOSED_SUM = 64;
// At 64x512x784 a piece of 16 still gains 10 to 20 %; pieces of 8 lose up to half.
const MIN_PIECE = 16;

const wholePieces: Pieces = {
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
