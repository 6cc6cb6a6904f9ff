import { expect, test } from 'vitest';
import { fitFactor, fitWeights } from '../../../../../../packages/cli/src/lab/experiments/vanishing/start-factors.ts';

test('sizes that shrink by a factor towards the input give that factor', () => {
  const sizes = Array.from({ length: 12 }, (_, h) => 3 * 0.25 ** (11 - h));
  const { factor, spread, layersUsed } = fitFactor(sizes);
  expect(factor).toBeCloseTo(0.25, 12);
  expect(spread).toBeCloseTo(0, 12);
  expect(layersUsed).toBe(12);
});

test('the line is that of least squares: layers at 1, e, 1 have a factor of 1', () => {
  const { factor, spread } = fitFactor([1, Math.E, 1]);
  expect(factor).toBeCloseTo(1, 12);
  // About the mean 1/3 lie -1/3, 2/3, -1/3: √((1 + 4 + 1) / 27).
  expect(spread).toBeCloseTo(Math.sqrt(6 / 27), 12);
});

test('zeros and sizes whose square underflows are left out, and counted', () => {
  const sizes = [0, 1e-160, 1e-4, 1e-3, 1e-2];
  expect(fitFactor(sizes)).toMatchObject({ layersUsed: 3, layersTooSmall: 2, factor: expect.closeTo(0.1, 12) });
});

test('fewer than two sizes have no factor', () => {
  expect(fitFactor([1])).toMatchObject({ factor: null, spread: null });
  expect(fitFactor([0, 0, 1])).toMatchObject({ factor: null, layersUsed: 1 });
});

test('the weights of the line are those of ln v in its slope, 0 for a layer that is left out', () => {
  const sizes = [1e-200, 0.02, 0.03, 0.5, 0.4];
  const weights = fitWeights(sizes);
  expect(weights[0]).toBe(0);
  const slope = weights.slice(1).reduce((sum, weight, h) => sum + weight * Math.log(sizes[h + 1]), 0);
  expect(Math.exp(-slope)).toBeCloseTo(Number(fitFactor(sizes).factor), 12);
  expect(fitWeights([0, 1])).toEqual([0, 0]);
});
