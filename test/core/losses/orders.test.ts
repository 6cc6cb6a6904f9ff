import { expect, test } from 'vitest';
import { exp, log, log1p, sigmoid } from '../../../packages/core/src/math/index.ts';
import { createLoss, type LossName, type LossSpec, losses } from '../../../packages/core/src/model/losses/index.ts';
import { batchLoss } from '../../../packages/core/src/program/step-ops.ts';
import { createRandom } from '../../../packages/core/src/random/index.ts';
import { firstDifference } from '../../support/bits.ts';
import { lossOf } from '../../support/loss-of.ts';

// docs/numerics.md, "Losses", written down once more.

const flush = (x: number) => (Math.abs(x) < 2 ** -930 ? 0 : x);

function lanes(terms: readonly number[]): number {
  const l = [0, 0, 0, 0];
  terms.forEach((term, o) => {
    l[o % 4] += term;
  });
  return l[0] + l[1] + (l[2] + l[3]);
}

interface Row {
  loss: number;
  dy: number[];
}

type Term = (y: number, t: number, O: number) => [term: number, dy: number];

const elementwise =
  (term: Term, over: 'mean' | 'sum' = 'mean') =>
  (y: readonly number[], t: readonly number[]): Row => {
    const O = y.length;
    const both = y.map((value, o) => term(value, t[o], O));
    const s = lanes(both.map(([value]) => value));
    return { loss: over === 'mean' ? s / O : s, dy: both.map(([, slope]) => flush(slope)) };
  };

const delta = 0.7;

const documented: Record<LossName, { spec: LossSpec; row: (y: readonly number[], t: readonly number[]) => Row }> = {
  mse: { spec: 'mse', row: elementwise((y, t, O) => [(y - t) * (y - t), (2 * (y - t)) / O]) },
  quadratic: { spec: 'quadratic', row: elementwise((y, t) => [0.5 * (y - t) * (y - t), y - t], 'sum') },
  mae: {
    spec: 'mae',
    row: elementwise((y, t, O) => [Math.abs(y - t), y > t ? 1 / O : y < t ? -1 / O : (y - t) / O]),
  },
  huber: {
    spec: { kind: 'huber', delta },
    row: elementwise((y, t, O) => {
      const d = Math.abs(y - t);
      return [d <= delta ? 0.5 * d * d : delta * (d - 0.5 * delta), Math.max(-delta, Math.min(delta, y - t)) / O];
    }),
  },
  'binary-cross-entropy': {
    spec: 'binary-cross-entropy',
    row: elementwise((y, t, O) => [Math.max(y, 0) - y * t + log1p(exp(-Math.abs(y))), (sigmoid(y) - t) / O]),
  },
  'softmax-cross-entropy': {
    spec: 'softmax-cross-entropy',
    row(y, [label]) {
      const m = Math.max(...y);
      const e = y.map((value) => exp(value - m));
      const s = lanes(e);
      return { loss: log(s) + m - y[label], dy: e.map((value, o) => flush(o === label ? value / s - 1 : value / s)) };
    },
  },
};

const smoothing = 0.15;

/** Variants, besides. */
const variants: { spec: LossSpec; row: (y: readonly number[], t: readonly number[]) => Row }[] = [
  {
    spec: { kind: 'softmax-cross-entropy', labelSmoothing: smoothing },
    row(y, [label]) {
      const O = y.length;
      const m = Math.max(...y);
      const e = y.map((value) => exp(value - m));
      const s = lanes(e);
      const off = smoothing / O;
      const loss = log(s) + m - (1 - smoothing) * y[label] - off * lanes(y);
      const dy = e.map((value, o) => flush(value / s - (o === label ? 1 - smoothing + off : off)));
      return { loss, dy };
    },
  },
];

test('the documentation has every loss', () => {
  expect(new Set(Object.keys(documented))).toEqual(new Set(Object.keys(losses)));
});

test.each([...Object.values(documented), ...variants])(
  '$spec has the bits of the operations as documented',
  ({ spec, row }) => {
    const loss = createLoss(spec);
    for (const O of [1, 2, 3, 4, 5, 7, 8, 11]) {
      const random = createRandom(3, loss.name, O);
      // Three leaves, of which one has a single row.
      const leaves = [14, 1, 5].map((B) => {
        const y = Array.from({ length: B }, () =>
          Array.from({ length: O }, () => random.integer(8) && random.normal() * 10 ** random.integer(2)),
        );
        const t = y.map((outputs) => {
          if (loss.targets === 'classes') return [random.integer(O)];
          // Some of them hit, some by a hair: the term is then 0, or flushed.
          return outputs.map(
            (value) =>
              [value, value + 1e-279 * random.uniform(), random.uniform(), value + random.normal()][random.integer(4)],
          );
        });
        return { y, t };
      });
      const sums = leaves.map(({ y, t }) => {
        const dy = new Float64Array(y.length * O);
        const sum = lossOf(loss, dy, Float64Array.from(y.flat()), Float64Array.from(t.flat()), y.length, O);
        const rows = y.map((outputs, n) => row(outputs, t[n]));
        expect(
          firstDifference(
            dy,
            rows.flatMap((one) => one.dy),
          ),
        ).toBeNull();
        expect(sum).toBe(rows.reduce((total, one) => total + one.loss, 0));
        return sum;
      });
      expect(batchLoss(Float64Array.from(sums), 3, 20)).toBe((sums[0] + sums[1] + sums[2]) / 20);
    }
  },
);
