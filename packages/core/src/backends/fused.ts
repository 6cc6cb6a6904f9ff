import { createElements, type Elements, typeOf } from '../math/element-type.ts';
import { fmaOf } from '../math/fma.ts';
import { addTree, leafCount } from '../math/tree/index.ts';
import { defineAttention } from '../program/reference/attention.ts';
import { defineConvolutions } from '../program/reference/convolution.ts';
import type { affine, affineBackwardInput, affineBackwardWeights } from '../program/reference/products.ts';

/**
 * Products of a dense layer with fused multiply-add, in plain TypeScript. They define the bits of the native backend
 * for both types. They add in the same order as the reference, + 0 at the end included, but round each term once, not
 * twice.
 */
export const fusedProducts: {
  readonly affine: typeof affine;
  readonly affineBackwardInput: typeof affineBackwardInput;
  readonly affineBackwardWeights: typeof affineBackwardWeights;
} = {
  affine(y, x, W, b, B, I, O) {
    const fma = fmaOf(y);
    for (let n = 0; n < B; n++) {
      for (let o = 0; o < O; o++) {
        let sum = b[o];
        for (let i = 0; i < I; i++) sum = fma(x[n * I + i], W[i * O + o], sum);
        y[n * O + o] = sum + 0;
      }
    }
  },

  affineBackwardInput(dx, dy, W, B, I, O) {
    const fma = fmaOf(dx);
    for (let n = 0; n < B; n++) {
      for (let i = 0; i < I; i++) {
        let sum = 0;
        for (let o = 0; o < O; o++) sum = fma(dy[n * O + o], W[i * O + o], sum);
        dx[n * I + i] = sum + 0;
      }
    }
  },

  affineBackwardWeights(dW, db, x, dy, B, leaf, joins, I, O) {
    const fma = fmaOf(dW);
    const sums = createElements(typeOf(dW), leafCount(B, leaf));
    const place = (into: Elements, at: number): void => {
      addTree(sums, sums.length, 1);
      into[at] = (joins ? into[at] + sums[0] : sums[0]) + 0;
    };
    for (let o = 0; o < O; o++) {
      for (let i = 0; i < I; i++) {
        sums.fill(0);
        for (let n = 0; n < B; n++) {
          const k = Math.floor(n / leaf);
          sums[k] = fma(x[n * I + i], dy[n * O + o], sums[k]);
        }
        place(dW, i * O + o);
      }
      sums.fill(0);
      for (let n = 0; n < B; n++) sums[Math.floor(n / leaf)] += dy[n * O + o];
      place(db, o);
    }
  },
};

/** The products of a convolution in the same way: they define the bits of the native backend. */
export const fusedConvolutions = defineConvolutions(fmaOf);

/** Attention in the same way. */
export const fusedAttention = defineAttention(fmaOf);
