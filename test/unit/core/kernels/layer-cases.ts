import fc from 'fast-check';
import { treeLevels } from '../../../../packages/core/src/math/tree/index.ts';
import type { Op } from '../../../../packages/core/src/program/op.ts';
import { ops } from '../../../../packages/core/src/program/ops/index.ts';
import { AUGMENTATION, drawAugmentation } from '../../../../packages/core/src/program/reference/augment.ts';
import { sumLevels } from '../../../../packages/core/src/program/reference/sum-rows.ts';
import { choice, type KernelCase, leafRows, length, rows, rowsOfPositions, width } from './kernel-case.ts';

const word = fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 });
const unsigned = fc.oneof(fc.integer({ min: 0, max: 2 ** 32 - 1 }), fc.constantFrom(0, 1, 2 ** 31, 2 ** 32 - 1));
/** A step, or a row of a batch: now and then past 32 bits. */
const count = fc.oneof(fc.nat(1000), fc.constantFrom(2 ** 31, 2 ** 32 - 1, 2 ** 32, 2 ** 52 + 7));
/** A side of an image. */
const side = fc.integer({ min: 1, max: 9 });
/** Rows of sums that wait, for up to B rows in leaves of one. */
const levels = (B: number): number => treeLevels(Math.max(B, 1));

