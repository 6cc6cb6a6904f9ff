import { describe, expect, test } from 'vitest';
import { createOptimizer, type OptimizerSpec } from '../../../../packages/core/src/families/optimizers/index.ts';
import {
  type Elements,
  type ElementType,
  elementTypes,
  FLOAT64,
  typeOf,
} from '../../../../packages/core/src/math/element-type.ts';
import { createRandom } from '../../../../packages/core/src/math/random/index.ts';
import { type Allocate, allocateEach } from '../../../../packages/core/src/math/scratch.ts';
import { type NodeSums, planTeam, sumsOf } from '../../../../packages/core/src/math/tree/index.ts';
import { BLOCK, blockCount } from '../../../../packages/core/src/network/gradient-ranges.ts';
import type { Kernels } from '../../../../packages/core/src/program/kernels.ts';
import { fuse, link } from '../../../../packages/core/src/program/link.ts';
import { type Call, createList, type Emit } from '../../../../packages/core/src/program/op.ts';
import { ops, updateOp } from '../../../../packages/core/src/program/ops/index.ts';
import { referenceKernels } from '../../../../packages/core/src/program/reference/reference-kernels.ts';
import { type BlockUpdate, createBlockUpdate, gradientStride } from '../../../../packages/core/src/training/update.ts';
import { firstDifference } from '../../../support/bits.ts';
import { createGuardedMemory } from '../../../support/guarded-memory.ts';
import { tensorsOf } from '../../../support/tensors-of.ts';

const memory = createGuardedMemory();
const memories = { float64: memory, float32: createGuardedMemory(256, 'float32') };
const MOST_ROWS = 8;
const BATCH = 7;

/** A backend that has every call, by its plain code. */
const hasAll: Kernels = {
  ...referenceKernels,
  bind:
    ({ op, args }) =>
    () =>
      (op.reference as (...args: readonly unknown[]) => void)(...args),
};

/** What teams leave behind, and sums that add pairs of rows first. */
const sumsToTry: readonly (readonly [string, NodeSums])[] = [
  ...[1, 2, 3, 4, 8].map((count): [string, NodeSums] => [`${count} rows`, { pairs: [], count, step: 1 }]),
  ['2 rows apart', { pairs: [], count: 2, step: 3 }],
  ['4 rows after a join', { pairs: [[1, 4] as const], count: 4, step: 1 }],
  ...[2, 3, 5].map((threads): [string, NodeSums] => {
    const { nodes } = planTeam({ leaves: 11, threads, maxLeaves: 4, canAccumulate: true });
    return [`11 leaves of ${threads} threads`, sumsOf(nodes, 11)];
  }),
];

// Three blocks and a short one, of weights and biases.
const cut = tensorsOf([BLOCK - 6], [2, BLOCK], [11]);
const { parameterCount: P } = cut;
const random = createRandom(5, 'fuse');
const normals = Float64Array.from({ length: (MOST_ROWS + 3) * gradientStride('float32', P) }, () => random.normal());
const positives = normals.map(Math.abs);

/** An optimizer at work on some rows of gradients. */
function setUp(spec: OptimizerSpec, allocate: Allocate) {
  const optimizer = createOptimizer(spec);
  const place = (length: number, from: Float64Array, offset: number): Elements => {
    const array = allocate(length);
    array.set(from.subarray(offset, offset + length));
    return array;
  };
  const theta = place(P, normals, 0);
  const gSum = place(MOST_ROWS * gradientStride(typeOf(theta), P), normals, P);
  const state = optimizer.slots.map((_, slot) => place(P, positives, gSum.length + (slot + 1) * P));
  const shared = { theta, gSum, state, squares: allocate(blockCount(P), FLOAT64) };
  const hyper = allocate(optimizer.hyperLength, FLOAT64);
  optimizer.hyper(hyper, Float64Array.of(0.1), Float64Array.from(optimizer.initialScalars));
  const update = createBlockUpdate(optimizer, cut, shared, hyper);
  return { update, arrays: [theta, ...state, shared.squares] };
}

/** Bits of parameters, state and squares after an update. */
function outcome(
  type: ElementType,
  spec: OptimizerSpec,
  sums: NodeSums,
  kernels: Kernels | null, // null: those of the guarded memory
  fuses: boolean,
): Elements[] {
  const memory = memories[type];
  memory.reset();
  const { update, arrays } = setUp(spec, kernels === null ? memory.allocate : allocateEach(type));
  const { calls, emit } = createList();
  const scale = (kernels === null ? memory.allocate : allocateEach(type))(1, FLOAT64).fill(1 / BATCH);
  update.averageAndApply(emit, scale, sums);
  link(calls, kernels ?? memory.kernels, null, { fuses }).run();
  return arrays.map((array) => array.slice());
}

