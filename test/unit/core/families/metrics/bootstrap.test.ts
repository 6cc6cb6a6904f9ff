import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { bootstrap } from '../../../../../packages/core/src/families/metrics/bootstrap.ts';
import {
  chooseThreshold,
  thresholdCriteria,
} from '../../../../../packages/core/src/families/metrics/choose-threshold.ts';
import {
  type FigureName,
  figures,
  figuresOf,
  type Task,
} from '../../../../../packages/core/src/families/metrics/figures.ts';
import type { EvaluatedRows } from '../../../../../packages/core/src/families/metrics/weighted-metric.ts';
import { complete } from '../../../../../packages/core/src/math/pausable.ts';
import { createRandom } from '../../../../../packages/core/src/math/random/index.ts';
import { propertySeed } from '../../../../support/seed.ts';

const B = 60;
const outputsOf: Record<Task, number> = { binary: 1, classes: 3, values: 2 };

/** Rows of a task, of which row 7 has no answer if asked. */
function rowsOf(task: Task, seed: number, hole: boolean): EvaluatedRows {
  const random = createRandom(seed);
  const O = outputsOf[task];
  const y = Float64Array.from({ length: B * O }, () => Math.round(16 * random.uniform()) / 16);
  const t = Float64Array.from({ length: task === 'values' ? B * O : B }, () =>
    task === 'binary' ? random.integer(2) : task === 'classes' ? random.integer(O) : random.normal(),
  );
  if (hole) y[7 * O] = Number.NaN;
  return { rows: B, outputs: O, y, t };
}

/** Row n as often as counts[n] says. */
function repeated({ outputs: O, y, t }: EvaluatedRows, counts: Uint32Array): EvaluatedRows {
  const rowIndices = [...counts].flatMap((count, n) => new Array<number>(count).fill(n));
  const columns = t.length / B;
  return {
    rows: rowIndices.length,
    outputs: O,
    y: Float64Array.from(rowIndices.flatMap((n) => [...y.slice(n * O, (n + 1) * O)])),
    t: Float64Array.from(rowIndices.flatMap((n) => [...t.slice(n * columns, (n + 1) * columns)])),
  };
}

function measure(name: FigureName, task: Task, { rows, outputs, y, t }: EvaluatedRows): number {
  const metric = figures[name].metric(task, 0.4);
  metric.add(y, t, rows, outputs);
  return metric.value();
}

const all = (['binary', 'classes', 'values'] as const).flatMap((task) =>
  figuresOf({ task, hasProbabilities: true, hasPositions: true }).map((name): [Task, FigureName] => [task, name]),
);

test('every figure is of some task', () => {
  expect(new Set(all.map(([, name]) => name))).toEqual(new Set(Object.keys(figures)));
});

test('scores that are no probabilities have no figures of probabilities', () => {
  for (const task of ['binary', 'classes', 'values'] as const) {
    const [whole, without] = [true, false].map((hasProbabilities) =>
      figuresOf({ task, hasProbabilities, hasPositions: false }),
    );
    const ofProbabilities = task === 'values' ? [] : ['log-loss', 'brier', 'calibration-error'];
    expect(whole.filter((name) => !without.includes(name))).toEqual(ofProbabilities);
  }
});

describe.each(all)('of %s, %s', (task, name) => {
  test.each([false, true])(
    'counting a row several times is that row several times (one without an answer: %s)',
    (hole) => {
      fc.assert(
        fc.property(fc.integer({ min: 0, max: 1e6 }), (seed) => {
          const rows = rowsOf(task, seed, hole);
          const random = createRandom(seed, 'counts');
          const counts = Uint32Array.from({ length: B }, () => random.integer(4));
          const value = complete(figures[name].weighted(rows, task, 0.4))(counts);
          // A ranking needs a score of every row, drawn or not.
          const isRefused = hole && figures[name].keepsRows;
          const expected = isRefused ? Number.NaN : measure(name, task, repeated(rows, counts));
          if (Number.isNaN(expected)) expect(value).toBeNaN();
          else expect(Math.abs(value - expected)).toBeLessThan(1e-12 * Math.max(1, Math.abs(expected)));
        }),
        { seed: propertySeed, numRuns: 20 },
      );
    },
  );
});

