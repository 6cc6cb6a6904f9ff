import fc from 'fast-check';
import type { Op } from '../../../../packages/core/src/program/op.ts';
import { ops } from '../../../../packages/core/src/program/ops/index.ts';
import { type KernelCase, length, rows, width } from './kernel-case.ts';

type Four = [Float64Array, Float64Array, number, number];
type Five = [Float64Array, Float64Array, Float64Array, number, number];

/** Rows of n numbers; wide ones go past the columns that a kernel sums at once. */
const rowsOfNumbers = fc.oneof(
  { weight: 20, arbitrary: fc.tuple(rows, width) },
  { weight: 1, arbitrary: fc.tuple(fc.integer({ min: 1, max: 5 }), fc.constantFrom(1023, 1024, 1025, 2050)) },
);

/** An operation of arrays, of which those in `perRow` have one number for each row. */
function rowCase(op: Op<Four> | Op<Five>, perRow: readonly string[] = []): KernelCase {
  const [out, ...inputs] = Object.keys(op.operands).slice(0, -2);
  const names = [out, ...inputs];
  return {
    ops: [op],
    dims: rowsOfNumbers,
    arrays: ([B, n]) => Object.fromEntries(names.map((name) => [name, perRow.includes(name) ? B : B * n])),
    writes: [out],
    // The arrays are those of the operands, in their order.
    emit: (emit, arrays, [B, n]) => emit(op as Op<never>, ...([...names.map((name) => arrays[name]), B, n] as never)),
  };
}

export const reductionCases = {
  rowSums: rowCase(ops.rowSums, ['y']),
  spreadRows: rowCase(ops.spreadRows, ['x']),
  divide: {
    ops: [ops.divide],
    dims: fc.tuple(length, fc.constantFrom(1, 2, 3, 7, 64, 1000)),
    arrays: ([n]) => ({ y: n, x: n }),
    writes: ['y'],
    emit: (emit, { y, x }, [n, divisor]) => emit(ops.divide, y, x, n, divisor),
  },
  rowLogSums: rowCase(ops.rowLogSums, ['y']),
  rowLogSumsBackward: {
    ops: [ops.rowLogSumsBackward],
    dims: rowsOfNumbers,
    arrays: ([B, n]) => ({ dx: B * n, dy: B, x: B * n, y: B }),
    writes: ['dx'],
    emit: (emit, { dx, dy, x, y }, [B, n]) => emit(ops.rowLogSumsBackward, dx, dy, x, y, B, n),
  },
  softmaxForward: rowCase(ops.softmaxForward),
  softmaxBackward: rowCase(ops.softmaxBackward),
  logSoftmaxForward: rowCase(ops.logSoftmaxForward),
  logSoftmaxBackward: rowCase(ops.logSoftmaxBackward),
  multiplyRow: {
    ops: [ops.multiplyRow],
    dims: fc.tuple(rows, width),
    arrays: ([B, size]) => ({ y: B * size, x: B * size, row: size }),
    writes: ['y'],
    emit: (emit, { y, x, row }, [B, size]) => emit(ops.multiplyRow, y, x, row, B, size),
  },
  groupNormBackwardInput: {
    ops: [ops.groupNormBackwardInput],
    dims: fc.tuple(rows, width),
    arrays: ([R, C]) => ({ dx: R * C, dy: R * C, x: R * C, mean: C, scales: C, gamma: C, meanG: C, slope: C }),
    writes: ['dx'],
    emit: (emit, { dx, dy, x, mean, scales, gamma, meanG, slope }, [R, C]) =>
      emit(ops.groupNormBackwardInput, dx, dy, x, mean, scales, gamma, meanG, slope, R, C),
  },
  argmax: {
    ops: [ops.argmax],
    dims: fc.tuple(rows, fc.integer({ min: 1, max: 9 }), fc.integer({ min: 1, max: 3 })),
    arrays: ([B, n, inner]) => ({ y: B * inner, x: B * n * inner }),
    writes: ['y'],
    emit: (emit, { y, x }, [B, n, inner]) => emit(ops.argmax, y, x, B, n, inner),
  },
} satisfies Record<string, KernelCase>;
