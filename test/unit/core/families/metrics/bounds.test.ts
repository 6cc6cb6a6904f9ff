import fc from 'fast-check';
import { expect, test } from 'vitest';
import { metrics } from '../../../../../packages/core/src/families/metrics/index.ts';
import type { Metric } from '../../../../../packages/core/src/families/metrics/metric.ts';
import { propertySeed } from '../../../../support/seed.ts';

const C = 3;
const classes = { targets: 'classes' } as const;

/** Rows of three probabilities, in eighths, and a class. */
const rows = fc.array(
  fc.record({
    cuts: fc.tuple(fc.integer({ min: 0, max: 8 }), fc.integer({ min: 0, max: 8 })),
    target: fc.integer({ min: 0, max: C - 1 }),
  }),
  { minLength: 1, maxLength: 30 },
);

type Row = { cuts: [number, number]; target: number };

function measure<T>(metric: Metric<T>, rows: readonly Row[]): T {
  const y = rows.flatMap(({ cuts }) => {
    const [low, high] = [Math.min(...cuts), Math.max(...cuts)];
    return [low / 8, (high - low) / 8, 1 - high / 8];
  });
  metric.add(
    Float64Array.from(y),
    Float64Array.from(rows, ({ target }) => target),
    rows.length,
    C,
  );
  return metric.value();
}

test.each([
  ['precision', 1],
  ['recall', 1],
  ['f1', 1],
  ['balanced-accuracy', 1],
  ['calibration-error', 1],
  ['brier', 2],
  ['log-loss', 36.1], // -log 2⁻⁵²
] as const)('%s is from 0 to %d, in any order of the rows', (name, max) => {
  fc.assert(
    fc.property(rows, (rows) => {
      const value = measure(metrics[name](classes), rows);
      expect(value).toBeGreaterThanOrEqual(0);
      expect(value).toBeLessThanOrEqual(max);
      expect(Math.abs(measure(metrics[name](classes), rows.toReversed()) - value)).toBeLessThan(1e-12);
    }),
    { seed: propertySeed },
  );
});

test('F1 of a class is between its precision and its recall', () => {
  fc.assert(
    fc.property(rows, fc.integer({ min: 0, max: C - 1 }), (rows, positive) => {
      const options = { ...classes, average: 'binary', positive } as const;
      const [precision, recall, f1] = [metrics.precision(options), metrics.recall(options), metrics.f1(options)].map(
        (metric) => measure(metric, rows),
      );
      expect(f1).toBeGreaterThanOrEqual(Math.min(precision, recall) - 1e-15);
      expect(f1).toBeLessThanOrEqual(Math.max(precision, recall) + 1e-15);
    }),
    { seed: propertySeed },
  );
});

test('recall weighted by rows is accuracy', () => {
  fc.assert(
    fc.property(rows, (rows) => {
      const weighted = measure(metrics.recall({ ...classes, average: 'weighted' }), rows);
      expect(Math.abs(weighted - measure(metrics.accuracy(classes), rows))).toBeLessThan(1e-15);
    }),
    { seed: propertySeed },
  );
});

test('the bins of calibration hold every row once, each within its bounds', () => {
  fc.assert(
    fc.property(rows, fc.integer({ min: 1, max: 20 }), (rows, bins) => {
      const value = measure(metrics.calibration({ ...classes, bins }), rows);
      let sum = 0;
      for (let k = 0; k < bins; k++) {
        const [count, mean] = [value[3 * k], value[3 * k + 1]];
        sum += count;
        if (count === 0) continue;
        expect(mean).toBeGreaterThanOrEqual(k / bins - 1e-12);
        expect(mean).toBeLessThanOrEqual((k + 1) / bins + 1e-12);
      }
      expect(sum).toBe(rows.length);
    }),
    { seed: propertySeed },
  );
});