describe('an interval', () => {
  const rows = 400;
  const values = Float64Array.from({ length: rows }, (_, n) => n);
  const mean = (counts: Uint32Array) => counts.reduce((sum, count, n) => sum + count * values[n], 0) / rows;

  test('of a mean is 1.96 standard errors to each side, to within the chance of 2000 draws', () => {
    const { low, high, without } = complete(bootstrap(rows, { mean }, { resamples: 2000, seed: 3 })).mean;
    const error = Math.sqrt((rows * rows - 1) / 12 / rows);
    expect(without).toBe(0);
    // A quantile of 2000 draws has a standard error of 0.06 standard errors of the mean.
    expect(Math.abs((low - 199.5) / error + 1.96)).toBeLessThan(0.25);
    expect(Math.abs((high - 199.5) / error - 1.96)).toBeLessThan(0.25);
  });

  test('is the same for the same seed, beside any other figures, and another for another seed', () => {
    const alone = complete(bootstrap(rows, { mean }, { resamples: 50, seed: 1 }));
    const beside = complete(bootstrap(rows, { other: () => 1, mean }, { resamples: 50, seed: 1 }));
    expect(beside.mean).toEqual(alone.mean);
    expect(beside.other).toEqual({ low: 1, high: 1, without: 0 });
    expect(complete(bootstrap(rows, { mean }, { resamples: 50, seed: 2 }))).not.toEqual(alone);
  });

  test('draws as many rows as there are, and leaves out draws without a value', () => {
    const sums = new Set<number>();
    let draws = 0;
    const figure = (counts: Uint32Array) => {
      sums.add(counts.reduce((sum, count) => sum + count));
      return draws++ % 2 === 0 ? Number.NaN : draws;
    };
    expect(complete(bootstrap(rows, { figure }, { resamples: 10 })).figure.without).toBe(5);
    expect([...sums]).toEqual([rows]);
  });

  test('is that of NumPy: percentile([1, 2, 4, 8], [2.5, 97.5]) is 1.075 and 7.7', () => {
    let draw = 0;
    const { low, high } = complete(bootstrap(4, { power: () => 2 ** draw++ }, { resamples: 4 })).power;
    expect(low).toBeCloseTo(1.075, 14);
    expect(high).toBeCloseTo(7.7, 14);
  });

  test('of nothing that has a value is NaN', () => {
    expect(complete(bootstrap(4, { none: () => Number.NaN }, { resamples: 3 })).none).toEqual({
      low: Number.NaN,
      high: Number.NaN,
      without: 3,
    });
  });
});

describe.each(['f1', 'youden'] as const)('the threshold by %s', (criterion) => {
  test('is the best of all that separate scores', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 1e6 }), fc.boolean(), (seed, hole) => {
        const held = rowsOf('binary', seed, hole);
        const chosen = complete(chooseThreshold(held, criterion));
        const known = [...held.y].flatMap((score, n) => (Number.isNaN(score) ? [] : [[score, held.t[n]]]));
        const positives = held.t.filter((target) => target === 1).length;
        const at = (threshold: number): number => {
          const predicted = known.filter(([score]) => score > threshold);
          const right = predicted.filter(([, target]) => target === 1).length;
          return thresholdCriteria[criterion](right, predicted.length, positives, B);
        };
        const candidates = known.map(([score]) => score - 1e-9).filter((threshold) => threshold > 0);
        expect(chosen?.value).toBe(Math.max(...candidates.map(at)));
        expect(at(chosen?.threshold ?? Number.NaN)).toBe(chosen?.value);
      }),
      { seed: propertySeed },
    );
  });

  test('is below the upper of two neighbouring scores', () => {
    // Half way between the two is a tie, which rounds to the upper one.
    const [low, high] = [0.5 + 2 ** -53, 0.5 + 2 ** -52];
    const rows = { rows: 2, outputs: 1, y: Float64Array.of(low, high), t: Float64Array.of(0, 1) };
    expect(complete(chooseThreshold(rows, criterion))).toEqual({ threshold: low, value: 1 });
  });

  test('is the highest of several that are as good', () => {
    const t = Float64Array.from(criterion === 'f1' ? [1, 0, 0, 1] : [1, 0, 1, 0]);
    const rows = { rows: 4, outputs: 1, y: Float64Array.of(1, 0.5, 0.25, 0.125), t };
    expect(complete(chooseThreshold(rows, criterion))?.threshold).toBe(0.75);
  });

  test('does not exist for rows of one class', () => {
    const rows = { rows: 2, outputs: 1, y: Float64Array.of(0.1, 0.9), t: Float64Array.of(1, 1) };
    expect(complete(chooseThreshold(rows, criterion))).toBeNull();
  });
});
