import { expect, test } from 'vitest';
import { maxError } from '../../../../support/errors.ts';
import { runLayer } from '../../../../support/one-layer.ts';

const W = [0.5, -1, 2, 0.25]; // [2, 2]
const b = [0.125, -0.5];

test('is x + f(x), and its gradient dy + that of f', () => {
  const run = runLayer(
    { kind: 'residual', layers: [{ kind: 'dense', out: 2 }] },
    [
      [1, 2],
      [-4, 8],
    ],
    (o) => o + 1,
    { parameters: [W, b] },
  );
  // f(1, 2) = (0.5 + 4 + 0.125, -1 + 0.5 - 0.5); f(-4, 8) = (-2 + 16 + 0.125, 4 + 2 - 0.5)
  expect([...run.y]).toEqual([1 + 4.625, 2 - 1, -4 + 14.125, 8 + 5.5]);
  // dy = (1, 2) and (3, 4); dy Wᵀ = (0.5 - 2, 2 + 0.5) and (1.5 - 4, 6 + 1)
  expect([...run.dx]).toEqual([1 - 1.5, 2 + 2.5, 3 - 2.5, 4 + 7]);
  // xᵀ dy and Σ dy
  expect(run.gradients.map((tensor) => [...tensor])).toEqual([
    [1 - 12, 2 - 16, 2 + 24, 4 + 32],
    [4, 6],
  ]);
});

test('keeps its x and dy, whatever the layers inside do in place', () => {
  const inside = [
    { kind: 'activation' as const, fn: 'tanh' as const },
    { kind: 'activation' as const, fn: 'sigmoid' as const },
  ];
  const x = [[-1, 0.5, 2]];
  const { y, dx } = runLayer({ kind: 'residual', layers: inside }, x, () => 1);
  const f = (value: number) => 1 / (1 + Math.exp(-Math.tanh(value)));
  expect(
    maxError(
      y,
      x[0].map((value) => value + f(value)),
    ),
  ).toBeLessThan(1e-15);
  const slope = (value: number) => 1 + f(value) * (1 - f(value)) * (1 - Math.tanh(value) ** 2);
  expect(maxError(dx, x[0].map(slope))).toBeLessThan(1e-15);
});