/** How many calls an update makes, joined and not, for a backend that has what `owns` says. */
function counts(
  spec: OptimizerSpec,
  emitAll: (update: BlockUpdate, emit: Emit, share: Float64Array) => void,
  owns: (call: Call) => boolean,
) {
  memory.reset();
  const { calls, emit } = createList();
  emitAll(setUp(spec, memory.allocate).update, emit, memory.allocate(1, FLOAT64).fill(1 / BATCH));
  return [calls.length, fuse(calls, owns).length];
}

const wasmOwns = (call: Call): boolean => memory.kernels.bind(call) !== null;

const specs: OptimizerSpec[] = [
  'sgd',
  { kind: 'sgd', lr: 0.1, momentum: 0.9, nesterov: true },
  { kind: 'sgd', lr: 0.1, weightDecay: 0.1, decayed: 'weights' },
  'adam',
  { kind: 'adam', weightDecay: 0.1 },
  { kind: 'adamw', weightDecay: 0.1 },
  { kind: 'adamw', weightDecay: 0.1, decayed: 'weights' },
  'rmsprop',
  { kind: 'rmsprop', momentum: 0.9 },
  'adagrad',
  'lion',
  'muon',
];

const specsOfTypes = elementTypes.flatMap((type) => specs.map((spec) => [JSON.stringify(spec), type, spec] as const));

describe.each(specsOfTypes)('%s of %s', (_name, type, spec) => {
  test.each(sumsToTry)('has the bits of the list as it stands, for the sum of %s', (_sum, sums) => {
    const expected = outcome(type, spec, sums, referenceKernels, false);
    // Plain code for all that could be joined, and what WebAssembly has.
    for (const [kernels, fuses] of [
      [hasAll, true],
      [null, true],
      [null, false],
    ] as const) {
      const actual = outcome(type, spec, sums, kernels, fuses);
      for (const [k, array] of expected.entries()) expect(firstDifference(actual[k], array)).toBeNull();
    }
  });
});

describe('the mean of a gradient and the update by it', () => {
  const take = (count: number) => (update: BlockUpdate, emit: Emit, share: Float64Array) =>
    update.averageAndApply(emit, share, { pairs: [[0, 1]], count, step: 1 });

  const ofWhole = specs.filter((spec) => !JSON.stringify(spec).includes('decayed'));

  test('become one call in each block, after its joins, where the backend has it', () => {
    for (const spec of ofWhole) {
      expect(counts(spec, take(3), () => true)).toEqual([12, 8]);
    }
    expect(counts('adam', take(3), () => false)).toEqual([12, 12]);
  });

  test('become one in WebAssembly for every optimizer and sums of any rows', () => {
    for (const spec of ofWhole) {
      const sums = [1, 2, 3, 4, 5, 7, 8];
      expect(sums.filter((count) => counts(spec, take(count), wasmOwns)[1] === 8)).toEqual(sums);
    }
  });

  test('stay two where a block has parameters of both kinds', () => {
    // Biases end in the first block and others begin in the third, 6 parameters before they end.
    expect(counts({ kind: 'adamw', decayed: 'weights', weightDecay: 0.1 }, take(1), () => true)).toEqual([14, 12]);
  });

  test('stay two where a factor comes between them, and where all means come first', () => {
    const clipped = (update: BlockUpdate, emit: Emit, share: Float64Array) => {
      update.average(emit, share, { pairs: [], count: 1, step: 1 });
      update.apply(emit, Float64Array.of(1));
    };
    expect(counts('adam', clipped, () => true)).toEqual([12, 12]);
    const apart = (update: BlockUpdate, emit: Emit, share: Float64Array) => {
      update.average(emit, share, { pairs: [], count: 1, step: 1 });
      update.apply(emit);
    };
    expect(counts('adam', apart, () => true)).toEqual([8, 8]);
  });

  test('stay two where the update is by another gradient, or by a part of it', () => {
    const update = updateOp(createOptimizer({ kind: 'sgd' }));
    const [square, theta, g, other, hyper, share] = [1, 8, 8, 8, 4, 1].map((length) => new Float64Array(length));
    const lengthOf = (by: Float64Array, n: number): number => {
      const { calls, emit } = createList();
      emit(ops.averageRows, square, g, g, 1, 8, 8, share);
      emit(update, theta, by, [], n, hyper);
      return fuse(calls, () => true).length;
    };
    expect([lengthOf(g, 8), lengthOf(other, 8), lengthOf(g, 4)]).toEqual([1, 2, 2]);
  });
});

test('a list that is not to be fused is run as it stands', () => {
  memory.reset();
  const { update } = setUp('adam', memory.allocate);
  const { calls, emit } = createList();
  update.averageAndApply(emit, memory.allocate(1, FLOAT64).fill(1 / BATCH), { pairs: [], count: 1, step: 1 });
  const g = calls[0].args[1] as Float64Array;
  const before = g.slice();
  link(calls, memory.kernels, null, { fuses: false }).run();
  expect([...g]).toEqual([...before].map((value) => value * (1 / BATCH)));
});
