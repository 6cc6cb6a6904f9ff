import { describe, expect, test } from 'vitest';
import { type MetricName, metrics } from '../../../../../packages/core/src/families/metrics/index.ts';
import type { Metric } from '../../../../../packages/core/src/families/metrics/metric.ts';
import { createRandom } from '../../../../../packages/core/src/math/random/index.ts';

interface Case {
  title: string;
  metric: () => Metric<number | Float64Array>;
  O: number;
  y: number[]; // [B, O]
  t: number[]; // [B, O] or [B]
  value: number | number[]; // counted by hand
  empty: number | number[]; // before the first row
}

const none = Number.NaN;
const classes = { targets: 'classes' } as const;
const values = { targets: 'values' } as const;

const cases: Record<MetricName, Case[]> = {
  accuracy: [
    {
      title: 'classes; the third row is a tie, the fourth has NaN, the last Infinity',
      metric: () => metrics.accuracy(classes),
      O: 3,
      y: [1, 3, 2, 5, 4, 1, 2, 2, 0, 9, none, 0, Infinity, 1, 0],
      t: [1, 2, 0, 0, 0],
      value: 2 / 5,
      empty: none,
    },
    {
      title: 'one class, which every row with an output is of',
      metric: () => metrics.accuracy(classes),
      O: 1,
      y: [0.4, 0.6, -3, none],
      t: [0, 0, 0, 0],
      value: 3 / 4,
      empty: none,
    },
    {
      title: 'one-hot rows',
      metric: () => metrics.accuracy(values),
      O: 2,
      y: [0.2, 0.8, 0.6, 0.5, none, 0],
      t: [0, 1, 0, 1, 1, 0],
      value: 1 / 3,
      empty: none,
    },
    {
      title: 'one value against 0.5',
      metric: () => metrics.accuracy(values),
      O: 1,
      y: [0.4, 0.5, 0.6, 0.6, none, -Infinity],
      t: [0, 0, 1, 0, 0, 0],
      value: 3 / 6,
      empty: none,
    },
    {
      title: 'one logit against 0',
      metric: () => metrics.accuracy({ ...values, threshold: 0 }),
      O: 1,
      y: [0.4, -0.5, 0, 0.1],
      t: [1, 0, 0, 1],
      value: 1,
      empty: none,
    },
  ],
  'top-k': [
    {
      title: 'k = 2; the third row is a tie that the first two win, the fourth has NaN, the last Infinity',
      metric: () => metrics['top-k']({ k: 2 }),
      O: 3,
      y: [1, 3, 2, 5, 4, 1, 2, 2, 2, 9, none, 0, Infinity, 1, 0],
      t: [2, 2, 2, 0, 0],
      value: 1 / 5,
      empty: none,
    },
  ],
  'confusion-matrix': [
    {
      title: 'three classes, the last rows have NaN and Infinity',
      metric: () => metrics['confusion-matrix'](classes),
      O: 3,
      y: [1, 0, 0, 0, 1, 0, 0, 1, 0, 0, 0, 1, 0, 0, none, 0, Infinity, 0],
      t: [0, 0, 1, 0, 0, 2],
      value: [1, 1, 1, 1, 0, 1, 0, 0, 0, 0, 0, 1],
      empty: [],
    },
    {
      title: 'one class',
      metric: () => metrics['confusion-matrix'](classes),
      O: 1,
      y: [0.4, 0.6, none],
      t: [0, 0, 0],
      value: [2, 1],
      empty: [],
    },
    {
      title: 'one logit',
      metric: () => metrics['confusion-matrix']({ ...values, threshold: 0 }),
      O: 1,
      y: [1, -1, 2, -2, 0.1, none],
      t: [1, 1, 0, 0, 1, 1],
      value: [1, 1, 0, 1, 2, 1],
      empty: [],
    },
  ],
  'balanced-accuracy': [
    {
      title: 'one of two rows of class 0 is right, and none of the one row of class 1; class 2 has no rows',
      metric: () => metrics['balanced-accuracy'](classes),
      O: 3,
      y: [1, 0, 0, 0, 0, 1, none, 0, 0],
      t: [0, 0, 1],
      value: 1 / 4,
      empty: none,
    },
  ],
  precision: [
    {
      title: 'of the positive class: two of three, a row without an answer is predicted as nothing',
      metric: () => metrics.precision(values),
      O: 1,
      y: [0.9, 0.8, 0.7, 0.2, none],
      t: [1, 1, 0, 1, 1],
      value: 2 / 3,
      empty: none,
    },
    {
      title: 'of class 0, if that is the positive one',
      metric: () => metrics.precision({ ...values, positive: 0 }),
      O: 1,
      y: [0.1, 0.2, 0.7],
      t: [0, 1, 1],
      value: 1 / 2,
      empty: none,
    },
    {
      title: 'of a class that is never predicted',
      metric: () => metrics.precision(values),
      O: 1,
      y: [0.1, 0.2],
      t: [0, 1],
      value: 0,
      empty: none,
    },
  ],
  recall: [
    {
      title: 'the mean of three classes, the last without rows',
      metric: () => metrics.recall(classes),
      O: 3,
      y: [1, 0, 0, 0, 1, 0, 0, 1, 0, 0, 0, 1],
      t: [0, 0, 1, 1],
      value: (1 / 2 + 1 / 2 + 0) / 3,
      empty: none,
    },
  ],
  f1: [
    {
      title: 'of the positive class: one right of two rows and two predictions, one row without an answer',
      metric: () => metrics.f1(values),
      O: 1,
      y: [0.9, 0.8, none, 0.1],
      t: [1, 0, 1, 0],
      value: 2 / 4,
      empty: none,
    },
    {
      title: 'weighted by rows: 3 of class 0 with F1 4/5, 1 of class 1 with 2/3',
      metric: () => metrics.f1({ ...values, average: 'weighted' }),
      O: 1,
      y: [0.1, 0.2, 0.9, 0.9],
      t: [0, 0, 0, 1],
      value: (3 * (4 / 5) + 2 / 3) / 4,
      empty: none,
    },
  ],
  'roc-auc': [
    {
      title: 'two positives, two negatives: three pairs in order, one a tie',
      metric: () => metrics['roc-auc'](values),
      O: 1,
      y: [0.9, 0.4, 0.4, 0.1],
      t: [1, 1, 0, 0],
      value: 3.5 / 4,
      empty: none,
    },
    {
      title: 'three classes, the last without rows: the mean of the two that have some',
      metric: () => metrics['roc-auc'](classes),
      O: 3,
      y: [0.8, 0.1, 0.1, 0.3, 0.6, 0.1, 0.5, 0.4, 0.1],
      t: [0, 0, 1],
      value: (1 / 2 + 1 / 2) / 2,
      empty: none,
    },
    {
      title: 'a row without an answer',
      metric: () => metrics['roc-auc'](values),
      O: 1,
      y: [0.9, 0.4, none],
      t: [1, 0, 0],
      value: none,
      empty: none,
    },
    {
      title: 'one class',
      metric: () => metrics['roc-auc'](values),
      O: 1,
      y: [0.9, 0.4],
      t: [1, 1],
      value: none,
      empty: none,
    },
  ],
  'pr-auc': [
    {
      title: 'recall rises by a half at precision 1, and by a half at 2/3',
      metric: () => metrics['pr-auc'](values),
      O: 1,
      y: [0.9, 0.8, 0.4, 0.1],
      t: [1, 0, 1, 0],
      value: 1 / 2 + (1 / 2) * (2 / 3),
      empty: none,
    },
    {
      title: 'no positive rows',
      metric: () => metrics['pr-auc'](values),
      O: 1,
      y: [0.9, 0.8],
      t: [0, 0],
      value: 0,
      empty: none,
    },
  ],
  'log-loss': [
    {
      title: 'certain and right, and one that cannot be 0',
      metric: () => metrics['log-loss'](classes),
      O: 2,
      y: [1, 0, 0, 1],
      t: [0, 1],
      value: 2.2204460492503136e-16, // -log(1 - 2⁻⁵²)
      empty: none,
    },
  ],
  perplexity: [
    {
      title: 'a half and a quarter, which is the geometric mean of 2 and 4',
      metric: () => metrics.perplexity(classes),
      O: 2,
      y: [0.5, 0.5, 0.25, 0.75],
      t: [0, 0],
      value: 2.82842712474619, // √8
      empty: none,
    },
  ],
  'bits-per-character': [
    {
      title: 'a half and a quarter take 1 and 2 bits',
      metric: () => metrics['bits-per-character'](classes),
      O: 2,
      y: [0.5, 0.5, 0.25, 0.75],
      t: [0, 0],
      value: 1.5,
      empty: none,
    },
  ],
  brier: [
    {
      title: 'one output',
      metric: () => metrics.brier(values),
      O: 1,
      y: [0.5, 0.25, 1],
      t: [1, 0, 1],
      value: (0.25 + 0.0625) / 3,
      empty: none,
    },
    {
      title: 'two classes: that of one of them',
      metric: () => metrics.brier(classes),
      O: 2,
      y: [0.5, 0.5, 0.75, 0.25],
      t: [0, 0],
      value: (0.25 + 0.0625) / 2,
      empty: none,
    },
    {
      title: 'an output a class',
      metric: () => metrics.brier(classes),
      O: 3,
      y: [0.5, 0.25, 0.25, 0, 1, 0],
      t: [0, 0],
      value: (0.25 + 0.0625 + 0.0625 + 2) / 2,
      empty: none,
    },
  ],
  'calibration-error': [
    {
      title: 'two bins: 2 rows at 0.75 of which one is right, 1 row at 1 that is right; NaN is in no bin',
      metric: () => metrics['calibration-error']({ ...classes, bins: 4 }),
      O: 2,
      y: [0.75, 0.25, 0.25, 0.75, 1, 0, none, 1],
      t: [0, 0, 0, 0],
      value: (2 / 3) * 0.25,
      empty: none,
    },
  ],
  calibration: [
    {
      title: 'the bound of a bin belongs to the bin below it, and 0 to the first',
      metric: () => metrics.calibration({ ...values, bins: 2 }),
      O: 1,
      y: [0, 0.5, 0.75, 1],
      t: [0, 1, 1, 1],
      value: [2, 0.25, 0.5, 2, 0.875, 1],
      empty: [0, none, none, 0, none, none],
    },
  ],
  mape: [
    {
      title: 'two outputs',
      metric: () => metrics.mape(),
      O: 2,
      y: [1, 2, 3, 4],
      t: [2, 4, 3, 2],
      value: (1 / 2 + 1 / 2 + 0 + 1) / 4,
      empty: none,
    },
  ],
  'explained-variance': [
    {
      title: 'predictions that are all too high by 3',
      metric: () => metrics['explained-variance'](),
      O: 1,
      y: [4, 5, 6],
      t: [1, 2, 3],
      value: 1,
      empty: none,
    },
    {
      title: 'a target that does not vary',
      metric: () => metrics['explained-variance'](),
      O: 1,
      y: [1, 2],
      t: [1, 1],
      value: none,
      empty: none,
    },
  ],
  mae: [
    {
      title: 'two outputs',
      metric: () => metrics.mae(),
      O: 2,
      y: [1, 2, 3, 4],
      t: [0, 4, 3, 1],
      value: 6 / 4,
      empty: none,
    },
  ],
  rmse: [
    {
      title: 'two outputs',
      metric: () => metrics.rmse(),
      O: 2,
      y: [1, 2, 3, 4],
      t: [0, 4, 3, 1],
      value: Math.sqrt(14 / 4),
      empty: none,
    },
  ],
  r2: [
    // t = 1, 2, 3: Σ(t - 2)² = 2; Σ(y - t)² = 1
    { title: 'one output', metric: () => metrics.r2(), O: 1, y: [1, 3, 3], t: [1, 2, 3], value: 1 / 2, empty: none },
    {
      title: 'the mean of two outputs',
      metric: () => metrics.r2(),
      O: 2,
      y: [1, 4, 3, 6],
      t: [1, 4, 2, 6],
      value: (-1 + 1) / 2,
      empty: none,
    },
    {
      title: 'a target that does not vary',
      metric: () => metrics.r2(),
      O: 1,
      y: [1, 2],
      t: [1, 1],
      value: none,
      empty: none,
    },
  ],
  unanswered: [
    {
      title: 'rows of two outputs: NaN, Infinity and -Infinity are no answer, wherever they stand',
      metric: () => metrics.unanswered(),
      O: 2,
      y: [1, 2, none, 9, 9, none, Infinity, 0, 0, -Infinity, 1e308, -1e308],
      t: [0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1],
      value: 4,
      empty: 0,
    },
    {
      title: 'one output',
      metric: () => metrics.unanswered(),
      O: 1,
      y: [none, 0, Infinity],
      t: [0, 0, 0],
      value: 2,
      empty: 0,
    },
  ],
};