export const layerCases = {
  copy: vectorCase(ops.copy, ['y']),
  plus: {
    ops: [ops.plus],
    dims: fc.tuple(length, fc.nat(2)),
    arrays: ([n]) => ({ y: n, a: n, b: n }),
    writes: ['y', 'a', 'b'], // one of them
    emit: (emit, { y, a, b }, [n, which]) => emit(ops.plus, [y, a, b][which], a, b, n),
  },
  fill: {
    ops: [ops.fill],
    dims: fc.tuple(length),
    arrays: ([n]) => ({ y: n, value: 1 }),
    writes: ['y'],
    emit: (emit, { y, value }, [n]) => emit(ops.fill, y, value[0], n),
  },
  transpose: {
    ops: [ops.transpose],
    dims: fc.tuple(width, width, fc.integer({ min: 1, max: 3 })),
    arrays: ([I, J, N]) => ({ y: N * J * I, x: N * I * J }),
    writes: ['y'],
    emit: (emit, { y, x }, [I, J, N]) => emit(ops.transpose, y, x, I, J, N),
  },
  dropout: {
    ops: [ops.dropout],
    // Rows are masked in 32 columns and then in 16, of which the last may lack any number.
    dims: fc.tuple(rows, fc.oneof(fc.integer({ min: 1, max: 80 }), width), choice, count, count, word, word, unsigned),
    arrays: ([B, size]) => ({ y: B * size, x: B * size, stepAndRow: 2, factor: 1 }),
    writes: ['y', 'x'], // x where it is y
    prepare({ stepAndRow }, [, , , step, firstRow]) {
      stepAndRow[0] = step;
      stepAndRow[1] = firstRow;
    },
    emit(emit, { y, x, stepAndRow, factor }, [B, size, shared, , , key0, key1, threshold]) {
      emit(ops.dropout, shared === 1 ? x : y, x, stepAndRow, B, size, key0, key1, threshold, factor[0]);
    },
  },
  channelDropout: {
    ops: [ops.channelDropout],
    dims: fc.tuple(rows, fc.integer({ min: 1, max: 5 }), width, choice, count, count, word, word, unsigned),
    arrays: ([B, R, C]) => ({ y: B * R * C, x: B * R * C, mask: C, stepAndRow: 2, factor: 1 }),
    writes: ['y', 'x'], // x where it is y
    prepare({ stepAndRow }, [, , , , step, firstRow]) {
      stepAndRow[0] = step;
      stepAndRow[1] = firstRow;
    },
    emit(emit, { y, x, mask, stepAndRow, factor }, [B, R, C, shared, , , key0, key1, threshold]) {
      const to = shared === 1 ? x : y;
      emit(ops.channelDropout, to, x, mask, stepAndRow, B, R, C, key0, key1, threshold, factor[0]);
    },
  },
  augment: {
    ops: [ops.augment],
    dims: fc.tuple(fc.nat(3), side, side, fc.integer({ min: 1, max: 5 }), choice, fc.nat(1000)),
    arrays: ([B, H, V, C]) => ({ x: B * H * V * C, image: H * V * C, draws: B * AUGMENTATION }),
    writes: ['x'],
    prepare({ draws }, [B, H, V, , whole, step]) {
      const [shift, rotate, zoom] = [Math.min(H, V) - 1, ...(whole === 1 ? [0, 0] : [180, 0.9])];
      drawAugmentation(draws, Float64Array.of(step, 0), B, H, V, 1, 2, true, shift, rotate, zoom, 0.5);
    },
    emit: (emit, { x, image, draws }, [B, H, V, C, whole]) =>
      emit(ops.augment, x, image, draws, B, H, V, C, whole === 1),
  },
  layerNormForward: {
    ops: [ops.layerNormForward],
    dims: fc.tuple(rows, width, fc.constantFrom(1e-5, 0.1)),
    arrays: ([B, size]) => ({ y: B * size, means: B, scales: B, x: B * size, gamma: size, beta: size }),
    writes: ['y', 'means', 'scales'],
    emit(emit, { y, means, scales, x, gamma, beta }, [B, size, epsilon]) {
      emit(ops.layerNormForward, y, means, scales, x, gamma, beta, B, size, epsilon);
    },
  },
  layerNormBackwardWeights: {
    ops: [ops.layerNormBackwardWeights],
    dims: fc.tuple(rowsOfPositions, width, leafRows, choice).map(([[B, R], ...others]) => [B, R, ...others]),
    arrays: ([B, R, size]) => ({
      dGamma: size,
      dBeta: size,
      sums: sumLevels(B, R) * 2 * size,
      dy: B * R * size,
      x: B * R * size,
      means: B * R,
      scales: B * R,
    }),
    writes: ['dGamma', 'dBeta'],
    emit(emit, { dGamma, dBeta, sums, dy, x, means, scales }, [B, R, size, leafRows, accumulate]) {
      emit(
        ops.layerNormBackwardWeights,
        dGamma,
        dBeta,
        sums,
        dy,
        x,
        means,
        scales,
        B,
        leafRows,
        accumulate === 1,
        R,
        size,
      );
    },
  },
  layerNormBackwardInput: {
    ops: [ops.layerNormBackwardInput],
    dims: fc.tuple(rows, width),
    arrays: ([B, size]) => ({ dx: B * size, g: size, dy: B * size, x: B * size, means: B, scales: B, gamma: size }),
    writes: ['dx'],
    emit(emit, { dx, g, dy, x, means, scales, gamma }, [B, size]) {
      emit(ops.layerNormBackwardInput, dx, g, dy, x, means, scales, gamma, B, size);
    },
  },
  rmsNormForward: {
    ops: [ops.rmsNormForward],
    dims: fc.tuple(rows, width, fc.constantFrom(2 ** -23, 0.1)),
    arrays: ([B, size]) => ({ y: B * size, scales: B, x: B * size, gamma: size }),
    writes: ['y', 'scales'],
    emit: (emit, { y, scales, x, gamma }, [B, size, epsilon]) =>
      emit(ops.rmsNormForward, y, scales, x, gamma, B, size, epsilon),
  },
  rmsNormBackwardWeights: {
    ops: [ops.rmsNormBackwardWeights],
    dims: fc.tuple(rowsOfPositions, width, leafRows, choice).map(([[B, R], ...others]) => [B, R, ...others]),
    arrays: ([B, R, size]) => ({
      dGamma: size,
      sums: sumLevels(B, R) * size,
      dy: B * R * size,
      x: B * R * size,
      scales: B * R,
    }),
    writes: ['dGamma'],
    emit(emit, { dGamma, sums, dy, x, scales }, [B, R, size, leafRows, accumulate]) {
      emit(ops.rmsNormBackwardWeights, dGamma, sums, dy, x, scales, B, leafRows, accumulate === 1, R, size);
    },
  },
  rmsNormBackwardInput: {
    ops: [ops.rmsNormBackwardInput],
    dims: fc.tuple(rows, width),
    arrays: ([B, size]) => ({ dx: B * size, dy: B * size, x: B * size, scales: B, gamma: size }),
    writes: ['dx'],
    emit: (emit, { dx, dy, x, scales, gamma }, [B, size]) =>
      emit(ops.rmsNormBackwardInput, dx, dy, x, scales, gamma, B, size),
  },
  gateForward: vectorCase(ops.gateForward, ['y']),
  gateBackward: vectorCase(ops.gateBackward, ['g', 'v']),
  embeddingForward: {
    ops: [ops.embeddingForward],
    dims: fc.tuple(rows, width, fc.integer({ min: 1, max: 40 })),
    arrays: ([n, width, V]) => ({ y: n * width, x: n, E: V * width }),
    writes: ['y'],
    prepare: ({ x }, [, , V]) => writeIndices(x, V),
    emit: (emit, { y, x, E }, [n, width]) => emit(ops.embeddingForward, y, x, E, n, width),
  },
  embeddingBackward: {
    ops: [ops.embeddingBackward],
    dims: fc.tuple(
      fc.oneof({ weight: 9, arbitrary: fc.nat(80) }, { weight: 1, arbitrary: rows }),
      fc.integer({ min: 1, max: 5 }),
      leafRows,
      choice,
      fc.integer({ min: 1, max: 40 }),
      fc.integer({ min: 1, max: 20 }),
    ),
    arrays: ([B, k, , , V, width]) => ({
      dE: V * width,
      firstPosition: V,
      nextPosition: B * k,
      sums: levels(B) * width,
      leafAt: levels(B),
      x: B * k,
      dy: B * k * width,
    }),
    writes: ['dE'],
    prepare: ({ x }, [, , , , V]) => writeIndices(x, V),
    emit(emit, { dE, firstPosition, nextPosition, sums, leafAt, x, dy }, [B, k, leafRows, accumulate, V, width]) {
      const scratch = [firstPosition, nextPosition, sums, leafAt] as const;
      emit(ops.embeddingBackward, dE, ...scratch, x, dy, B, k, leafRows, accumulate === 1, V, width);
    },
  },
} satisfies Record<string, KernelCase>;

/** An operation of some vectors of one length. */
function vectorCase(op: Op<[Float64Array, Float64Array, number]> | Op<Three>, writes: readonly string[]): KernelCase {
  const names = Object.keys(op.operands).slice(0, -1);
  return {
    ops: [op],
    dims: fc.tuple(length),
    arrays: ([n]) => Object.fromEntries(names.map((name) => [name, n])),
    writes,
    // The arrays are those of the operands, in their order.
    emit: (emit, arrays, [n]) => emit(op as Op<Three>, ...(names.map((name) => arrays[name]) as Vectors), n),
  };
}

type Vectors = [Float64Array, Float64Array, Float64Array];
type Three = [...Vectors, number];

/** Whole numbers below V, some often. Overwrites `x`. */
function writeIndices(x: Float64Array, V: number): void {
  for (let p = 0; p < x.length; p++) x[p] = (p * p * 7 + (p >> 3)) % V;
}
