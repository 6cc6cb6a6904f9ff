import fc from 'fast-check';
import type { ProductShape } from '../../../packages/core/src/kernels/scratch.ts';
import { type KernelCase, rows, width } from './kernel-case.ts';

// Without inputs affine gives the bias and the weights' kernel db alone: so the blas backend uses them.
const inputs = fc.oneof({ weight: 40, arbitrary: width }, { weight: 1, arbitrary: fc.constant(0) });
const rowsOfShard = fc.constantFrom(1, 2, 3, 8, 31, 32, 33, 63, 64);
const dims = fc.tuple(rows, inputs, width);
const products = ([, I, O]: readonly number[]): ProductShape[] => [[I, O]];

export const productCases = {
  affine: {
    dims,
    products,
    arrays: ([B, I, O]) => ({ y: B * O, x: B * I, W: I * O, b: O }),
    writes: ['y'],
    run(kernels, { y, x, W, b }, [B, I, O]) {
      kernels.affine(y, x, W, b, B, I, O);
      return undefined;
    },
  },
  affineBackwardInput: {
    dims,
    products,
    arrays: ([B, I, O]) => ({ dx: B * I, dy: B * O, W: I * O }),
    writes: ['dx'],
    run(kernels, { dx, dy, W }, [B, I, O]) {
      kernels.affineBackwardInput(dx, dy, W, B, I, O);
      return undefined;
    },
  },
  affineBackwardWeights: {
    dims,
    products,
    arrays: ([B, I, O]) => ({ dW: I * O, db: O, x: B * I, dy: B * O }),
    writes: ['dW', 'db'],
    run(kernels, { dW, db, x, dy }, [B, I, O]) {
      kernels.affineBackwardWeights(dW, db, x, dy, B, I, O);
      return undefined;
    },
  },
  affineBackwardWeightsOfTwo: {
    dims: fc.tuple(rowsOfShard, rowsOfShard, inputs, width),
    products: ([, , I, O]) => [[I, O]],
    arrays: ([first, second, I, O]) => ({ dW: I * O, db: O, x: (first + second) * I, dy: (first + second) * O }),
    writes: ['dW', 'db'],
    run(kernels, { dW, db, x, dy }, [first, second, I, O]) {
      if (kernels.affineBackwardWeightsOfTwo !== undefined) {
        kernels.affineBackwardWeightsOfTwo(dW, db, x, dy, first + second, first, I, O);
        return undefined;
      }
      const [dW2, db2] = [new Float64Array(I * O), new Float64Array(O)];
      kernels.affineBackwardWeights(dW, db, x, dy, first, I, O);
      kernels.affineBackwardWeights(dW2, db2, x.subarray(first * I), dy.subarray(first * O), second, I, O);
      for (let w = 0; w < I * O; w++) dW[w] += dW2[w];
      for (let o = 0; o < O; o++) db[o] += db2[o];
      return undefined;
    },
  },
} satisfies Record<string, KernelCase>;
