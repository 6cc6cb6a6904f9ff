import fc from 'fast-check';
import type { ProductShape } from '../../../../packages/core/src/math/scratch.ts';
import { runCalls } from '../../../../packages/core/src/program/link.ts';
import { ops } from '../../../../packages/core/src/program/ops/index.ts';
import { referenceKernels } from '../../../../packages/core/src/program/reference/reference-kernels.ts';
import { type Arrays, choice, type KernelCase } from './kernel-case.ts';
import { callsOf } from './run-case.ts';

const word = fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 });
/** A step, or a row of a batch. */
const count = fc.oneof(fc.nat(1000), fc.constantFrom(2 ** 32 - 1, 2 ** 32, 2 ** 52 + 7));
/** Below half of the words, or none. */
const threshold = fc.constantFrom(0, 2 ** 31);
/** Positions: on both sides of a block of 16 queries, and of panels. */
const positions = fc.oneof(
  { weight: 20, arbitrary: fc.constantFrom(1, 2, 3, 4, 5, 7, 8, 9, 12, 15, 16, 17, 18, 25) },
  { weight: 1, arbitrary: fc.constantFrom(31, 32, 33, 40, 65) },
);
const dims = fc.tuple(
  ...[fc.nat(3), positions, fc.integer({ min: 1, max: 3 }), fc.constantFrom(1, 2, 3, 4, 5, 8, 9, 16, 17, 24)],
  ...[choice, word, word, threshold, count, count, fc.integer()],
);
type Dims = readonly number[];

/** Real positions of each row: all, some or one. */
function writeLengths(lengths: Float64Array, T: number, seed: number): void {
  for (let n = 0; n < lengths.length; n++) lengths[n] = (seed + n) % 3 === 0 ? T : 1 + (Math.abs(seed + 7 * n) % T);
}

/** Keys that are not read have a factor of 0 in some products, so numbers are finite, and so are their sums. */
const mixes = ['plain', 'broad'] as const;

function prepare({ lengths, stepAndRow, factor }: Arrays, [, T, , , , , , , step, firstRow, seed]: Dims): void {
  writeLengths(lengths, T, seed);
  stepAndRow[0] = step;
  stepAndRow[1] = firstRow;
  factor[0] = 1.25;
}

/** The first of some further positions, and their number. */
function furtherOf(T: number, [a, b]: Dims): [first: number, n: number] {
  const first = a % T;
  return [first, 1 + (b % (T - first))];
}

const products = ([, T, , d]: Dims): ProductShape[] => [[d, T, 'attention']];

export const attentionCases = {
  attentionForward: {
    ops: [ops.attentionForward],
    mixes,
    dims,
    arrays: ([B, T, H, d]) => ({
      y: B * T * H * d,
      maxima: B * H * T,
      sums: B * H * T,
      qkv: B * T * 3 * H * d,
      lengths: B,
      stepAndRow: 2,
      factor: 1,
    }),
    writes: ['y', 'maxima', 'sums'],
    products,
    prepare,
    emit(emit, { y, maxima, sums, qkv, lengths, stepAndRow, factor }, [B, T, H, d, causal, key0, key1, threshold]) {
      const sizes = [B, T, H, d, causal === 1, key0, key1, threshold, factor[0]] as const;
      emit(ops.attentionForward, y, maxima, sums, qkv, lengths, stepAndRow, ...sizes);
    },
  },
  attentionNext: {
    ops: [ops.attentionNext],
    mixes,
    dims: fc.tuple(
      positions,
      fc.integer({ min: 1, max: 3 }),
      fc.constantFrom(1, 2, 3, 4, 8, 9, 17),
      fc.nat(),
      fc.nat(),
    ),
    arrays: ([T, H, d, ...draws]) => {
      const [, n] = furtherOf(T, draws);
      return { y: n * H * d, qkv: T * 3 * H * d, rows: n * 3 * H * d, at: T };
    },
    writes: ['y', 'qkv'],
    products: ([T, , d]: Dims): ProductShape[] => [[d, T, 'attention']],
    prepare({ at }: Arrays, [T, , , ...draws]: Dims) {
      const [first] = furtherOf(T, draws);
      for (let k = 0; k < T; k++) at[k] = first + k;
    },
    emit(emit, { y, qkv, rows, at }, [T, H, d, ...draws]) {
      emit(ops.attentionNext, y, qkv, rows, at, furtherOf(T, draws)[1], T, H, d);
    },
  },
  attentionBackward: {
    ops: [ops.attentionBackward],
    mixes,
    dims,
    arrays: ([B, T, H, d]) => ({
      dqkv: B * T * 3 * H * d,
      dy: B * T * H * d,
      y: B * T * H * d,
      maxima: B * H * T,
      sums: B * H * T,
      qkv: B * T * 3 * H * d,
      lengths: B,
      stepAndRow: 2,
      factor: 1,
    }),
    writes: ['dqkv'],
    products,
    /** The forward pass comes first. */
    prepare(arrays, dims) {
      prepare(arrays, dims);
      runCalls(callsOf(attentionCases.attentionForward, arrays, dims), referenceKernels);
    },
    emit(emit, arrays, [B, T, H, d, causal, key0, key1, threshold]) {
      const { dqkv, dy, y, maxima, sums, qkv, lengths, stepAndRow, factor } = arrays;
      const sizes = [B, T, H, d, causal === 1, key0, key1, threshold, factor[0]] as const;
      emit(ops.attentionBackward, dqkv, dy, y, maxima, sums, qkv, lengths, stepAndRow, ...sizes);
    },
  },
  rotate: {
    ops: [ops.rotate],
    dims: fc.tuple(fc.nat(3), positions, fc.integer({ min: 1, max: 3 }), fc.constantFrom(2, 4, 6, 10, 16, 18), choice),
    arrays: ([B, T, H, d]) => ({ qkv: B * T * 3 * H * d, table: T * d }),
    writes: ['qkv'],
    emit: (emit, { qkv, table }, [B, T, H, d, back]) => emit(ops.rotate, qkv, table, B, T, H, d, back === 1),
  },
  zeroPadding: {
    ops: [ops.zeroPadding],
    dims: fc.tuple(fc.nat(4), positions, fc.integer({ min: 1, max: 9 }), fc.integer()),
    arrays: ([B, T, C]) => ({ x: B * T * C, lengths: B }),
    writes: ['x'],
    prepare: ({ lengths }, [, T, , seed]) => writeLengths(lengths, T, seed),
    emit: (emit, { x, lengths }, [B, T, C]) => emit(ops.zeroPadding, x, lengths, B, T, C),
  },
} satisfies Record<string, KernelCase>;
