import type { Elements } from '../../math/element-type.ts';
import type { ScalarMath } from '../../math/real-math.ts';
import { count, defineOps, double, inout, input, type Operand, output } from '../op.ts';
import { type RecurrentStep, recurrentCode } from '../reference/recurrent.ts';

/** The lengths of the rows, the position of the step, and sizes. */
type Step = [lengths: Float64Array, t: number, B: number, T: number, O: number];

/** An operation of a step. Plain code and kernels are made from the same formula. */
const stepOp = <Args extends readonly unknown[]>(
  arrays: Readonly<Record<string, Operand>>,
  step: Omit<RecurrentStep, 'sizes'>,
) => {
  const operands = { ...arrays, lengths: double(input('B')), t: count, B: count, T: count, O: count };
  const reference: (...args: Args) => void = recurrentCode(step, operands);
  return { operands, reference, ...step, sizes: [null, 'O'] as const };
};

/** a · (1 - a), the slope of a = σ(z). */
const slopeOf = <V, C>({ constant, subtract, multiply }: ScalarMath<V, C>, a: V): V =>
  multiply(a, subtract(constant(1), a));

/** 1 - a · a, the slope of a = tanh(z). */
const tanhSlope = <V, C>({ constant, subtract, multiply }: ScalarMath<V, C>, a: V): V =>
  subtract(constant(1), multiply(a, a));

/**
 * Steps of gru and lstm at position t of B sequences, with O units. At first `gates` [B, T, gates, O] holds p = x · Wi
 * + bi of each unit and gate, and `q` holds h · Wh + bh. A row whose length is at most t has padding there. In formulas
 * 'gates 2' is gate 2 of the array `gates`; copies are [to, from, number of gates].
 */
