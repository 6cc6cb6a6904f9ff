import { expect, test } from 'vitest';
import { createElements, type ElementType, elementTypes } from '../../../packages/core/src/element-type.ts';
import { createLoss, type LossName, type LossSpec, losses } from '../../../packages/core/src/model/losses/index.ts';
import { batchLoss } from '../../../packages/core/src/program/step-ops.ts';
import { createRandom } from '../../../packages/core/src/random/index.ts';
import { type Arithmetic, arithmetics } from '../../support/arithmetic.ts';
import { firstDifference } from '../../support/bits.ts';
import { lossOf } from '../../support/loss-of.ts';
import { lanes } from '../kernels/definitions/sums.ts';

// docs/numerics.md, "Losses", written down once more, in the arithmetic of a type.

interface Row {
  loss: number;
  dy: number[];
}

type RowOf = (A: Arithmetic, y: readonly number[], t: readonly number[]) => Row;

type Term = (A: Arithmetic, y: number, t: number, O: number) => [term: number, dy: number];

const elementwise =
  (term: Term, over: 'mean' | 'sum' = 'mean'): RowOf =>
  (A, y, t) => {
    const O = A.of(y.length);
    const both = y.map((value, o) => term(A, value, t[o], O));
    const s = lanes(
      A,
      both.map(([value]) => value),
    );
    return { loss: over === 'mean' ? A.div(s, O) : s, dy: both.map(([, slope]) => A.flush(slope)) };
  };

const given = 0.7;

const documented: Record<LossName, { spec: LossSpec; row: RowOf }> = {
  mse: {
    spec: 'mse',
    row: elementwise((A, y, t, O) => {
      const d = A.sub(y, t);
      return [A.mul(d, d), A.div(A.mul(2, d), O)];
    }),
  },
  quadratic: {
    spec: 'quadratic',
    row: elementwise((A, y, t) => {
      const d = A.sub(y, t);
      return [A.mul(A.mul(0.5, d), d), d];
    }, 'sum'),
  },
  mae: {
    spec: 'mae',
    row: elementwise((A, y, t, O) => {
      const d = A.sub(y, t);
      return [Math.abs(d), y > t ? A.div(1, O) : y < t ? A.div(-1, O) : A.div(d, O)];
    }),
  },
  huber: {
    spec: { kind: 'huber', delta: given },
    row: elementwise((A, y, t, O) => {
      const delta = A.of(given);
      const d = A.sub(y, t);
      const size = Math.abs(d);
      const above = A.mul(delta, A.sub(size, A.mul(0.5, delta)));
      return [size <= delta ? A.mul(A.mul(0.5, size), size) : above, A.div(Math.max(-delta, Math.min(delta, d)), O)];
    }),
  },
  'binary-cross-entropy': {
    spec: 'binary-cross-entropy',
    row: elementwise((A, y, t, O) => [
      A.add(A.sub(Math.max(y, 0), A.mul(y, t)), A.log1p(A.exp(-Math.abs(y)))),
      A.div(A.sub(A.sigmoid(y), t), O),
    ]),
  },
  'softmax-cross-entropy': {
    spec: 'softmax-cross-entropy',
    row(A, y, [label]) {
      const m = Math.max(...y);
      const e = y.map((value) => A.exp(A.sub(value, m)));
      const s = lanes(A, e);
      const dy = e.map((value, o) => A.flush(o === label ? A.sub(A.div(value, s), 1) : A.div(value, s)));
      return { loss: A.sub(A.add(A.log(s), m), y[label]), dy };
    },
  },
};

const smoothing = 0.15;

/** Variants, besides. */
const variants: { spec: LossSpec; row: RowOf }[] = [
  {
    spec: { kind: 'softmax-cross-entropy', labelSmoothing: smoothing },
    row(A, y, [label]) {
      const epsilon = A.of(smoothing);
      const r = A.div(epsilon, A.of(y.length));
      const rest = A.sub(1, epsilon);
      const m = Math.max(...y);
      const e = y.map((value) => A.exp(A.sub(value, m)));
      const s = lanes(A, e);
      const loss = A.sub(A.sub(A.add(A.log(s), m), A.mul(rest, y[label])), A.mul(r, lanes(A, y)));
      const dy = e.map((value, o) => A.flush(A.sub(A.div(value, s), o === label ? A.add(rest, r) : r)));
      return { loss, dy };
    },
  },
];

test('the documentation has every loss', () => {
  expect(new Set(Object.keys(documented))).toEqual(new Set(Object.keys(losses)));
});

const all = [...Object.values(documented), ...variants];
const cases = elementTypes.flatMap((type) => all.map(({ spec, row }) => [spec, type, row] as const));
/** Below what is kept of a type. */
const tiny = { float64: 1e-279, float32: 1e-29 };

test.each(cases)('%o of %s has the bits of the operations as documented', (spec, type, row) => {
  const loss = createLoss(spec);
  const A = arithmetics[type];
  for (const O of [1, 2, 3, 4, 5, 7, 8, 11]) {
    const random = createRandom(3, loss.name, O);
    // Three leaves, of which one has a single row.
    const leaves = [14, 1, 5].map((B) => {
      const y = Array.from({ length: B }, () =>
        Array.from({ length: O }, () => A.of(random.integer(8) && random.normal() * 10 ** random.integer(2))),
      );
      const t = y.map((outputs) => {
        if (loss.targets === 'classes') return [random.integer(O)];
        // Some of them hit, some by a hair: the term is then 0, or flushed.
        return outputs.map((value) => {
          const hair = value + tiny[type] * random.uniform();
          return A.of([value, hair, random.uniform(), value + random.normal()][random.integer(4)]);
        });
      });
      return { y, t };
    });
    const sums = leaves.map(({ y, t }) => {
      const dy = createElements(type, y.length * O);
      const sum = lossOf(loss, dy, elementsOf(type, y.flat()), elementsOf(type, t.flat()), y.length, O);
      const rows = y.map((outputs, n) => row(A, outputs, t[n]));
      expect(
        firstDifference(
          dy,
          rows.flatMap((one) => one.dy),
        ),
      ).toBeNull();
      // Losses of rows are added as doubles in every run.
      expect(sum).toBe(rows.reduce((total, one) => total + one.loss, 0));
      return sum;
    });
    expect(batchLoss(Float64Array.from(sums), 3, 20)).toBe((sums[0] + sums[1] + sums[2]) / 20);
  }
});

function elementsOf(type: ElementType, numbers: readonly number[]) {
  const elements = createElements(type, numbers.length);
  elements.set(numbers);
  return elements;
}
