import { describe, expect, test } from 'vitest';
import { fusedConvolutions, fusedProducts } from '../../../../packages/core/src/backends/fused.ts';
import {
  createElements,
  type Elements,
  elementTypes,
  roundingOf,
} from '../../../../packages/core/src/math/element-type.ts';
import * as reference from '../../../../packages/core/src/program/reference/products.ts';
import { firstDifference } from '../../../support/bits.ts';

const bitsOf = { float64: 53, float32: 24 };

describe.each(elementTypes)('%s', (type) => {
  const bits = bitsOf[type];
  // BIG + 1 rounds back to BIG: a sum of ones and BIG tells in which order it was added.
  const BIG = 2 ** bits;
  // Its square is 1 + 2 · PART + PART², of which a product that is rounded by itself loses the last.
  const PART = 2 ** -Math.ceil(bits / 2 + 0.5);
  const NEAR_ONE = 1 + PART;
  const LOST = PART * PART;

  const of = (...numbers: readonly number[]): Elements => {
    const array = createElements(type, numbers.length);
    array.set(numbers);
    return array;
  };
  const zeros = (length: number): Elements => createElements(type, length);

  describe('each term is rounded once', () => {
    const one = of(NEAR_ONE);
    const rounded = of(-roundingOf(one)(NEAR_ONE * NEAR_ONE));

    test('in affine', () => {
      const y = zeros(1);
      fusedProducts.affine(y, one, one, rounded, 1, 1, 1);
      expect(y[0]).toBe(LOST);
    });

    test('in affineBackwardInput', () => {
      const dx = zeros(1);
      const W = of(rounded[0], NEAR_ONE); // [1, 2]
      fusedProducts.affineBackwardInput(dx, of(1, NEAR_ONE), W, 1, 1, 2);
      expect(dx[0]).toBe(LOST);
    });

    test('in affineBackwardWeights', () => {
      const dW = zeros(1);
      const x = of(rounded[0], NEAR_ONE); // [2, 1]
      fusedProducts.affineBackwardWeights(dW, zeros(1), x, of(1, NEAR_ONE), 2, 2, false, 1, 1);
      expect(dW[0]).toBe(LOST);
    });

    test('in convolutions', () => {
      // One image of two pixels, and a window of one.
      const window = [1, 2, 1, 1, 2, 1, 1, 1, 1, 1, 0, 0, 1, 1, 1] as const;
      const { convForward, convBackwardInput, convBackwardWeights } = fusedConvolutions;
      const [y, dx, dW] = [zeros(2), zeros(2), zeros(1)];
      convForward(y, of(NEAR_ONE, 0), one, rounded, 1, ...window);
      expect([...y]).toEqual([LOST, rounded[0]]);
      // A window of both pixels, moved by one: the first input is read by two outputs.
      const W = of(NEAR_ONE, rounded[0]); // [1, 2, 1, 1]
      convBackwardInput(dx, of(1, NEAR_ONE), W, 1, 1, 2, 1, 1, 2, 1, 1, 2, 1, 1, 0, 1, 1, 1, 1);
      expect(dx[0]).toBe(LOST);
      convBackwardWeights(dW, zeros(1), of(rounded[0], NEAR_ONE), of(1, NEAR_ONE), 1, false, ...window);
      expect(dW[0]).toBe(LOST);
    });
  });

  test('where every product is exact, the bits are those of the reference, and so the orders', () => {
    const [B, I, O] = [5, 6, 7];
    const numbers = (length: number, stride: number) =>
      of(...Array.from({ length }, (_, i) => [1, -BIG, 3, BIG, -1, 2][(i * stride) % 6]));
    const [x, W, b, dy] = [numbers(B * I, 5), numbers(I * O, 1), numbers(O, 3), numbers(B * O, 7)];
    const outputs = [B * O, B * I, I * O, O];
    const run = (kernels: typeof fusedProducts) => {
      const [y, dx, dW, db] = outputs.map((length) => zeros(length).fill(3));
      kernels.affine(y, x, W, b, B, I, O);
      kernels.affineBackwardInput(dx, dy, W, B, I, O);
      kernels.affineBackwardWeights(dW, db, x, dy, B, 2, true, I, O);
      return [...y, ...dx, ...dW, ...db];
    };
    expect(firstDifference(run(fusedProducts), run(reference))).toBeNull();
  });
});
