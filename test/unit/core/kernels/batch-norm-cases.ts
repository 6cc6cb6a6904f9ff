import fc from 'fast-check';
import { leafCount, treeLevels } from '../../../../packages/core/src/math/tree/index.ts';
import { ops } from '../../../../packages/core/src/program/ops/index.ts';
import { sumLevels } from '../../../../packages/core/src/program/reference/index.ts';
import { choice, type KernelCase, leaf, length, rows, rowsOfPositions, width } from './kernel-case.ts';

/** Leaves of a batch: on both sides of whole trees. */
const leaves = fc.oneof(fc.integer({ min: 1, max: 20 }), fc.constantFrom(31, 32, 33, 63, 64, 65));

export const batchNormCases = {
  leafSums: {
    ops: [ops.leafSums],
    dims: fc.tuple(rowsOfPositions, leaf, width).map(([[B, R], leaf, size]) => [B, leaf, R, size]),
    arrays: ([B, leaf, R, size]) => ({
      ...{ sums: leafCount(B, leaf) * size, levels: sumLevels(B, R) * size, a: B * R * size },
    }),
    writes: ['sums'],
    emit: (emit, { sums, levels, a }, [B, leaf, R, size]) => emit(ops.leafSums, sums, levels, a, B, leaf, R, size),
  },
  leafProducts: {
    ops: [ops.leafProducts],
    dims: fc.tuple(rowsOfPositions, leaf, width, choice).map(([[B, R], ...others]) => [B, R, ...others]),
    arrays: ([B, R, leaf, size]) => ({
      ...{ sums: leafCount(B, leaf) * size, levels: sumLevels(B, R) * size, a: B * R * size, b: B * R * size },
    }),
    writes: ['sums'],
    // Squares where both are one array.
    emit(emit, { sums, levels, a, b }, [B, R, leaf, size, shared]) {
      emit(ops.leafProducts, sums, levels, a, shared === 1 ? a : b, B, leaf, R, size);
    },
  },
  leafMean: {
    ops: [ops.leafMean],
    dims: fc.tuple(leaves, width, fc.integer({ min: 1, max: 5000 })),
    arrays: ([leaves, size]) => ({ mean: size, levels: treeLevels(leaves) * size, sums: leaves * size }),
    writes: ['mean', 'sums'], // which stay as they are
    emit(emit, { mean, levels, sums }, [leaves, size, rows]) {
      emit(ops.leafMean, mean, levels, sums, leaves, size, rows);
    },
  },
  subtractRow: {
    ops: [ops.subtractRow],
    dims: fc.tuple(rows, width),
    arrays: ([B, size]) => ({ y: B * size, x: B * size, row: size }),
    writes: ['y'],
    emit: (emit, { y, x, row }, [B, size]) => emit(ops.subtractRow, y, x, row, B, size),
  },
  batchNormForward: {
    ops: [ops.batchNormForward],
    dims: fc.tuple(rows, width, fc.constantFrom(1e-5, 0.1, 1e-300)),
    arrays: ([B, size]) => ({
      ...{ y: B * size, xHat: B * size, scales: size },
      ...{ variance: size, gamma: size, beta: size },
    }),
    writes: ['y', 'xHat', 'scales'],
    prepare: ({ variance }) => variance.set(variance.map(Math.abs)),
    emit(emit, { y, xHat, scales, variance, gamma, beta }, [B, size, epsilon]) {
      emit(ops.batchNormForward, y, xHat, scales, variance, gamma, beta, B, size, epsilon);
    },
  },
  batchNormBackwardInput: {
    ops: [ops.batchNormBackwardInput],
    dims: fc.tuple(rows, width),
    arrays: ([B, size]) => ({
      ...{ dx: B * size, dy: B * size, xHat: B * size, scales: size },
      ...{ gamma: size, meanDy: size, meanDyXHat: size },
    }),
    writes: ['dx'],
    emit(emit, { dx, dy, xHat, scales, gamma, meanDy, meanDyXHat }, [B, size]) {
      emit(ops.batchNormBackwardInput, dx, dy, xHat, scales, gamma, meanDy, meanDyXHat, B, size);
    },
  },
  movingAverage: {
    ops: [ops.movingAverage],
    dims: fc.tuple(length, fc.constantFrom(0, 0.1, 0.3, 0.999), fc.constantFrom(1, 40 / 39, 2)),
    arrays: ([n]) => ({ running: n, value: n }),
    writes: ['running'],
    emit(emit, { running, value }, [n, momentum, factor]) {
      emit(ops.movingAverage, running, value, n, momentum, factor);
    },
  },
} satisfies Record<string, KernelCase>;
