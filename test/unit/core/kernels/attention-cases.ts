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
/** H and K: of each head its own keys, or keys of several heads. */
const heads = fc.constantFrom([1, 1], [2, 2], [3, 3], [2, 1], [3, 1], [4, 2], [9, 3]);
/** The last ones are S, the number of keys of another sequence, and whether the keys are of the sequence itself. */
const dims = fc
  .tuple(
    ...[fc.nat(3), positions, heads, fc.constantFrom(1, 2, 3, 4, 5, 8, 9, 16, 17, 24)],
    ...[choice, word, word, threshold, count, count, fc.integer(), positions, choice],
  )
  .map((drawn): Dims => drawn.flat());
type Dims = readonly number[];

/** B, T, S, H, K, d, qStep and kvStep. */
function sizesOf([B, T, H, K, d, ...others]: Dims) {
  const [S, isOwn] = others.slice(7);
  const step = (H + 2 * K) * d;
  return isOwn === 1 ? ([B, T, T, H, K, d, step, step] as const) : ([B, T, S, H, K, d, H * d, 2 * K * d] as const);
}

/** Queries, keys and values of a sequence are in one array. */
const isOwn = (dims: Dims): boolean => dims[13] === 1;

/** Real positions of each row: all, some or one. */
function writeLengths(lengths: Float64Array, T: number, seed: number): void {
  for (let n = 0; n < lengths.length; n++) lengths[n] = (seed + n) % 3 === 0 ? T : 1 + (Math.abs(seed + 7 * n) % T);
}

/** Keys that are not read have a factor of 0 in some products, so numbers are finite, and so are their sums. */
const mixes = ['plain', 'broad'] as const;

function prepare({ queryLengths, keyLengths, stepAndRow, factor }: Arrays, dims: Dims): void {
  const [step, firstRow, seed] = dims.slice(9);
  const [, T, S] = sizesOf(dims);
  writeLengths(queryLengths, T, seed);
  writeLengths(keyLengths, S, isOwn(dims) ? seed : seed + 1);
  stepAndRow[0] = step;
  stepAndRow[1] = firstRow;
  factor[0] = 1.25;
}

/** The first of some further positions, and their number. */
function furtherOf(T: number, [a, b]: Dims): [first: number, n: number] {
  const first = a % T;
  return [first, 1 + (b % (T - first))];
}

function products(dims: Dims): ProductShape[] {
  const [, T, S, , , d] = sizesOf(dims);
  return [[d, Math.max(T, S), 'attention']];
}

/** The arrays that both passes read. */
function readArrays(dims: Dims) {
  const [B, T, S, H, , , qStep, kvStep] = sizesOf(dims);
  return {
    maxima: B * H * T,
    sums: B * H * T,
    q: B * T * qStep,
    kv: isOwn(dims) ? 0 : B * S * kvStep,
    queryLengths: B,
    keyLengths: B,
    stepAndRow: 2,
    factor: 1,
  };
}

/** The last arguments of both passes. */
function readArguments({ q, kv, queryLengths, keyLengths, stepAndRow, factor }: Arrays, dims: Dims) {
  const [causal, key0, key1, threshold] = dims.slice(5);
  const rows = [q, isOwn(dims) ? q : kv, queryLengths, keyLengths, stepAndRow] as const;
  return [...rows, ...sizesOf(dims), causal === 1, key0, key1, threshold, factor[0]] as const;
}

export const attentionCases = {
  attentionForward: {
    ops: [ops.attentionForward],
    mixes,
    dims,
    arrays: (dims) => ({ y: dims[0] * dims[1] * dims[2] * dims[4], ...readArrays(dims) }),
    writes: ['y', 'maxima', 'sums'],
    products,
    prepare,
    emit(emit, arrays, dims) {
      const { y, maxima, sums } = arrays;
      emit(ops.attentionForward, y, maxima, sums, ...readArguments(arrays, dims));
    },
  },
  attentionNext: {
    ops: [ops.attentionNext],
    mixes,
    dims: fc
      .tuple(positions, heads, fc.constantFrom(1, 2, 3, 4, 8, 9, 17), fc.nat(), fc.nat())
      .map((drawn): Dims => drawn.flat()),
    arrays: ([T, H, K, d, ...draws]) => {
      const [, n] = furtherOf(T, draws);
      const step = (H + 2 * K) * d;
      return { y: n * H * d, qkv: T * step, rows: n * step, at: T };
    },
    writes: ['y', 'qkv'],
    products: ([T, , , d]: Dims): ProductShape[] => [[d, T, 'attention']],
    prepare({ at }: Arrays, [T, , , , ...draws]: Dims) {
      const [first] = furtherOf(T, draws);
      for (let k = 0; k < T; k++) at[k] = first + k;
    },
    emit(emit, { y, qkv, rows, at }, [T, H, K, d, ...draws]) {
      emit(ops.attentionNext, y, qkv, rows, at, furtherOf(T, draws)[1], T, H, K, d, (H + 2 * K) * d);
    },
  },
  attentionBackward: {
    ops: [ops.attentionBackward],
    mixes,
    dims,
    arrays(dims) {
      const [B, T, S, H, , d, qStep, kvStep] = sizesOf(dims);
      const gradients = { dq: B * T * qStep, dkv: isOwn(dims) ? 0 : B * S * kvStep };
      return { ...gradients, dy: B * T * H * d, y: B * T * H * d, ...readArrays(dims) };
    },
    writes: ['dq', 'dkv'],
    products,
    /** The forward pass comes first. */
    prepare(arrays, dims) {
      prepare(arrays, dims);
      runCalls(callsOf(attentionCases.attentionForward, arrays, dims), referenceKernels);
    },
    emit(emit, arrays, dims) {
      const { dq, dkv, dy, y, maxima, sums } = arrays;
      const readArgs = readArguments(arrays, dims);
      emit(ops.attentionBackward, dq, isOwn(dims) ? dq : dkv, dy, y, maxima, sums, ...readArgs);
    },
  },
  rotate: {
    ops: [ops.rotate],
    dims: fc
      .tuple(fc.nat(3), positions, heads, fc.constantFrom(2, 4, 6, 10, 16, 18), choice)
      .map((drawn): Dims => drawn.flat()),
    arrays: ([B, T, H, K, d]) => ({ qkv: B * T * (H + 2 * K) * d, table: T * d }),
    writes: ['qkv'],
    emit: (emit, { qkv, table }, [B, T, H, K, d, back]) =>
      emit(ops.rotate, qkv, table, B, T, H + K, d, (H + 2 * K) * d, back === 1),
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
