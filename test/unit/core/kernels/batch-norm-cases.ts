import fc from 'fast-check';
import { leafCount, treeLevels } from '../../../../packages/core/src/math/tree/index.ts';
import { ops } from '../../../../packages/core/src/program/ops/index.ts';
import { sumLevels } from '../../../../packages/core/src/program/reference/sum-rows.ts';
import { choice, type KernelCase, leafRows, length, rows, rowsOfPositions, width } from './kernel-case.ts';

/** Leaves of a batch: on both sides of whole trees. */
const leaves = fc.oneof(fc.integer({ min: 1, max: 20 }), fc.constantFrom(31, 32, 33, 63, 64, 65));

export const batchNormCases = {
  leafSums: {
    ops: [ops.leafSums],
    dims: fc.tuple(rowsOfPositions, leafRows, width).map(([[B, R], leafRows, size]) => [B, leafRows, R, size]),
    arrays: ([B, leafRows, R, size]) => ({
      sums: leafCount(B, leafRows) * size,
      levels: sumLevels(B, R) * size,
      a: B * R * size,
    }),
    writes: ['sums'],
    emit: (emit, { sums, levels, a }, [B, leafRows, R, size]) =>
      emit(ops.leafSums, sums, levels, a, B, leafRows, R, size),
  },
  leafSquares: {
    ops: [ops.leafSquares],
    dims: fc.tuple(rowsOfPositions, leafRows, width).map(([[B, R], leafRows, size]) => [B, leafRows, R, size]),
    arrays: ([B, leafRows, R, size]) => ({
      sums: leafCount(B, leafRows) * size,
      levels: sumLevels(B, R) * size,
      x: B * R * size,
      mean: size,
    }),
    writes: ['sums'],
    emit(emit, { sums, levels, x, mean }, [B, leafRows, R, size]) {
      emit(ops.leafSquares, sums, levels, x, mean, B, leafRows, R, size);
    },
  },
  leafGradients: {
    ops: [ops.leafGradients],
    dims: fc.tuple(rowsOfPositions, leafRows, width).map(([[B, R], leafRows, size]) => [B, leafRows, R, size]),
    arrays: ([B, leafRows, R, size]) => ({
      dGammas: leafCount(B, leafRows) * size,
      dBetas: leafCount(B, leafRows) * size,
      levels: sumLevels(B, R) * 2 * size,
      dy: B * R * size,
      x: B * R * size,
      mean: size,
      scales: size,
    }),
    writes: ['dGammas', 'dBetas'],
    emit(emit, { dGammas, dBetas, levels, dy, x, mean, scales }, [B, leafRows, R, size]) {
      emit(ops.leafGradients, dGammas, dBetas, levels, dy, x, mean, scales, B, leafRows, R, size);
    },
  },
  leafMean: {
    ops: [ops.leafMean],
    dims: fc.tuple(leaves, width, fc.integer({ min: 1, max: 5000 })),
    arrays: ([leaves, size]) => ({ mean: size, levels: treeLevels(leaves) * size, sums: leaves * size }),
    writes: ['mean', 'sums'], // sums stay as they are
    prepare: ({ sums }) => dropSigns(sums),
    emit(emit, { mean, levels, sums }, [leaves, size, rows]) {
      emit(ops.leafMean, mean, levels, sums, leaves, size, rows);
    },
  },
  leafTotal: {
    ops: [ops.leafTotal],
    dims: fc.tuple(leaves, width, choice),
    arrays: ([leaves, size]) => ({ g: size, levels: treeLevels(leaves) * size, sums: leaves * size }),
    writes: ['g', 'sums'], // sums stay as they are
    prepare: ({ sums }) => dropSigns(sums),
    emit(emit, { g, levels, sums }, [leaves, size, accumulate]) {
      emit(ops.leafTotal, g, levels, sums, leaves, accumulate === 1, size);
    },
  },
  batchNormScales: {
    ops: [ops.batchNormScales],
    dims: fc.tuple(width, fc.constantFrom(1e-5, 0.1, 1e-300)),
    arrays: ([size]) => ({ scales: size, variance: size }),
    writes: ['scales'],
    prepare: ({ variance }) => variance.set(variance.map(Math.abs)),
    emit: (emit, { scales, variance }, [size, epsilon]) => emit(ops.batchNormScales, scales, variance, size, epsilon),
  },
  batchNormForward: {
    ops: [ops.batchNormForward],
    dims: fc.tuple(rows, width),
    arrays: ([B, size]) => ({ y: B * size, x: B * size, mean: size, scales: size, gamma: size, beta: size }),
    writes: ['y'],
    emit(emit, { y, x, mean, scales, gamma, beta }, [B, size]) {
      emit(ops.batchNormForward, y, x, mean, scales, gamma, beta, B, size);
    },
  },
  batchNormBackwardInput: {
    ops: [ops.batchNormBackwardInput],
    dims: fc.tuple(rows, width),
    arrays: ([B, size]) => ({
      dx: B * size,
      dy: B * size,
      x: B * size,
      mean: size,
      scales: size,
      gamma: size,
      meanDy: size,
      meanDyXHat: size,
    }),
    writes: ['dx'],
    emit(emit, { dx, dy, x, mean, scales, gamma, meanDy, meanDyXHat }, [B, size]) {
      emit(ops.batchNormBackwardInput, dx, dy, x, mean, scales, gamma, meanDy, meanDyXHat, B, size);
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

/** Makes -0, which no sum of a leaf is, to 0. */
const dropSigns = (sums: Float64Array): void => sums.set(sums.map((sum) => sum + 0));
