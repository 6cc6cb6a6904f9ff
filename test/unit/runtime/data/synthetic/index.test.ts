import { complete } from '@gradloom/core/internal';
import { type ClassOptions, syntheticDatasets } from '@gradloom/runtime';
import { describe, expect, test } from 'vitest';
import { checkDataset } from '../../../../../packages/runtime/src/data/check-dataset.ts';
import type { Dataset } from '../../../../../packages/runtime/src/data/dataset.ts';
import { maxError } from '../../../../support/errors.ts';

const { and, blobs, circles, moons, or, sine, spirals, xor } = syntheticDatasets;

const pointsOf = ({ rows, inputs, targets }: Dataset) =>
  Array.from({ length: rows }, (_, n) => ({ x: inputs.array[2 * n], y: inputs.array[2 * n + 1], c: targets.array[n] }));

describe.each(Object.entries(syntheticDatasets))('%s', (name, make) => {
  test('is a whole dataset of its name', () => {
    const dataset = make();
    expect(complete(checkDataset('here', dataset)).name).toBe(name);
    expect(make({ rows: 37 }).rows).toBe(37);
  });

  test('is the same for the same seed, and noise is another for another', () => {
    const numbers = (seed: number) => [
      ...make({ noise: 0.1, seed }).inputs.array,
      ...make({ noise: 0.1, seed }).targets.array,
    ];
    expect(numbers(1)).toEqual(numbers(1));
    // Sorted, since the order of the rows is another too.
    expect(numbers(1).toSorted()).not.toEqual(numbers(2).toSorted());
  });

  test('noise has the standard deviation that it says', () => {
    const clean = make({ rows: 4000, noise: 0 });
    const noisy = make({ rows: 4000, noise: 0.5 });
    const part = name === 'sine' ? 'targets' : 'inputs';
    let squares = 0;
    for (const [i, value] of noisy[part].array.entries()) squares += (value - clean[part].array[i]) ** 2;
    // The root mean square of 4,000 or 8,000 draws is within 1.2 % of 0.5; four of these.
    expect(Math.sqrt(squares / noisy[part].array.length)).toBeGreaterThan(0.475);
    expect(Math.sqrt(squares / noisy[part].array.length)).toBeLessThan(0.525);
  });

  test.each<[string, ClassOptions]>([
    ['rows has 0, expected a whole number', { rows: 0 }],
    ['rows has 1.5, expected a whole number', { rows: 1.5 }],
    ['noise has -1, expected a number of at least 0', { noise: -1 }],
    ['noise has NaN, expected a finite number of at least 0', { noise: Number.NaN }],
    ['option "nosie" is unknown, expected rows, noise, seed', JSON.parse('{ "nosie": 1 }')],
  ])('refuses: %s', (sentence, options) => {
    expect(() => make(options)).toThrow(`${name}: ${sentence}`);
  });
});

test.each([
  ['xor', xor, [0, 1, 1, 0]],
  ['and', and, [0, 0, 0, 1]],
  ['or', or, [0, 1, 1, 1]],
] as const)('%s has its four rows in the order 00, 01, 10, 11, and repeats them', (_name, make, truth) => {
  expect([...make().inputs.array]).toEqual([0, 0, 0, 1, 1, 0, 1, 1]);
  expect(make()).toMatchObject({ rows: 4, classes: null, targets: { columns: 1, array: Float64Array.from(truth) } });
  expect([...make({ rows: 6 }).inputs.array]).toEqual([0, 0, 0, 1, 1, 0, 1, 1, 0, 0, 0, 1]);
  expect([...make({ rows: 6 }).targets.array]).toEqual([...truth, truth[0], truth[1]]);
});

test('moons lie on two half circles: (cos t, sin t) and (1 - cos t, 1/2 - sin t)', () => {
  for (const { x, y, c } of pointsOf(moons())) {
    const [cos, sin] = c === 0 ? [x, y] : [1 - x, 0.5 - y];
    expect(Math.abs(Math.hypot(cos, sin) - 1)).toBeLessThan(1e-15);
    expect(sin).toBeGreaterThan(-1e-15);
  }
});

test('moons and circles are those of scikit-learn, but for the order of the rows', () => {
  // make_moons(5, shuffle=False) and make_circles(4, shuffle=False), sums over the rows of each column, worked out by
  // hand.
  const sums = (dataset: Dataset) => pointsOf(dataset).reduce(([x, y], point) => [x + point.x, y + point.y], [0, 0]);
  expect(moons({ rows: 5 }).targets.array.filter((c) => c === 1)).toHaveLength(3);
  expect(maxError(sums(moons({ rows: 5 })), [0 + 3, 0 + 0.5 - 0.5 + 0.5])).toBeLessThan(1e-15);
  const corners = pointsOf(circles({ rows: 4 })).toSorted((a, b) => a.x - b.x);
  expect(
    maxError(
      corners.map(({ x }) => x),
      [-1, -0.8, 0.8, 1],
    ),
  ).toBeLessThan(1e-15);
});

test('circles have radius 1 outside, 0.8 inside', () => {
  for (const { x, y, c } of pointsOf(circles())) expect(Math.hypot(x, y)).toBeCloseTo(c === 0 ? 1 : 0.8, 14);
});

test('the arms of spirals turn once as their radius grows, and never meet', () => {
  for (const classes of [1, 2, 5]) {
    for (const { x, y, c } of pointsOf(spirals({ rows: 300, classes }))) {
      const turn = Math.atan2(y, x) / (2 * Math.PI) - Math.hypot(x, y) - c / classes;
      expect(Math.abs(turn - Math.round(turn))).toBeLessThan(1e-12);
      expect(Math.hypot(x, y)).toBeGreaterThan(0);
    }
  }
});

test('blobs without noise are their centres, one a class, inside the square', () => {
  const points = pointsOf(blobs({ noise: 0, classes: 4 }));
  expect(new Set(points.map(({ x, y, c }) => `${c} ${x} ${y}`)).size).toBe(4);
  for (const { x, y } of points) expect(Math.max(Math.abs(x), Math.abs(y))).toBeLessThanOrEqual(10);
});

test('sine is sin x from -pi to pi, ascending', () => {
  const { inputs, targets } = sine({ rows: 101 });
  expect([inputs.array[0], inputs.array[50], inputs.array[100]]).toEqual([-Math.PI, 0, Math.PI]);
  expect(maxError(targets.array, inputs.array.map(Math.sin))).toBeLessThan(1e-15);
});

test('classes have equal sizes, to a row, in random order', () => {
  for (const dataset of [spirals({ rows: 103, classes: 4 }), blobs({ rows: 103, classes: 4 }), moons({ rows: 103 })]) {
    const sizes = Array.from(
      { length: dataset.classes ?? 0 },
      (_, c) => dataset.targets.array.filter((t) => t === c).length,
    );
    expect(Math.max(...sizes) - Math.min(...sizes)).toBe(1);
    const labels = [...dataset.targets.array];
    expect(labels).not.toEqual(labels.toSorted((a, b) => a - b));
  }
});

test('a class without a row is refused', () => {
  expect(() => blobs({ rows: 3, classes: 4 })).toThrow('blobs: rows has 3, expected at least 4 (one per class)');
});
