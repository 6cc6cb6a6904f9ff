import { expect, test } from 'vitest';
import { runLayer } from '../../../../support/one-layer.ts';

const spec = { kind: 'embedding' as const, vocabulary: 4, width: 2 };
const E = [0, 1, 10, 11, 20, 21, 30, 31];

test('puts the row of each index in its place', () => {
  const { y } = runLayer(
    spec,
    [
      [2, 0],
      [3, 3],
    ],
    () => 0,
    { parameters: [E] },
  );
  expect([...y]).toEqual([20, 21, 0, 1, 30, 31, 30, 31]);
});

test('gathers the gradient of an index over rows and places, and passes none to the indices', () => {
  const { gradients, dx } = runLayer(
    spec,
    [
      [2, 0],
      [3, 2],
    ],
    (o) => 10 ** o,
    { parameters: [E] },
  );
  expect([...gradients[0]]).toEqual([1e2, 1e3, 0, 0, 1 + 1e6, 10 + 1e7, 1e4, 1e5]);
  expect([...dx]).toEqual([0, 0, 0, 0]);
});

test('adds rows ascending, in a row its places', () => {
  // (1 + 1e16) - 1e16 is 0 and (1e16 - 1e16) + 1 is 1.
  const order = [1, 1e16, -1e16, 0];
  const { gradients } = runLayer(
    { ...spec, width: 1 },
    [
      [1, 1],
      [1, 0],
    ],
    (o) => order[o],
    { parameters: [[0, 0, 0, 0]] },
  );
  expect(gradients[0][1]).toBe(0);
});

test('starts normal with deviation 1', () => {
  const { parameters } = runLayer({ ...spec, vocabulary: 2000 }, [[0]], () => 0);
  const [drawn] = parameters;
  const mean = drawn.reduce((sum, value) => sum + value) / drawn.length;
  const variance = drawn.reduce((sum, value) => sum + (value - mean) ** 2, 0) / drawn.length;
  // Deviations of both from 0 and 1 over 4000 numbers: 1/√4000 = 0.016 and √(2/4000) = 0.022.
  expect(Math.abs(mean)).toBeLessThan(0.08);
  expect(Math.abs(variance - 1)).toBeLessThan(0.11);
});
