import { describe, expect, test } from 'vitest';
import { createRandom } from '../../../packages/core/src/random/index.ts';
import { type Metric, type MetricName, metrics } from '../../../packages/core/src/train/metrics/index.ts';

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
    'metric accuracy: targets has undefined, expected one of classes, values',
  );
  expect(() => metrics['top-k']({ k: 0 })).toThrow('metric top-k: k has 0, expected a whole number of at least 1');
  expect(() => metrics.r2(JSON.parse('{ "k": 1 }'))).toThrow('metric r2: option "k" is unknown, expected none');
});
