import { expect, test } from 'vitest';
import { ridge } from '../../../../../packages/cli/src/commands/train/assessment/ridge.ts';

const [N, C, O] = [6, 11, 2];
const draw = (length: number, seed: number) => Float64Array.from({ length }, (_, i) => Math.sin(seed * (i + 1) ** 2));
const [x, t] = [draw(N * C, 1.7), draw(N * O, 2.3)];

/** Answers [O] of the parameters to row n. */
const answer = (p: Float64Array, n: number): number[] =>
  Array.from({ length: O }, (_, o) =>
    Array.from({ length: C }, (_, c) => x[n * C + c] * p[c * O + o]).reduce((a, b) => a + b, p[C * O + o]),
  );

test('the parameters minimise the squared error and a penalty on the weights alone', () => {
  const p = ridge(Float64Array.from(x), Float64Array.from(t), N, C, O);
  const lambdas: number[] = [];
  for (let o = 0; o < O; o++) {
    const errors = Array.from({ length: N }, (_, n) => t[n * O + o] - answer(p, n)[o]);
    expect(errors.reduce((a, b) => a + b)).toBeCloseTo(0, 9);
    // The gradient Xᵀ(t - y) = λ W, with one λ for all weights.
    for (let c = 0; c < C; c++) lambdas.push(errors.reduce((sum, e, n) => sum + e * x[n * C + c], 0) / p[c * O + o]);
  }
  for (const lambda of lambdas) expect(lambda / lambdas[0]).toBeCloseTo(1, 6);
});