test('every metric has a value counted by hand', () => {
  expect(new Set(Object.keys(cases))).toEqual(new Set(Object.keys(metrics)));
});

const asArray = (value: number | Float64Array | number[]) => (typeof value === 'number' ? value : [...value]);

describe.each(Object.values(cases).flat())('$title', ({ metric, O, y, t, value, empty }) => {
  const B = y.length / O;
  const T = t.length / B;

  test('has the value counted by hand', () => {
    const whole = metric();
    whole.add(Float64Array.from(y), Float64Array.from(t), B, O);
    expect(asArray(whole.value())).toEqual(value);
  });

  test('has the same value when rows come one by one, in arrays that are longer', () => {
    const pieces = metric();
    for (let n = 0; n < B; n++) {
      const yRow = Float64Array.from([...y.slice(n * O, (n + 1) * O), none, 7]);
      pieces.add(yRow, Float64Array.from([...t.slice(n * T, (n + 1) * T), 0, 0]), 1, O);
    }
    expect(asArray(pieces.value())).toEqual(value);
  });

  test('has no value before the first row', () => {
    expect(asArray(metric().value())).toEqual(empty);
  });
});

describe('on random rows', () => {
  const [B, O] = [500, 6];
  const random = createRandom(1);
  const y = Float64Array.from({ length: B * O }, () => random.normal());
  const t = Float64Array.from({ length: B }, () => random.integer(O));

  test('top-1 is accuracy, and top-O is 1', () => {
    const [accuracy, first, all] = [metrics.accuracy(classes), metrics['top-k']({ k: 1 }), metrics['top-k']({ k: O })];
    for (const metric of [accuracy, first, all]) metric.add(y, t, B, O);
    expect(first.value()).toBe(accuracy.value());
    expect(all.value()).toBe(1);
  });

  test('the diagonal of the confusion matrix counts what accuracy does, its rows the targets', () => {
    const [accuracy, matrix] = [metrics.accuracy(classes), metrics['confusion-matrix'](classes)];
    for (const metric of [accuracy, matrix]) metric.add(y, t, B, O);
    const counts = matrix.value();
    const sum = (of: number[]) => of.reduce((total, k) => total + counts[k], 0);
    const each = Array.from({ length: O }, (_, k) => k);
    expect(sum(each.map((k) => k * (O + 1) + k)) / B).toBe(accuracy.value());
    for (const k of each) {
      expect(sum(each.map((j) => k * (O + 1) + j))).toBe(t.filter((target) => target === k).length);
    }
  });

  test('each row is in the confusion matrix once, and in its last column where it is unanswered', () => {
    const [accuracy, matrix, unanswered] = [
      metrics.accuracy(classes),
      metrics['confusion-matrix'](classes),
      metrics.unanswered(),
    ];
    const holes = y.map((value, i) => (i % 17 === 0 ? [none, Infinity, -Infinity][i % 3] : value));
    for (const metric of [accuracy, matrix, unanswered]) metric.add(holes, t, B, O);
    const counts = matrix.value();
    expect(counts.reduce((a, b) => a + b)).toBe(B);
    const last = counts.filter((_, k) => k % (O + 1) === O);
    expect(last.reduce((a, b) => a + b)).toBe(unanswered.value());
    expect(unanswered.value()).toBeGreaterThan(0);
    expect(counts.filter((_, k) => k % (O + 2) === 0).reduce((a, b) => a + b) / B).toBe(accuracy.value());
  });

  test('r2 loses no digits where the targets are far from 0', () => {
    const near = metrics.r2();
    const far = metrics.r2();
    const target = Float64Array.from({ length: B }, () => random.integer(1000));
    const output = target.map((value) => value + random.integer(100));
    near.add(output, target, B, 1);
    far.add(
      output.map((value) => value + 2 ** 40),
      target.map((value) => value + 2 ** 40),
      B,
      1,
    );
    expect(Math.abs(far.value() - near.value())).toBeLessThan(1e-6);
  });
});

test('a metric says what is wrong with its options', () => {
  expect(() => metrics.accuracy(JSON.parse('{}'))).toThrow(
    'metric accuracy: targets is missing, expected one of classes, values',
  );
  expect(() => metrics['top-k']({ k: 0 })).toThrow('metric top-k: k has 0, expected a whole number of at least 1');
  expect(() => metrics.r2(JSON.parse('{ "k": 1 }'))).toThrow('metric r2: option "k" is unknown, expected none');
});
