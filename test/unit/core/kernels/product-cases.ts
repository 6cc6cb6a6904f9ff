import fc from 'fast-check';
import type { ProductShape } from '../../../../packages/core/src/math/scratch.ts';
import { leafCount, MAX_LEAF_ROWS, MAX_LEAVES, MAX_NODE_ROWS } from '../../../../packages/core/src/math/tree/index.ts';
import { ops } from '../../../../packages/core/src/program/ops/index.ts';
import { choice, type KernelCase, rows, width } from './kernel-case.ts';

// Without inputs affine gives the bias and the weights' kernel db alone: so the blas backend uses them.
const inputs = fc.oneof({ weight: 40, arbitrary: width }, { weight: 1, arbitrary: fc.constant(0) });
const leafRows = fc.constantFrom(1, 2, 3, 4, 8, 16, 31, 32, 64, 1000);
const dims = fc.tuple(rows, inputs, width);
// A few rows of so many weights that tiles of one row are wider than those of many.
const fewRows = fc.tuple(
  fc.integer({ min: 1, max: 4 }),
  fc.integer({ min: 64, max: 67 }),
  fc.constantFrom(64, 67, 250),
);
// Numbers between rows of weights.
const gap = fc.constantFrom(0, 0, 1, 8, 16);
// As many rows as a kernel takes several leaves of: what it keeps for them is full.
const mostRows = fc.constantFrom(129, 200, 255, 256);
const longLeaf = fc.constantFrom(16, 31, 32, 64);
const side = fc.constantFrom(9, 16, 17, 33, 50);
const products = ([, I, O]: readonly number[]): ProductShape[] => [[I, O]];

export const productCases = {
  affine: {
    ops: [ops.affine],
    dims: fc
      .tuple(fc.oneof({ weight: 4, arbitrary: dims }, { weight: 1, arbitrary: fewRows }), gap)
      .map(([dims, gap]) => [...dims, gap]),
    products,
    arrays: ([B, I, O, gap = 0]) => ({ y: B * O, x: B * I, W: I * (O + gap), b: O }),
    writes: ['y'],
    // Sums of -0, which become 0.
    prepare({ x, W, b }, [B, I]) {
      if (B === 1 && I % 8 === 2)
        for (const [array, value] of [
          [x, 0],
          [W, -1],
          [b, -0],
        ] as const)
          array.fill(value);
    },
    emit: (emit, { y, x, W, b }, [B, I, O, gap = 0]) => emit(ops.affine, y, x, W, b, B, I, O, O + gap),
  },
  affineBackwardInput: {
    ops: [ops.affineBackwardInput],
    dims,
    products,
    arrays: ([B, I, O]) => ({ dx: B * I, dy: B * O, W: I * O }),
    writes: ['dx'],
    emit: (emit, { dx, dy, W }, [B, I, O]) => emit(ops.affineBackwardInput, dx, dy, W, B, I, O),
  },
  affineBackwardWeights: {
    ops: [ops.affineBackwardWeights],
    dims: fc.oneof(
      { weight: 20, arbitrary: fc.tuple(rows, inputs, width, leafRows, choice) },
      { weight: 1, arbitrary: fc.tuple(mostRows, side, side, longLeaf, choice) },
    ),
    products,
    arrays: ([B, I, O]) => ({ dW: I * O, db: O, x: B * I, dy: B * O }),
    writes: ['dW', 'db'],
    emit(emit, { dW, db, x, dy }, [B, I, O, requestedLeafRows = B, accumulate = 0]) {
      const leafRows = leafOf(B, requestedLeafRows);
      // A single leaf of many rows has no left neighbour.
      emit(ops.affineBackwardWeights, dW, db, x, dy, B, leafRows, accumulate === 1 && leafRows <= MAX_LEAF_ROWS, I, O);
    },
  },
} satisfies Record<string, KernelCase>;

/** `leafRows`, or one of all rows where that would make more leaves, or of more rows, than a kernel takes. */
export const leafOf = (B: number, leafRows: number): number =>
  B <= MAX_NODE_ROWS && leafRows <= MAX_LEAF_ROWS && leafCount(B, leafRows) <= MAX_LEAVES ? leafRows : Math.max(B, 1);
