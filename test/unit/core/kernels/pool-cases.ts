import fc from 'fast-check';
import type { WindowGeometry } from '../../../../packages/core/src/math/windows.ts';
import { ops } from '../../../../packages/core/src/program/ops/index.ts';
import { sumLevels } from '../../../../packages/core/src/program/reference/sum-rows.ts';
import { type Arrays, choice, type KernelCase, leafRows } from './kernel-case.ts';

/** One axis, from its outputs on. Windows may leave inputs unread between them and after the last. */
const axis = fc
  .record({
    outputs: fc.integer({ min: 1, max: 5 }),
    kernel: fc.constantFrom(1, 2, 2, 3, 3, 4, 5),
    stride: fc.constantFrom(1, 2, 2, 3, 5),
    half: fc.nat(2),
    unread: fc.nat(4),
  })
  .map(({ outputs, kernel, stride, half, unread }) => {
    const before = Math.min(half, Math.floor(kernel / 2));
    const inputs = (outputs - 1) * stride + kernel - 2 * before + (unread % stride);
    // An image has a position at least; a window may then have none of its padding.
    return inputs > 0 ? { kernel, stride, before, inputs } : { kernel, stride, before: 0, inputs: kernel };
  });

const rows = fc.constantFrom(0, 1, 1, 2, 3, 5);
/** Channels: vectors are 2 or 4 wide and taken four at a time. */
const channels = fc.oneof(
  { weight: 20, arbitrary: fc.integer({ min: 1, max: 17 }) },
  fc.constantFrom(31, 32, 33, 64, 65),
);

/** B, H, V, C, KY, KX, strideY, strideX, top, left. */
const pools = fc
  .tuple(rows, axis, axis, channels)
  .map(([B, y, x, C]) => [B, y.inputs, x.inputs, C, y.kernel, x.kernel, y.stride, x.stride, y.before, x.before]);

function geometryOf([, H, V, C, KY, KX, strideY, strideX, top, left]: readonly number[]): WindowGeometry {
  const along = (inputs: number, kernel: number, stride: number, before: number) => {
    const outputs = Math.floor((inputs + 2 * before - kernel) / stride) + 1;
    return { inputs, outputs, kernel, stride, before, dilation: 1 };
  };
  return { height: along(H, KY, strideY, top), width: along(V, KX, strideX, left), C };
}

const imagesOf = ([B, H, V, C]: readonly number[]): number => B * H * V * C;
function pooledOf(dims: readonly number[]): number {
  const { height, width, C } = geometryOf(dims);
  return dims[0] * height.outputs * width.outputs * C;
}

/** Lengths from 1 to past the last of T positions, as rows are given that have no padding. Overwrites them. */
function drawLengths({ lengths }: Arrays, [, T]: readonly number[]): void {
  for (let n = 0; n < lengths.length; n++) lengths[n] = 1 + ((7 * n + T) % (T + 1));
}

/** B, H, V, C, FY, FX. */
const repeats = fc.tuple(
  rows,
  ...[4, 4].map((max) => fc.integer({ min: 1, max })),
  channels,
  ...[3, 3].map((max) => fc.integer({ min: 1, max })),
);
type Six = readonly [number, number, number, number, number, number];
const repeatedOf = ([B, H, V, C, FY, FX]: readonly number[]): number => B * H * FY * V * FX * C;

/** Positions of a row: on both sides of a piece of 64. */
const positions = fc.oneof(
  { weight: 9, arbitrary: fc.integer({ min: 1, max: 9 }) },
  fc.constantFrom(63, 64, 65, 128, 129, 200),
);

