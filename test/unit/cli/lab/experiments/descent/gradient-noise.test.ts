import { syntheticDatasets } from '@gradloom/runtime';
import { expect, test } from 'vitest';
import { gradientNoise } from '../../../../../../packages/cli/src/lab/experiments/descent/gradient-noise.ts';

const spec = { input: 1, layers: [{ kind: 'dense', out: 1, init: 'zeros' } as const] };
const dataset = syntheticDatasets.sine({ rows: 6 });
const x = [...dataset.inputs.array];
const t = [...dataset.targets.array];

/** Of (w x + b - t)² at w = b = 0, over some rows: -2 t x and -2 t. */
const gradientOf = (rows: readonly number[]): number[] =>
  [(n: number) => -2 * t[n] * x[n], (n: number) => -2 * t[n]].map(
    (slope) => rows.reduce((sum, n) => sum + slope(n), 0) / rows.length,
  );

/** √(mean of |g_B - g|²) over every batch of two different rows. */
function exactNoiseOfPairs(): number {
  const g = gradientOf([...x.keys()]);
  const pairs = [...x.keys()].flatMap((a) => [...x.keys()].filter((b) => b !== a).map((b) => [a, b]));
  const squares = pairs.map((pair) => gradientOf(pair).reduce((sum, value, p) => sum + (value - g[p]) ** 2, 0));
  return Math.sqrt(squares.reduce((sum, square) => sum + square, 0) / squares.length);
}

test('theory is the deviation over all possible batches, and the measured one is close', () => {
  const { norm, noise } = gradientNoise(spec, dataset, { batches: [2], draws: 4000, seed: 0 });
  expect(norm).toBeCloseTo(Math.hypot(...gradientOf([...x.keys()])), 12);
  expect(noise[0].theory).toBeCloseTo(exactNoiseOfPairs(), 12);
  expect(noise[0].measured / noise[0].theory).toBeCloseTo(1, 1);
  expect(noise[0].measured).not.toBe(noise[0].theory);
});

test('a batch of all rows has no noise', () => {
  const [{ theory, measured }] = gradientNoise(spec, dataset, { batches: [6], draws: 10, seed: 0 }).noise;
  expect(theory).toBe(0);
  expect(measured).toBeLessThan(1e-15);
});
