import type { Elements } from '../../../../packages/core/src/math/element-type.ts';
import type { Allocate, ProductShape } from '../../../../packages/core/src/math/scratch.ts';
import type { Kernels } from '../../../../packages/core/src/program/kernels.ts';
import { ops } from '../../../../packages/core/src/program/ops/index.ts';
import { runOp } from '../../../support/run-op.ts';

const [B, I, O] = [64, 256, 64];

/** The shapes of these. */
export const sparseShapes: readonly ProductShape[] = [[I, O]];

/**
 * Products of which every second term is 0 · NaN for all rows, or columns, of a tile: what they return is finite only
 * where such terms are left out, which the time that they take rests on.
 */
export const sparseProducts = [
  {
    name: 'affine',
    run(kernels: Kernels, allocate: Allocate): Elements {
      const [y, x, W, b] = [B * O, B * I, I * O, O].map((length) => allocate(length).fill(1));
      for (let i = 0; i < I; i += 2) {
        for (let n = 0; n < B; n++) x[n * I + i] = 0;
        W.fill(Number.NaN, i * O, (i + 1) * O);
      }
      runOp(kernels, ops.affine, y, x, W, b, B, I, O, O);
      return y;
    },
  },
  {
    name: 'affineBackwardWeights',
    run(kernels: Kernels, allocate: Allocate): Elements {
      const [dW, db, x, dy] = [I * O, O, B * I, B * O].map((length) => allocate(length).fill(1));
      for (let n = 0; n < B; n += 2) {
        x.fill(0, n * I, (n + 1) * I);
        dy.fill(Number.NaN, n * O, (n + 1) * O);
      }
      runOp(kernels, ops.affineBackwardWeights, dW, db, x, dy, B, 16, false, I, O);
      return dW;
    },
  },
];
