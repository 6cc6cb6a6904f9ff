import { expect, test } from 'vitest';
import { sharedArrays } from '../../../../packages/runtime/src/data/number-types.ts';
import { fittedDecay } from '../../../../packages/runtime/src/models/fitted-decay.ts';

const N = 60;

const shared = (values: readonly number[]) => {
  const array = sharedArrays.float64(values.length);
  array.set(values);
  return array;
};

/** Rows of an input and a constant. */
const rowsOf = (x: readonly number[], y: readonly number[], classes: number | null = null) => ({
  name: 'rows',
  rows: N,
  inputs: { array: shared(x.flatMap((value) => [value, 7])), columns: 2, divisor: 1 },
  targets: { array: shared(y), columns: 1, divisor: 1 },
  classes,
});
const centred = (values: readonly number[]): number[] => {
  const mean = values.reduce((sum, value) => sum + value, 0) / N;
  return values.map((value) => value - mean);
};
const x = Array.from({ length: N }, (_, n) => ((n * 17) % N) / 8);
const noise = x.map((_, n) => Math.sin(97 * n * n));

test.each([0.3, 1, 3, 6, 9])(
  'is that of the λ which answers each row best from the others, with noise of %d',
  (size) => {
    const y = x.map((value, n) => value / 4 + size * noise[n]);
    const [a, b] = [centred(x), centred(y)];
    const errorOf = (decay: number): number => {
      const lambda = N * (decay / 8) ** 2;
      return a.reduce((sum, _, i) => {
        const others = a.map((_, j) => j).filter((j) => j !== i);
        const slope =
          others.reduce((s, j) => s + a[j] * b[j], 0) / (lambda + others.reduce((s, j) => s + a[j] * a[j], 0));
        return sum + (b[i] - slope * a[i]) ** 2;
      }, 0);
    };
    const decays = Array.from({ length: 13 }, (_, k) => 2 ** (k / 2 - 3));
    const best = decays.reduce((p, q) => (errorOf(q) < errorOf(p) ? q : p));
    expect(fittedDecay(rowsOf(x, y))).toBeCloseTo(best, 12);
  },
);

test('takes classes as columns of 0 and 1, and a target of one value as no reason to change it', () => {
  const classes = x.map((value) => (value > 3 ? 1 : 0));
  const others = classes.map((label) => 1 - label);
  expect(fittedDecay(rowsOf(x, classes, 2))).toBe(fittedDecay(rowsOf(x, others, 2)));
  expect(fittedDecay(rowsOf(x, classes, 2))).toBe(fittedDecay(rowsOf(x, classes)));
  expect(
    fittedDecay(
      rowsOf(
        x,
        x.map(() => 5),
      ),
    ),
  ).toBe(1);
});

test('is 2 or more with an input for five rows or fewer', () => {
  const { array } = rowsOf(x, x).inputs;
  const wide = { ...rowsOf(x, x), rows: 10, inputs: { array, columns: 2, divisor: 1 } };
  expect(fittedDecay(wide)).toBeGreaterThanOrEqual(2);
});
