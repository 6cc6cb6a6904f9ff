import { createRandom, metrics } from '@gradloom/core';
import { complete, rankingCurves } from '@gradloom/core/internal';
import { expect, test } from 'vitest';

const random = createRandom(5, 'curves');
const N = 300;

test.each([
  ['values', 1, (n: number) => n],
  ['values', 1, (n: number) => Math.floor(n / 40)], // many rows of one score
  ['classes', 3, (n: number) => n],
] as const)(
  'of %s with %d outputs, areas are those of the metrics, and points are counts at their score',
  (targets, O, rank) => {
    const y = Float64Array.from({ length: N * O }, (_, k) => rank(Math.floor(40 * random.uniform()) + (k % 7)));
    const t = Float64Array.from({ length: N }, () => Math.floor((O === 1 ? 2 : O) * random.uniform() ** 2));
    const held = { rows: N, outputs: O, y, t };
    const curves = complete(rankingCurves(held, targets, 1000)) ?? [];
    expect(curves.map(({ index }) => index)).toEqual(O === 1 ? [1] : [0, 1, 2]);
    for (const [name, area] of [
      ['roc-auc', 'rocAuc'],
      ['pr-auc', 'prAuc'],
    ] as const) {
      const metric = metrics[name]({ targets });
      metric.add(y, t, N, O);
      const mean = curves.reduce((sum, { [area]: curveArea }) => sum + curveArea / curves.length, 0);
      expect(mean).toBeCloseTo(metric.value(), 12);
    }
    for (const { index, share, points } of curves) {
      const ownScore = (n: number): number => y[n * O + (O === 1 ? 0 : index)];
      const rowIndices = Array.from({ length: N }, (_, n) => n);
      expect(share).toBe(rowIndices.filter((n) => t[n] === index).length / N);
      for (const { score, recall, precision, falsePositives } of points) {
        const taken = rowIndices.filter((n) => ownScore(n) >= score);
        const right = taken.filter((n) => t[n] === index).length;
        expect(recall).toBe(right / rowIndices.filter((n) => t[n] === index).length);
        expect(precision).toBe(right / taken.length);
        expect(falsePositives).toBe((taken.length - right) / rowIndices.filter((n) => t[n] !== index).length);
      }
      expect(points.at(-1)).toMatchObject({ recall: 1, falsePositives: 1 });
    }
    const few = complete(rankingCurves(held, targets, 12)) ?? [];
    for (const [c, { points, ...areas }] of few.entries()) {
      expect(points.length).toBeLessThanOrEqual(12);
      expect(curves[c]).toMatchObject(areas);
      expect(points.at(-1)).toEqual(curves[c].points.at(-1));
    }
  },
);

test('a class without rows or with all of them has no curve, and rows without an answer have none', () => {
  const held = { rows: 2, outputs: 1, y: Float64Array.of(0, 1), t: Float64Array.of(1, 1) };
  expect(complete(rankingCurves(held, 'values', 9))).toEqual([]);
  expect(complete(rankingCurves({ ...held, y: Float64Array.of(0, Number.NaN) }, 'values', 9))).toBeNull();
});
