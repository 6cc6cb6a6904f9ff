import { describe, expect, test } from 'vitest';
import { fusedProducts } from '../../../packages/core/src/backends/fused.ts';
import * as reference from '../../../packages/core/src/backends/reference/reference.ts';
import { firstDifference } from '../../support/bits.ts';

// 2⁵³ + 1 rounds back to 2⁵³: a sum of ones and BIG tells in which order it was added.
const BIG = 2 ** 53;
// Its square is 1 + 2⁻²⁶ + 2⁻⁵⁴, of which a product that is rounded by itself loses the last.
const NEAR_ONE = 1 + 2 ** -27;
const LOST = 2 ** -54;

describe('each term is rounded once', () => {
  const one = Float64Array.of(NEAR_ONE);
  const rounded = Float64Array.of(-(NEAR_ONE * NEAR_ONE));

  test('in affine', () => {
    const y = new Float64Array(1);
    fusedProducts.affine(y, one, one, rounded, 1, 1, 1);
    expect(y[0]).toBe(LOST);
  });

  test('in affineBackwardInput', () => {
    const dx = new Float64Array(1);
    const W = Float64Array.of(rounded[0], NEAR_ONE); // [1, 2]
    fusedProducts.affineBackwardInput(dx, Float64Array.of(1, NEAR_ONE), W, 1, 1, 2);
    expect(dx[0]).toBe(LOST);
  });

  test('in affineBackwardWeights', () => {
    const dW = new Float64Array(1);
    const x = Float64Array.of(rounded[0], NEAR_ONE); // [2, 1]
    fusedProducts.affineBackwardWeights(dW, new Float64Array(1), x, Float64Array.of(1, NEAR_ONE), 2, 2, false, 1, 1);
    expect(dW[0]).toBe(LOST);
  });
});

test('where every product is exact, the bits are those of the reference, and so the orders', () => {
  const [B, I, O] = [5, 6, 7];
  const numbers = (length: number, stride: number) =>
    Float64Array.from({ length }, (_, i) => [1, -BIG, 3, BIG, -1, 2][(i * stride) % 6]);
  const [x, W, b, dy] = [numbers(B * I, 5), numbers(I * O, 1), numbers(O, 3), numbers(B * O, 7)];
  const outputs = [B * O, B * I, I * O, O];
  const run = (kernels: typeof fusedProducts) => {
    const [y, dx, dW, db] = outputs.map((length) => new Float64Array(length).fill(3));
    kernels.affine(y, x, W, b, B, I, O);
    kernels.affineBackwardInput(dx, dy, W, B, I, O);
    kernels.affineBackwardWeights(dW, db, x, dy, B, 2, true, I, O);
    return [...y, ...dx, ...dW, ...db];
  };
  expect(firstDifference(run(fusedProducts), run(reference))).toBeNull();
});