export const recurrentOps = defineOps({
  /**
   * r = σ(p₀ + q₀), z = σ(p₁ + q₁), n = tanh(p₂ + r · q₂), h = n + z · (h - n). The gates r, z, n take the place of p,
   * `qByStep` keeps q₂, and `hBefore` the state before the step. At padding y is 0, and h stays.
   */
  gruForward: stepOp<
    [y: Elements, h: Elements, hBefore: Elements, gates: Elements, qByStep: Elements, q: Elements, ...Step]
  >(
    {
      y: inout('B', 'T', 'O'),
      h: inout('B', 'O'),
      hBefore: inout('B', 'T', 'O'),
      gates: inout('B', 'T', 3, 'O'),
      qByStep: inout('B', 'T', 3, 'O'),
      q: input('B', 3, 'O'),
    },
    {
      inputs: ['gates 0', 'gates 1', 'gates 2', 'q 0', 'q 1', 'q 2', 'h 0'],
      outputs: ['gates 0', 'gates 1', 'gates 2', 'h 0', 'y 0'],
      apply({ add, subtract, multiply, sigmoid, tanh }, p0, p1, p2, q0, q1, q2, h) {
        const r = sigmoid(add(p0, q0));
        const z = sigmoid(add(p1, q1));
        const n = tanh(add(p2, multiply(r, q2)));
        const next = add(n, multiply(z, subtract(h, n)));
        return [r, z, n, next, next];
      },
      copiesBefore: [['hBefore 0', 'h 0', 1]],
      copiesAfter: [['qByStep 2', 'q 2', 1]],
      clearedAtPadding: [['y 0', 1]],
    },
  ),
  /**
   * Gradients of a step, after those of the next one, which are dh, dq and dhViaWh = dq · Whᵀ: g = dy + (dh + dhViaWh).
   * Writes dp to `gates`, and dq to `qByStep` and `dq`. dh becomes g · z. At padding dp and dq are 0, and dh stays.
   */
  gruBackward: stepOp<
    [
      ...[dh: Elements, dq: Elements, gates: Elements, qByStep: Elements],
      ...[dy: Elements, dhViaWh: Elements, hBefore: Elements, ...Step],
    ]
  >(
    {
      dh: inout('B', 'O'),
      dq: output('B', 3, 'O'),
      gates: inout('B', 'T', 3, 'O'),
      qByStep: inout('B', 'T', 3, 'O'),
      dy: input('B', 'T', 'O'),
      dhViaWh: input('B', 'O'),
      hBefore: input('B', 'T', 'O'),
    },
    {
      inputs: ['gates 0', 'gates 1', 'gates 2', 'qByStep 2', 'dy 0', 'dh 0', 'dhViaWh 0', 'hBefore 0'],
      outputs: ['gates 0', 'gates 1', 'gates 2', 'qByStep 2', 'dh 0'],
      apply(m, r, z, n, q2, dy, dh, dhViaWh, state) {
        const { constant, add, subtract, multiply, flush } = m;
        const g = add(dy, add(dh, dhViaWh));
        const dn = flush(multiply(multiply(g, subtract(constant(1), z)), tanhSlope(m, n)));
        const dz = flush(multiply(multiply(g, subtract(state, n)), slopeOf(m, z)));
        const dr = flush(multiply(multiply(dn, q2), slopeOf(m, r)));
        return [dr, dz, dn, flush(multiply(dn, r)), flush(multiply(g, z))];
      },
      copiesBefore: [],
      copiesAfter: [
        ['qByStep 0', 'gates 0', 2],
        ['dq 0', 'qByStep 0', 3],
      ],
      clearedAtPadding: [
        ['gates 0', 3],
        ['qByStep 0', 3],
        ['dq 0', 3],
      ],
    },
  ),
  /**
   * i = σ(p₀ + q₀), f = σ(p₁ + q₁), g = tanh(p₂ + q₂), o = σ(p₃ + q₃), c = f · c + i · g and h = o · tanh(c). The gates
   * take the place of p; `hBefore` and `cBefore` keep h and c of before the step. At padding y is 0; h and c stay.
   */
  lstmForward: stepOp<
    [
      ...[y: Elements, h: Elements, c: Elements, hBefore: Elements],
      ...[cBefore: Elements, gates: Elements, q: Elements, ...Step],
    ]
  >(
    {
      y: inout('B', 'T', 'O'),
      h: inout('B', 'O'),
      c: inout('B', 'O'),
      hBefore: inout('B', 'T', 'O'),
      cBefore: inout('B', 'T', 'O'),
      gates: inout('B', 'T', 4, 'O'),
      q: input('B', 4, 'O'),
    },
    {
      inputs: ['gates 0', 'gates 1', 'gates 2', 'gates 3', 'q 0', 'q 1', 'q 2', 'q 3', 'c 0'],
      outputs: ['gates 0', 'gates 1', 'gates 2', 'gates 3', 'c 0', 'y 0'],
      apply({ add, multiply, sigmoid, tanh }, p0, p1, p2, p3, q0, q1, q2, q3, c) {
        const [i, f, o] = [sigmoid(add(p0, q0)), sigmoid(add(p1, q1)), sigmoid(add(p3, q3))];
        const g = tanh(add(p2, q2));
        const cell = add(multiply(f, c), multiply(i, g));
        return [i, f, g, o, cell, multiply(o, tanh(cell))];
      },
      copiesBefore: [
        ['hBefore 0', 'h 0', 1],
        ['cBefore 0', 'c 0', 1],
      ],
      copiesAfter: [['h 0', 'y 0', 1]],
      clearedAtPadding: [['y 0', 1]],
    },
  ),
  /**
   * Gradients of a step, after those of the next step, which are dh, dc, dq and dhViaWh = dq · Whᵀ: with u = tanh(c),
   * computed once more, dh = dy + (dh + dhViaWh) and dc = dc + (dh · o) · (1 - u²). Writes dp, which is also dq,
   * to `gates` and `dq`. dc becomes dc · f, and dh 0. At padding `gates` and `dq` are 0, and dh and dc stay.
   */
  lstmBackward: stepOp<
    [
      ...[dh: Elements, dc: Elements, dq: Elements, gates: Elements],
      ...[dy: Elements, dhViaWh: Elements, cBefore: Elements, ...Step],
    ]
  >(
    {
      dh: inout('B', 'O'),
      dc: inout('B', 'O'),
      dq: output('B', 4, 'O'),
      gates: inout('B', 'T', 4, 'O'),
      dy: input('B', 'T', 'O'),
      dhViaWh: input('B', 'O'),
      cBefore: input('B', 'T', 'O'),
    },
    {
      inputs: ['gates 0', 'gates 1', 'gates 2', 'gates 3', 'dy 0', 'dh 0', 'dhViaWh 0', 'dc 0', 'cBefore 0'],
      outputs: ['gates 0', 'gates 1', 'gates 2', 'gates 3', 'dc 0', 'dh 0'],
      apply(m, i, f, g, o, dy, dh, dhViaWh, dc, c) {
        const { constant, add, multiply, flush, tanh } = m;
        const u = tanh(add(multiply(f, c), multiply(i, g)));
        const dState = add(dy, add(dh, dhViaWh));
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
  ),
});
