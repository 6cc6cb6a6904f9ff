import fc from 'fast-check';
import { createRandom } from '../../../../packages/core/src/math/random/index.ts';
import { ops } from '../../../../packages/core/src/program/ops/index.ts';
import { type Arrays, type KernelCase, width } from './kernel-case.ts';

/** The position of the step, rows, positions and units. */
const dims = fc
  .tuple(fc.nat(20), fc.integer({ min: 0, max: 5 }), fc.integer({ min: 1, max: 4 }), width)
  .map(([t, B, T, O]) => [t % T, B, T, O]);

/** Lengths from 1 to T. */
function prepare({ lengths }: Arrays, [t, B, T, O]: readonly number[]): void {
  const random = createRandom(t, 'lengths', O);
  for (let n = 0; n < B; n++) lengths[n] = 1 + random.integer(T);
}

/** Steps of gru and lstm. */
export const recurrentCases = {
  gruForward: {
    ops: [ops.gruForward],
    dims,
    prepare,
    arrays: ([, B, T, O]) => ({
      y: B * T * O,
      h: B * O,
      hBefore: B * T * O,
      gates: 3 * B * T * O,
      qByStep: 3 * B * T * O,
      q: 3 * B * O,
      lengths: B,
    }),
    writes: ['y', 'h', 'hBefore', 'gates', 'qByStep'],
    emit: (emit, { y, h, hBefore, gates, qByStep, q, lengths }, [t, B, T, O]) =>
      emit(ops.gruForward, y, h, hBefore, gates, qByStep, q, lengths, t, B, T, O),
  },
  gruBackward: {
    ops: [ops.gruBackward],
    dims,
    prepare,
    arrays: ([, B, T, O]) => ({
      dh: B * O,
      dq: 3 * B * O,
      gates: 3 * B * T * O,
      qByStep: 3 * B * T * O,
      dy: B * T * O,
      dhViaWh: B * O,
      hBefore: B * T * O,
      lengths: B,
    }),
    writes: ['dh', 'dq', 'gates', 'qByStep'],
    emit: (emit, { dh, dq, gates, qByStep, dy, dhViaWh, hBefore, lengths }, [t, B, T, O]) =>
      emit(ops.gruBackward, dh, dq, gates, qByStep, dy, dhViaWh, hBefore, lengths, t, B, T, O),
  },
  lstmForward: {
    ops: [ops.lstmForward],
    dims,
    prepare,
    arrays: ([, B, T, O]) => ({
      y: B * T * O,
      h: B * O,
      c: B * O,
      hBefore: B * T * O,
      cBefore: B * T * O,
      gates: 4 * B * T * O,
      q: 4 * B * O,
      lengths: B,
    }),
    writes: ['y', 'h', 'c', 'hBefore', 'cBefore', 'gates'],
    emit: (emit, { y, h, c, hBefore, cBefore, gates, q, lengths }, [t, B, T, O]) =>
      emit(ops.lstmForward, y, h, c, hBefore, cBefore, gates, q, lengths, t, B, T, O),
  },
  lstmBackward: {
    ops: [ops.lstmBackward],
    dims,
    prepare,
    arrays: ([, B, T, O]) => ({
      dh: B * O,
      dc: B * O,
      dq: 4 * B * O,
      gates: 4 * B * T * O,
      dy: B * T * O,
      dhViaWh: B * O,
      cBefore: B * T * O,
      lengths: B,
    }),
    writes: ['dh', 'dc', 'dq', 'gates'],
    emit: (emit, { dh, dc, dq, gates, dy, dhViaWh, cBefore, lengths }, [t, B, T, O]) =>
      emit(ops.lstmBackward, dh, dc, dq, gates, dy, dhViaWh, cBefore, lengths, t, B, T, O),
  },
} satisfies Record<string, KernelCase>;
