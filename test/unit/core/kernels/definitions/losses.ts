import { createLoss, type LossName, type LossSpec } from '../../../../../packages/core/src/families/losses/index.ts';
import type { LossKernel } from '../../../../../packages/core/src/families/losses/loss.ts';
import type { Elements } from '../../../../../packages/core/src/math/element-type.ts';
import { lossOp } from '../../../../../packages/core/src/program/ops/index.ts';
import type { Arithmetic } from '../../../../support/arithmetic.ts';
import { lanes, upTo, write } from './sums.ts';

// docs/numerics.md, "Losses", written down once more, in the arithmetic of a type.

/** The loss of a row, and its gradient by the outputs. */
interface Row {
  loss: number;
  dy: number[];
}

/** What a loss makes of outputs y and targets t, or of a class t[0]. */
export type RowOf = (A: Arithmetic, y: readonly number[], t: readonly number[], parameter?: number) => Row;

type Term = (A: Arithmetic, y: number, t: number, O: number, parameter?: number) => [term: number, dy: number];

const elementwise =
  (term: Term, over: 'mean' | 'sum' = 'mean'): RowOf =>
  (A, y, t, parameter) => {
    const O = A.of(y.length);
    const both = y.map((value, o) => term(A, value, t[o], O, parameter));
    const s = lanes(
      A,
      both.map(([value]) => value),
    );
    return { loss: over === 'mean' ? A.div(s, O) : s, dy: both.map(([, slope]) => A.flush(slope)) };
  };

const PARAMETER = 0.7;

/** The losses by their names in the table. */
export const documentedLosses: Record<LossName, { spec: LossSpec; row: RowOf }> = {
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
    spec: { kind: 'huber', delta: PARAMETER },
    row: elementwise((A, y, t, O, parameter = PARAMETER) => {
      const delta = A.of(parameter);
      const d = A.sub(y, t);
      const size = Math.abs(d);
      const above = A.mul(delta, A.sub(size, A.mul(0.5, delta)));
      return [size <= delta ? A.mul(A.mul(0.5, size), size) : above, A.div(Math.max(-delta, Math.min(delta, d)), O)];
    }),
  },
  'binary-cross-entropy': {
    spec: 'binary-cross-entropy',
    row: elementwise((A, y, t, O) => [
      A.add(A.mul(y, A.sub(y > 0 ? 1 : 0, t)), A.log1p(A.exp(-Math.abs(y)))),
      A.div(A.sub(A.sigmoid(y), t), O),
    ]),
  },
  output: { spec: 'output', row: elementwise((A, y, _t, O) => [y, A.div(1, O)]) },
  'softmax-cross-entropy': {
    spec: 'softmax-cross-entropy',
    row(A, y, [label]) {
      const m = Math.max(...y);
      const c = y.map((value) => A.sub(value, m));
      const e = c.map(A.exp);
      const s = lanes(A, e);
      const dy = e.map((value, o) => A.flush(o === label ? A.sub(A.div(value, s), 1) : A.div(value, s)));
      return { loss: A.sub(A.log(s), c[label]), dy };
    },
  },
  'soft-target-cross-entropy': {
    spec: 'soft-target-cross-entropy',
    row(A, y, t) {
      const m = Math.max(...y);
      const c = y.map((value) => A.sub(value, m));
      const e = c.map(A.exp);
      const [s, T] = [lanes(A, e), lanes(A, t)];
      const target = lanes(
        A,
        c.map((value, o) => A.mul(value, t[o])),
      );
      const share = (value: number) => A.flush(A.mul(T, A.flush(A.div(value, s))));
      const dy = e.map((value, o) => A.flush(A.sub(share(value), t[o])));
      return { loss: A.flush(A.sub(A.mul(T, A.log(s)), target)), dy };
    },
  },
};

const smoothing = 0.15;

/** Variants, besides. */
export const documentedVariants: { spec: LossSpec; row: RowOf }[] = [
  {
    spec: { kind: 'softmax-cross-entropy', labelSmoothing: smoothing },
    row(A, y, [label], parameter = smoothing) {
      const epsilon = A.of(parameter);
      const r = A.div(epsilon, A.of(y.length));
      const rest = A.sub(1, epsilon);
      const m = Math.max(...y);
      const c = y.map((value) => A.sub(value, m));
      const e = c.map(A.exp);
      const s = lanes(A, e);
      const loss = A.sub(A.sub(A.log(s), A.mul(rest, c[label])), A.mul(r, lanes(A, c)));
      const dy = e.map((value, o) => A.flush(A.sub(A.div(value, s), o === label ? A.add(rest, r) : r)));
      return { loss, dy };
    },
  },
];

type Arguments = [A: Arithmetic, ...args: Parameters<LossKernel>];

/** The definitions by the names of the operations. */
export const lossDefinitions = Object.fromEntries(
  [...Object.values(documentedLosses), ...documentedVariants].map(({ spec, row }) => {
    const loss = createLoss(spec);
    const evaluate = (...[A, lossSums, dy, y, t, B, leafRows, O, parameter]: Arguments): void => {
      const T = loss.targets === 'classes' ? 1 : O;
      const of = (array: Elements, n: number, width: number) => [...array.subarray(n * width, (n + 1) * width)];
      const rows = upTo(B).map((n) => row(A, of(y, n, O), of(t, n, T), parameter));
      write(dy, B * O, (i) => rows[Math.floor(i / O)].dy[i % O]);
      write(lossSums, Math.ceil(B / leafRows), (k) =>
        rows.slice(k * leafRows, (k + 1) * leafRows).reduce((sum, { loss }) => sum + loss, 0),
      );
    };
    return [lossOp(loss).name, evaluate];
  }),
);
