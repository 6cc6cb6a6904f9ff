import { expect, test } from 'vitest';
import { clip, loadHyper, recordStep } from '../../../../packages/core/src/program/reference/step.ts';

test.each([
  [[3, 4.5], [9, 16], 0],
  [[3, Number.POSITIVE_INFINITY], [9, 16], 1],
  [[Number.NEGATIVE_INFINITY, 1], [9, 16], 1],
  [[Number.NaN, 1], [9, 16], 1],
  [[1e308, 1e308], [9, 16], 1], // whose sum is not finite
  [[3, 4.5], [9, Number.POSITIVE_INFINITY], 1],
  [[3, 4.5], [Number.NaN, 16], 1],
])('a step of losses %o and squares %o is noted at its place, and asks for an end: %d', (sums, squares, stop) => {
  const [losses, norms] = [Float64Array.of(7, 7, 7), Float64Array.of(8, 8, 8)];
  const note = Float64Array.of(1, stop === 0 ? 1 : 0);
  recordStep(note, losses, norms, Float64Array.from(sums), Float64Array.from(squares), 2, 2, Float64Array.of(5));
  expect([...note]).toEqual([2, stop]);
  expect([...losses]).toEqual([7, (sums[0] + sums[1]) / 5, 7]);
  expect([...norms]).toEqual([8, Math.sqrt(squares[0] + squares[1]), 8]);
});

test('hyperparameters are those of the next step, step after step', () => {
  const hypers = Float64Array.of(1, 2, 3, 4, 5, 6);
  const [hyper, next] = [new Float64Array(2), Float64Array.of(1)];
  loadHyper(hyper, hypers, next, 2);
  expect([...hyper, ...next]).toEqual([3, 4, 2]);
  loadHyper(hyper, hypers, next, 2);
  expect([...hyper, ...next]).toEqual([5, 6, 3]);
});

test("the factor of clipping is by the norm of the blocks' squares", () => {
  const factor = new Float64Array(1);
  clip(factor, Float64Array.of(9, 16), 2, 2);
  expect(factor[0]).toBe(2 / (5 + 1e-6));
  clip(factor, Float64Array.of(9, 16), 2, 5.1);
  expect(factor[0]).toBe(1);
});
