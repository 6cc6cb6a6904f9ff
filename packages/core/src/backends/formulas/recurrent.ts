import type { Arithmetic, Elementwise } from './arithmetic.ts';
import type { Value } from './formula.ts';

/** Numbers of a row: an operand of the operation, and the gate at which they begin, such as 'gates 2'. */
type Part = string;

/** A step of a recurrent layer, row by row: a formula for the `O` units of a row, with copies before and after it. */
export interface RecurrentOp extends Elementwise {
  /** Copies of `gates` times O numbers, made before the formula, at padding too. */
  readonly copiesBefore: readonly (readonly [to: Part, from: Part, gates: number])[];
  /** Copies after the formula. */
  readonly copiesAfter: readonly (readonly [to: Part, from: Part, gates: number])[];
  /** Arrays that are set to 0 at padding, where the formula is not computed. */
  readonly clearedAtPadding: readonly (readonly [part: Part, gates: number])[];
}

/** a · (1 - a), the slope of a = σ(z). */
const slopeOf = ({ constant, subtract, multiply }: Arithmetic, a: Value): Value =>
  multiply(a, subtract(constant(1), a));

/** 1 - a · a, the slope of a = tanh(z). */
const tanhSlope = ({ constant, subtract, multiply }: Arithmetic, a: Value): Value =>
  subtract(constant(1), multiply(a, a));

const sizes = [null, 'O'] as const;

/** Steps of gru and lstm, those of packages/core/src/program/reference/recurrent.ts, by operation name. */
export const recurrentOps: Readonly<Record<string, RecurrentOp>> = {
  gruForward: {
    inputs: ['gates 0', 'gates 1', 'gates 2', 'q 0', 'q 1', 'q 2', 'h 0'],
    outputs: ['gates 0', 'gates 1', 'gates 2', 'h 0', 'y 0'],
    sizes,
    of({ add, subtract, multiply, sigmoid, tanh }, p0, p1, p2, q0, q1, q2, h) {
      const r = sigmoid(add(p0, q0));
      const z = sigmoid(add(p1, q1));
      const n = tanh(add(p2, multiply(r, q2)));
      const next = add(n, multiply(z, subtract(h, n)));
      return [r, z, n, next, next];
    },
    copiesBefore: [['before 0', 'h 0', 1]],
    copiesAfter: [['byState 2', 'q 2', 1]],
    clearedAtPadding: [['y 0', 1]],
  },
  gruBackward: {
    inputs: ['gates 0', 'gates 1', 'gates 2', 'byState 2', 'dy 0', 'dh 0', 'product 0', 'before 0'],
    outputs: ['gates 0', 'gates 1', 'gates 2', 'byState 2', 'dh 0'],
    sizes,
    of(m, r, z, n, q2, dy, dh, product, state) {
      const { constant, add, subtract, multiply, flush } = m;
      const g = add(dy, add(dh, product));
      const dn = flush(multiply(multiply(g, subtract(constant(1), z)), tanhSlope(m, n)));
      const dz = flush(multiply(multiply(g, subtract(state, n)), slopeOf(m, z)));
      const dr = flush(multiply(multiply(dn, q2), slopeOf(m, r)));
      return [dr, dz, dn, flush(multiply(dn, r)), flush(multiply(g, z))];
    },
    copiesBefore: [],
    copiesAfter: [
      ['byState 0', 'gates 0', 2],
      ['dq 0', 'byState 0', 3],
    ],
    clearedAtPadding: [
      ['gates 0', 3],
      ['byState 0', 3],
      ['dq 0', 3],
    ],
  },
  lstmForward: {
    inputs: ['gates 0', 'gates 1', 'gates 2', 'gates 3', 'q 0', 'q 1', 'q 2', 'q 3', 'c 0'],
    outputs: ['gates 0', 'gates 1', 'gates 2', 'gates 3', 'c 0', 'y 0'],
    sizes,
    of({ add, multiply, sigmoid, tanh }, p0, p1, p2, p3, q0, q1, q2, q3, c) {
      const [i, f, o] = [sigmoid(add(p0, q0)), sigmoid(add(p1, q1)), sigmoid(add(p3, q3))];
      const g = tanh(add(p2, q2));
      const cell = add(multiply(f, c), multiply(i, g));
      return [i, f, g, o, cell, multiply(o, tanh(cell))];
    },
    copiesBefore: [
      ['before 0', 'h 0', 1],
      ['cells 0', 'c 0', 1],
    ],
    copiesAfter: [['h 0', 'y 0', 1]],
    clearedAtPadding: [['y 0', 1]],
  },
  lstmBackward: {
    inputs: ['gates 0', 'gates 1', 'gates 2', 'gates 3', 'dy 0', 'dh 0', 'product 0', 'dc 0', 'cells 0'],
    outputs: ['gates 0', 'gates 1', 'gates 2', 'gates 3', 'dc 0', 'dh 0'],
    sizes,
    of(m, i, f, g, o, dy, dh, product, dc, c) {
      const { constant, add, multiply, flush, tanh } = m;
      const u = tanh(add(multiply(f, c), multiply(i, g)));
      const dState = add(dy, add(dh, product));
      const dCell = add(dc, multiply(multiply(dState, o), tanhSlope(m, u)));
      return [
        flush(multiply(multiply(dCell, g), slopeOf(m, i))),
        flush(multiply(multiply(dCell, c), slopeOf(m, f))),
        flush(multiply(multiply(dCell, i), tanhSlope(m, g))),
        flush(multiply(multiply(dState, u), slopeOf(m, o))),
        flush(multiply(dCell, f)),
        constant(0),
      ];
    },
    copiesBefore: [],
    copiesAfter: [['dq 0', 'gates 0', 4]],
    clearedAtPadding: [
      ['gates 0', 4],
      ['dq 0', 4],
    ],
  },
};
