import { expect, test } from 'vitest';
import { factorPerLayer } from '../../../packages/cli/src/experiments/factor-per-layer.ts';

test.each([0.25, 0.9, 1, 1.7])('of a gradient that changes by %f a layer on its way back is that', (factor) => {
  const values = Array.from({ length: 20 }, (_, layer) => 3 * factor ** (19 - layer));
  expect(factorPerLayer(values)).toBeCloseTo(factor, 12);
});

test('fits the line of least squares to the logarithms', () => {
  // Of logarithms 0, 1, 5 the slope is (5 - 0) / 2.
  expect(factorPerLayer([Math.exp(5), Math.exp(1), 1])).toBeCloseTo(Math.exp(2.5), 12);
});

test.each([0, -1, Number.NaN])('is not a number where a value has no logarithm: %f', (value) => {
  expect(factorPerLayer([value, 1, 1])).toBeNaN();
});
