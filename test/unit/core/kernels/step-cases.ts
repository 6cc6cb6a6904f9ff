import fc from 'fast-check';
import { ops } from '../../../../packages/core/src/program/ops/index.ts';
import { type KernelCase, length } from './kernel-case.ts';

const some = length.filter((n) => n > 0);
const stepIndex = fc.nat(6); // among 7 steps

export const stepCases = {
  clip: {
    ops: [ops.clip],
    dims: fc.tuple(some, fc.constantFrom(1e-300, 0.1, 1, 5, 1e300)),
    arrays: ([blocks]) => ({ factor: 1, squares: blocks }),
    writes: ['factor'],
    emit: (emit, { factor, squares }, [blocks, clipNorm]) => emit(ops.clip, factor, squares, blocks, clipNorm),
  },
  inverseNorm: {
    ops: [ops.inverseNorm],
    dims: fc.tuple(fc.constantFrom(1e-300, 1e-7, 1)),
    arrays: () => ({ factor: 1, square: 1 }),
    writes: ['factor'],
    prepare: ({ square }) => void square.fill(Math.abs(square[0])),
    emit: (emit, { factor, square }, [epsilon]) => emit(ops.inverseNorm, factor, square, epsilon),
  },
  loadHyper: {
    ops: [ops.loadHyper],
    dims: fc.tuple(fc.nat(20), stepIndex),
    arrays: ([H]) => ({ hyper: H, hypers: 7 * H, next: 1 }),
    writes: ['hyper', 'next'],
    prepare: ({ next }, [, at]) => void next.fill(at),
    emit: (emit, { hyper, hypers, next }, [H]) => emit(ops.loadHyper, hyper, hypers, next, H),
  },
  recordStep: {
    ops: [ops.recordStep],
    dims: fc.tuple(some, fc.nat(80), stepIndex, fc.integer({ min: 1, max: 1000 })),
    arrays: ([leaves, blocks]) => ({ stepResult: 2, losses: 7, norms: 7, lossSums: leaves, squares: blocks, rows: 1 }),
    writes: ['stepResult', 'losses', 'norms', 'lossSums'],
    prepare({ stepResult, rows }, [, , at, count]) {
      stepResult.fill(at, 0, 1);
      rows[0] = count;
    },
    emit(emit, { stepResult, losses, norms, lossSums, squares, rows }, [leaves, blocks]) {
      emit(ops.recordStep, stepResult, losses, norms, lossSums, squares, leaves, blocks, rows);
    },
  },
} satisfies Record<string, KernelCase>;