export const poolCases = {
  maxPoolForward: {
    ops: [ops.maxPoolForward],
    dims: pools,
    arrays: (dims) => ({ y: pooledOf(dims), x: imagesOf(dims) }),
    writes: ['y'],
    emit: (emit, { y, x }, dims) => emit(ops.maxPoolForward, y, x, dims[0], geometryOf(dims)),
  },
  // dx by the maxima of the pass before it, with as many equal inputs as there are.
  maxPoolBackward: {
    ops: [ops.maxPoolForward, ops.maxPoolBackward],
    dims: fc.tuple(pools, choice).map(([dims, coarse]) => [...dims, coarse]),
    arrays: (dims) => ({ dx: imagesOf(dims), dy: pooledOf(dims), x: imagesOf(dims), y: pooledOf(dims) }),
    writes: ['dx'],
    prepare({ x }, dims) {
      if (dims[10] === 1) for (const [i, value] of x.entries()) x[i] = Math.sign(value);
    },
    emit(emit, { dx, dy, x, y }, dims) {
      emit(ops.maxPoolForward, y, x, dims[0], geometryOf(dims));
      emit(ops.maxPoolBackward, dx, dy, x, y, dims[0], geometryOf(dims));
    },
  },
  avgPoolForward: {
    ops: [ops.avgPoolForward],
    dims: pools,
    arrays: (dims) => ({ y: pooledOf(dims), x: imagesOf(dims) }),
    writes: ['y'],
    emit: (emit, { y, x }, dims) => emit(ops.avgPoolForward, y, x, dims[0], geometryOf(dims)),
  },
  avgPoolBackward: {
    ops: [ops.avgPoolBackward],
    dims: pools,
    arrays: (dims) => ({ dx: imagesOf(dims), dy: pooledOf(dims) }),
    writes: ['dx'],
    emit: (emit, { dx, dy }, dims) => emit(ops.avgPoolBackward, dx, dy, dims[0], geometryOf(dims)),
  },
  globalAvgPoolForward: {
    ops: [ops.globalAvgPoolForward],
    dims: fc.tuple(rows, positions, channels),
    arrays: ([B, R, C]) => ({ y: B * C, sums: sumLevels(1, R) * C, x: B * R * C }),
    writes: ['y'],
    emit: (emit, { y, sums, x }, [B, R, C]) => emit(ops.globalAvgPoolForward, y, sums, x, B, R, C),
  },
  globalAvgPoolBackward: {
    ops: [ops.globalAvgPoolBackward],
    dims: fc.tuple(rows, positions, channels),
    arrays: ([B, R, C]) => ({ dx: B * R * C, dy: B * C }),
    writes: ['dx'],
    emit: (emit, { dx, dy }, [B, R, C]) => emit(ops.globalAvgPoolBackward, dx, dy, B, R, C),
  },
  upsampleForward: {
    ops: [ops.upsampleForward],
    dims: repeats,
    arrays: (dims) => ({ y: repeatedOf(dims), x: imagesOf(dims) }),
    writes: ['y'],
    emit: (emit, { y, x }, dims) => emit(ops.upsampleForward, y, x, ...(dims as unknown as Six)),
  },
  upsampleBackward: {
    ops: [ops.upsampleBackward],
    dims: repeats,
    arrays: (dims) => ({ dx: imagesOf(dims), dy: repeatedOf(dims) }),
    writes: ['dx'],
    emit: (emit, { dx, dy }, dims) => emit(ops.upsampleBackward, dx, dy, ...(dims as unknown as Six)),
  },
  positionSums: {
    ops: [ops.positionSums],
    dims: fc.tuple(rows, leafRows, choice, positions, channels),
    arrays: ([B, , , R, O]) => ({ db: O, sums: sumLevels(Math.max(B, 1), R) * O, dy: B * R * O }),
    writes: ['db'],
    emit(emit, { db, sums, dy }, [B, leafRows, accumulate, R, O]) {
      emit(ops.positionSums, db, sums, dy, B, leafRows, accumulate === 1, R, O);
    },
  },
  lastPositionForward: {
    ops: [ops.lastPositionForward],
    dims: fc.tuple(rows, positions, channels),
    arrays: ([B, T, C]) => ({ y: B * C, x: B * T * C, lengths: B }),
    writes: ['y'],
    prepare: drawLengths,
    emit: (emit, { y, x, lengths }, [B, T, C]) => emit(ops.lastPositionForward, y, x, lengths, B, T, C),
  },
  lastPositionBackward: {
    ops: [ops.lastPositionBackward],
    dims: fc.tuple(rows, positions, channels),
    arrays: ([B, T, C]) => ({ dx: B * T * C, dy: B * C, lengths: B }),
    writes: ['dx'],
    prepare: drawLengths,
    emit: (emit, { dx, dy, lengths }, [B, T, C]) => emit(ops.lastPositionBackward, dx, dy, lengths, B, T, C),
  },
  sequenceMeanForward: {
    ops: [ops.sequenceMeanForward],
    dims: fc.tuple(rows, positions, channels),
    arrays: ([B, T, C]) => ({ y: B * C, sums: sumLevels(1, T) * C, x: B * T * C, lengths: B }),
    writes: ['y'],
    prepare: drawLengths,
    emit: (emit, { y, sums, x, lengths }, [B, T, C]) => emit(ops.sequenceMeanForward, y, sums, x, lengths, B, T, C),
  },
  sequenceMeanBackward: {
    ops: [ops.sequenceMeanBackward],
    dims: fc.tuple(rows, positions, channels),
    arrays: ([B, T, C]) => ({ dx: B * T * C, dy: B * C, lengths: B }),
    writes: ['dx'],
    prepare: drawLengths,
    emit: (emit, { dx, dy, lengths }, [B, T, C]) => emit(ops.sequenceMeanBackward, dx, dy, lengths, B, T, C),
  },
  addRow: {
    ops: [ops.addRow],
    dims: fc.tuple(rows, channels),
    arrays: ([B, size]) => ({ y: B * size, row: size }),
    writes: ['y'],
    emit: (emit, { y, row }, [B, size]) => emit(ops.addRow, y, row, B, size),
  },
} satisfies Record<string, KernelCase>;
