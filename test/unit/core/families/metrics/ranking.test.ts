import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { argsort } from '../../../../../packages/core/src/families/metrics/argsort.ts';
import { metrics } from '../../../../../packages/core/src/families/metrics/index.ts';
import type { Metric } from '../../../../../packages/core/src/families/metrics/metric.ts';
import { complete } from '../../../../../packages/core/src/math/pausable.ts';
import { createRandom, shuffle } from '../../../../../packages/core/src/math/random/index.ts';
import { propertySeed } from '../../../../support/seed.ts';

const values = { targets: 'values' } as const;

/** Rows of one score, with many ties, and a target of 0 or 1. */
const scored = fc.array(
  fc.record({
    score: fc.oneof(
      fc.integer({ min: 0, max: 8 }).map((k) => k / 8),
      fc.double({ min: 0, max: 1, noNaN: true }),
    ),
    target: fc.constantFrom(0, 1),
  }),
  { minLength: 1, maxLength: 40 },
);

type Scored = readonly { score: number; target: number }[];

function measure(metric: Metric, rows: Scored): number {
  const y = Float64Array.from(rows, ({ score }) => score);
  metric.add(
    y,
    Float64Array.from(rows, ({ target }) => target),
    rows.length,
    1,
  );
  return metric.value();
}

const areas = ['roc-auc', 'pr-auc'] as const;

test('ROC AUC is the share of pairs in order, ties half', () => {
  fc.assert(
    fc.property(scored, (rows) => {
      let [inOrder, pairs] = [0, 0];
      for (const one of rows) {
        for (const other of rows) {
          if (one.target === 0 || other.target === 1) continue;
          pairs++;
          inOrder += one.score > other.score ? 1 : one.score === other.score ? 0.5 : 0;
        }
      }
      expect(measure(metrics['roc-auc'](values), rows)).toBe(inOrder / pairs);
    }),
    { seed: propertySeed },
  );
});

test('PR AUC is the sum over thresholds of the rise in recall times the precision', () => {
  fc.assert(
    fc.property(scored, (rows) => {
      const total = rows.filter(({ target }) => target === 1).length;
      let [area, before] = [0, 0];
      for (const threshold of [...new Set(rows.map(({ score }) => score))].sort((a, b) => b - a)) {
        const taken = rows.filter(({ score }) => score >= threshold);
        const right = taken.filter(({ target }) => target === 1).length;
        if (right > before) area += ((right - before) / total) * (right / taken.length);
        before = right;
      }
      expect(measure(metrics['pr-auc'](values), rows)).toBe(Math.min(1, area));
    }),
    { seed: propertySeed },
  );
});

describe.each(areas)('%s', (name) => {
  test('has the same bits for rows in any order, and for scores that rise as these do', () => {
    fc.assert(
      fc.property(scored, fc.integer({ min: 0, max: 1000 }), (rows, seed) => {
        const rowIndices = Uint32Array.from(rows, (_, n) => n);
        shuffle(rowIndices, createRandom(seed));
        const value = measure(metrics[name](values), rows);
        expect(
          measure(
            metrics[name](values),
            Array.from(rowIndices, (n) => rows[n]),
          ),
        ).toBe(value);
        const larger = rows.map(({ score, target }) => ({ score: 8 * score, target }));
        expect(measure(metrics[name](values), larger)).toBe(value);
      }),
      { seed: propertySeed },
    );
  });

  test('is from 0 to 1', () => {
    fc.assert(
      fc.property(scored, (rows) => {
        const value = measure(metrics[name](values), rows);
        if (Number.isNaN(value)) return;
        expect(value).toBeGreaterThanOrEqual(0);
        expect(value).toBeLessThanOrEqual(1);
      }),
      { seed: propertySeed },
    );
  });

  test('is 1 for rows in perfect order, however many', () => {
    for (let total = 1; total <= 30; total++) {
      const rows = Array.from({ length: 2 * total }, (_, n) => ({ score: n, target: Number(n >= total) }));
      expect(measure(metrics[name](values), rows)).toBeCloseTo(1, 12);
      expect(measure(metrics[name](values), rows)).toBeLessThanOrEqual(1);
    }
  });

  test('pauses, to the same value', () => {
    const random = createRandom(2);
    const B = 200_000;
    const metric = metrics[name](values);
    const y = Float64Array.from({ length: B }, () => random.uniform());
    metric.add(
      y,
      y.map((score) => (random.uniform() < score ? 1 : 0)),
      B,
      1,
    );
    const work = metric.valueInTurns();
    let pauses = 0;
    for (;;) {
      const { done, value } = work.next();
      if (done) {
        expect(value).toBe(metric.value());
        break;
      }
      pauses++;
    }
    expect(pauses).toBeGreaterThan(20);
  });
});

/** Zeros of both signs, infinities, the smallest and the largest numbers. */
const hard = fc.oneof(
  fc.double({ noNaN: true }),
  fc.constantFrom(0, -0, 1, -1, Infinity, -Infinity, 5e-324, -5e-324, Number.MAX_VALUE, -Number.MAX_VALUE),
);

test.each([
  ['few', 40],
  ['as many as take larger digits', 40_000],
])('%s numbers are put into the order of a stable sort', (_title, distinct) => {
  fc.assert(
    fc.property(fc.array(hard, { minLength: 1, maxLength: 40 }), (some) => {
      const repeated =
        distinct === 40 ? some : Array.from({ length: distinct }, (_, n) => some[n % some.length] / ((n % 7) + 1));
      const order = repeated
        .map((_, n) => n)
        .sort((a, b) => (repeated[a] < repeated[b] ? -1 : repeated[a] > repeated[b] ? 1 : a - b));
      expect([...complete(argsort(Float64Array.from(repeated)))]).toEqual(order);
    }),
    { seed: propertySeed, numRuns: distinct === 40 ? 200 : 5 },
  );
});
