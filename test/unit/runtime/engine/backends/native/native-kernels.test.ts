import { createOptimizer, createRandom, type Kernels, type OptimizerSpec, referenceKernels } from '@gradloom/core';
import {
  assembleCode,
  BLOCK,
  blockCount,
  createBlockUpdate,
  createLayout,
  createList,
  createNativeKernels,
  extensions,
  gradientStride,
  type NativeOptions,
  ops,
  runCalls,
  updateOp,
} from '@gradloom/core/internal';
import fc from 'fast-check';
import { describe, expect, type TestContext, test } from 'vitest';
import {
  createElements,
  type Elements,
  type ElementType,
  elementView,
  FLOAT64,
} from '../../../../../../packages/core/src/math/element-type.ts';
import { MAX_LEAF_ROWS, planTeam, sumsOf } from '../../../../../../packages/core/src/math/tree/index.ts';
import { link } from '../../../../../../packages/core/src/program/link.ts';
import { meanUpdateOp } from '../../../../../../packages/core/src/program/ops/index.ts';
import * as reference from '../../../../../../packages/core/src/program/reference/products.ts';
import { gatherRows } from '../../../../../../packages/runtime/src/data/gather.ts';
import {
  enterMachineCode,
  kernelsOf,
} from '../../../../../../packages/runtime/src/engine/backends/native/machine-code.ts';
import { firstDifference } from '../../../../../support/bits.ts';
import { counted, share } from '../../../../../support/count.ts';
import { type CreateKernels, type GuardedMemory, guardKernels } from '../../../../../support/guarded-memory.ts';
import { fillHardValues, valueMixes } from '../../../../../support/hard-values.ts';
import { everyExtension, everyMachine, nativeKernelsOf } from '../../../../../support/installed-extensions.ts';
import { skipFor } from '../../../../../support/needs.ts';
import { runOp } from '../../../../../support/run-op.ts';
import { propertySeed } from '../../../../../support/seed.ts';
import { tensorsOf } from '../../../../../support/tensors-of.ts';
import { leafOf } from '../../../../core/kernels/product-cases.ts';
import { sparseProducts, sparseShapes } from '../../../../core/kernels/sparse-products.ts';

// Tiles are up to 14 and 6 rows high, panels up to 24 and 8 columns of doubles wide, 48 and 16 of floats, packed four
// at a time, as the strips of x are; blocks 1,024 columns and 256 or 512 terms: on both sides of each.
const sizes = [1, 2, 3, 5, 6, 7, 8, 9, 12, 13, 14, 15, 16, 17, 24, 31, 32, 33, 57, 65];
const size = fc.oneof(
  { weight: 30, arbitrary: fc.constantFrom(...sizes) },
  { weight: 1, arbitrary: fc.constantFrom(85, 127, 128, 129, 130, 257, 300, 511, 513, 1023, 1025, 1050) },
);
const shape = fc.oneof(
  { weight: 9, arbitrary: fc.tuple(size, size, size).filter(([B, I, O]) => B * I * O < 60_000) },
  // Enough rows for strips of x to be packed, and enough columns for several groups of them.
  { weight: 1, arbitrary: fc.tuple(fc.constantFrom(33, 40), fc.constantFrom(57, 85), fc.constantFrom(16, 65, 130)) },
  // Enough rows, and rows of W that are long enough, for W to be packed.
  { weight: 1, arbitrary: fc.tuple(fc.constantFrom(129, 140), fc.constantFrom(2, 3), fc.constantFrom(129, 257, 280)) },
);
const leaf = fc.constantFrom(1, 2, 3, 8, 16, 31, 32, 64, 1000);
const input = fc.tuple(shape, fc.constantFrom(...valueMixes), fc.integer(), leaf, fc.boolean());

/** Bytes between arrays outside, an odd number of doubles. */
const GAP = 24;

/** Said to be of doubles, which every operation takes. In a run of floats those of its elements are floats. */
type Arrays = Record<string, Float64Array>;
type Allocate = (length: number, type?: typeof FLOAT64) => Elements;

/** Arrays that are doubles in a run of any type. */
const doubles = ['square', 'squares', 'factor', 'hyper'];

/** Arrays by themselves. */
const plainOf =
  (type: ElementType): Allocate =>
  (length, elementType: ElementType = type) =>
    createElements(elementType, length);

const { affine, affineBackwardInput, affineBackwardWeights } = reference;
const referenceProducts = { affine, affineBackwardInput, affineBackwardWeights };

interface Case {
  readonly arrays: (B: number, I: number, O: number) => Record<string, number>;
  readonly writes: readonly string[];
  run(
    products: typeof referenceProducts,
    arrays: Arrays,
    B: number,
    I: number,
    O: number,
    leaf: number,
    accumulate: boolean,
  ): void;
}

const cases: Record<keyof typeof referenceProducts, Case> = {
  affine: {
    arrays: (B, I, O) => ({ y: B * O, x: B * I, W: I * O, b: O }),
    writes: ['y'],
    run: (products, { y, x, W, b }, B, I, O) => products.affine(y, x, W, b, B, I, O, O),
  },
  affineBackwardInput: {
    arrays: (B, I, O) => ({ dx: B * I, dy: B * O, W: I * O }),
    writes: ['dx'],
    run: (products, { dx, dy, W }, B, I, O) => products.affineBackwardInput(dx, dy, W, B, I, O),
  },
  affineBackwardWeights: {
    arrays: (B, I, O) => ({ dW: I * O, db: O, x: B * I, dy: B * O }),
    writes: ['dW', 'db'],
    run: (products, { dW, db, x, dy }, B, I, O, requestedLeafRows, accumulate) => {
      const leaf = leafOf(B, requestedLeafRows);
      // A single leaf of many rows has no left neighbour.
      products.affineBackwardWeights(dW, db, x, dy, B, leaf, accumulate && leaf <= MAX_LEAF_ROWS, I, O);
    },
  },
};

/** The products of these kernels, each run by itself. */
const productsOf = (kernels: Kernels): typeof referenceProducts => ({
  affine: (...args) => runOp(kernels, ops.affine, ...args),
  affineBackwardInput: (...args) => runOp(kernels, ops.affineBackwardInput, ...args),
  affineBackwardWeights: (...args) => runOp(kernels, ops.affineBackwardWeights, ...args),
});

/** Filled with hard values, outputs too. */
function fill(
  lengths: Record<string, number>,
  seed: number,
  mix: (typeof valueMixes)[number],
  allocate: Allocate,
): Arrays {
  const arrays: Arrays = {};
  for (const [k, [name, length]] of Object.entries(lengths).entries()) {
    arrays[name] = (doubles.includes(name) ? allocate(length, FLOAT64) : allocate(length)) as Float64Array;
    fillHardValues(arrays[name], mix, seed + k);
  }
  return arrays;
}

/** That the outputs have the expected bits, and nothing else has changed since the snapshot. */
function expectBits(memory: GuardedMemory<ElementType>, { writes }: Case, actual: Arrays, expected: Arrays): void {
  for (const name of writes) {
    const difference = firstDifference(actual[name], expected[name]);
    if (difference !== null) throw new Error(name + difference);
  }
  expect(memory.firstStrayByte(writes.map((name) => actual[name]))).toBeNull();
}

describe.each(everyMachine)(`in $name, $type (seed ${propertySeed})`, (machine) => {
  const { type, createKernels, lack, reason } = machine;
  const plain = plainOf(type);
  const memoryOf = (context: TestContext): GuardedMemory<ElementType> =>
    createKernels === null ? skipFor(context, lack, reason) : guardKernels(createKernels, undefined, type);

  test.for(Object.entries(cases))(
    '%s has the bits of the reference, and writes nothing but its outputs',
    ([, product], context) => {
      const memory = memoryOf(context);
      const check = fc.property(input, ([[B, I, O], mix, seed, leaf, accumulate]) => {
        memory.reset([[I, O]]);
        const lengths = product.arrays(B, I, O);
        const actual = fill(lengths, seed, mix, memory.allocate);
        const expected = fill(lengths, seed, mix, plain);
        memory.snapshot();
        product.run(productsOf(memory.kernels), actual, B, I, O, leaf, accumulate);
        product.run(referenceProducts, expected, B, I, O, leaf, accumulate);
        expectBits(memory, product, actual, expected);
      });
      fc.assert(check, { seed: propertySeed, numRuns: share(counted(25, 150)) });
    },
  );

  test('a product of more leaves than there is room for is refused before it writes', (context) => {
    const memory = memoryOf(context);
    memory.reset([[16, 16]]);
    const arrays = fill(cases.affineBackwardWeights.arrays(17, 16, 16), 1, 'plain', memory.allocate);
    const { dW, db, x, dy } = arrays;
    const run = (leaf: number) => () =>
      runOp(memory.kernels, ops.affineBackwardWeights, dW, db, x, dy, 17, leaf, false, 16, 16);
    expect(run(1)).toThrow('affineBackwardWeights: has 17 leaves, expected at most 16');
    expect(run(2)).not.toThrow();
  });

  // Lists are made of up to 7 rows or columns, of 128 terms and for 32 columns, and 128 of them at a time: on both
  // sides of each.
  const sparseShape = fc
    .tuple(
      fc.constantFrom(1, 6, 7, 8, 13, 15, 32, 33, 127, 129, 769, 897),
      fc.constantFrom(127, 128, 130, 257, 301),
      fc.constantFrom(31, 32, 33, 40, 45, 129, 137),
    )
    .filter(([B, I, O]) => B * I * O < 600_000 || (B > 700 && I < 130 && O < 33));
  test.for([cases.affine, cases.affineBackwardWeights])(
    'products of an x that is mostly 0 have the bits of the reference, and write nothing but their outputs',
    (product, context) => {
      const memory = memoryOf(context);
      const mix = fc.constantFrom('plain', 'wide', 'tiny', 'sparse');
      const check = fc.property(
        sparseShape,
        mix,
        fc.integer(),
        leaf,
        fc.boolean(),
        ([B, I, O], mix, seed, leaf, accumulate) => {
          memory.reset([[I, O]]);
          const lengths = product.arrays(B, I, O);
          const actual = fill(lengths, seed, mix, memory.allocate);
          const expected = fill(lengths, seed, mix, plain);
          for (const { x } of [actual, expected]) fillHardValues(x, 'sparse', seed);
          memory.snapshot();
          product.run(productsOf(memory.kernels), actual, B, I, O, leaf, accumulate);
          product.run(referenceProducts, expected, B, I, O, leaf, accumulate);
          expectBits(memory, product, actual, expected);
        },
      );
      fc.assert(check, { seed: propertySeed, numRuns: share(counted(6, 30)) });
    },
  );

  test('the longest lists of the most tiles stay within their scratch', (context) => {
    const memory = memoryOf(context);
    const [B, I, O] = [896, 256, 32];
    memory.reset([[I, O]]);
    const { y, x, W, b } = fill(cases.affine.arrays(B, I, O), 1, 'plain', memory.allocate);
    // One row of each tile has all terms but a few: few enough are 0 that lists are made, and they are as long as can
    // be.
    x.fill(0);
    for (let n = 0; n < B; n += 7) x.fill(1, n * I, n * I + I * 0.74);
    memory.snapshot();
    runOp(memory.kernels, ops.affine, y, x, W, b, B, I, O, O);
    expect(memory.firstStrayByte([y])).toBeNull();
  });

  test.for(sparseProducts)('terms of $name that are 0 are left out', ({ run }, context) => {
    const memory = memoryOf(context);
    memory.reset(sparseShapes);
    expect(run(memory.kernels, memory.allocate).every(Number.isFinite)).toBe(true);
  });

  test.for(['plain', 'sparse'] as const)(
    'a row of %s numbers has the same bits whatever rows stand beside it',
    (mix, context) => {
      const memory = memoryOf(context);
      const [B, I, O] = [37, 170, 40];
      memory.reset([[I, O]]);
      const { y, x, W, b } = fill(cases.affine.arrays(B, I, O), 1, 'plain', memory.allocate);
      fillHardValues(x, mix, 2);
      const alone = memory.allocate(O) as Float64Array;
      runOp(memory.kernels, ops.affine, y, x, W, b, B, I, O, O);
      for (let n = 0; n < B; n++) {
        runOp(memory.kernels, ops.affine, alone, x.subarray(n * I), W, b, 1, I, O, O);
        expect(firstDifference(alone, y.subarray(n * O, (n + 1) * O))).toBeNull();
      }
    },
  );

  // A row alone reads W where it lies, 256 terms at a time; of many rows it is packed, and dense blocks are joined.
  test.for(['dense dense', 'dense dense dense', 'sparse dense dense dense', 'dense sparse dense dense sparse'])(
    'blocks of terms that are %s have the bits of a row alone',
    (kinds, context) => {
      const memory = memoryOf(context);
      const blocks = kinds.split(' ');
      const [B, I, O] = [130, 256 * blocks.length - 3, 280];
      memory.reset([[I, O]]);
      const { y, x, W, b } = fill(cases.affine.arrays(B, I, O), 1, 'plain', memory.allocate);
      for (const [k, block] of blocks.entries()) {
        if (block === 'dense') continue;
        for (let n = 0; n < B; n++) fillHardValues(x.subarray(n * I + 256 * k, n * I + 256 * (k + 1) - 3), 'sparse', n);
      }
      const alone = memory.allocate(O) as Float64Array;
      memory.snapshot();
      runOp(memory.kernels, ops.affine, y, x, W, b, B, I, O, O);
      expect(memory.firstStrayByte([y])).toBeNull();
      for (let n = 0; n < B; n++) {
        runOp(memory.kernels, ops.affine, alone, x.subarray(n * I), W, b, 1, I, O, O);
        expect(firstDifference(alone, y.subarray(n * O, (n + 1) * O))).toBeNull();
      }
    },
  );

  const specs: OptimizerSpec[] = [
    ...(['sgd', 'adam', 'adamw', 'rmsprop', 'adagrad', 'lion'] as const),
    { kind: 'sgd', weightDecay: 0.01 },
    { kind: 'sgd', momentum: 0.9 },
    { kind: 'sgd', momentum: 0.9, nesterov: true, weightDecay: 0.01 },
    { kind: 'adam', weightDecay: 0.01, beta1: 0.5 },
    { kind: 'adamw', weightDecay: 0, epsilon: 1e-3 },
    { kind: 'rmsprop', weightDecay: 0.01 },
    { kind: 'rmsprop', momentum: 0.9 },
    { kind: 'rmsprop', momentum: 0.9, weightDecay: 0.01 },
    { kind: 'adagrad', weightDecay: 0.01 },
    { kind: 'lion', weightDecay: 0.01 },
  ];
  const count = fc.oneof(
    { weight: 20, arbitrary: fc.nat(80) },
    { weight: 1, arbitrary: fc.constantFrom(2047, 2088, 4095, 4096) },
  );
  // Up to 8 rows of gradients are added as they are read, if they are a power of two.
  const block = fc.tuple(fc.integer({ min: 1, max: 9 }), count, fc.nat(5), fc.nat(5), fc.integer({ min: 1, max: 999 }));
  test('an update by the mean is the average of the rows and the update of the reference', (context) => {
    const memory = memoryOf(context);
    const check = fc.property(
      block,
      fc.constantFrom(...specs),
      fc.constantFrom(...valueMixes),
      fc.integer(),
      ([S, n, before, after, rows], spec, mix, seed) => {
        const optimizer = createOptimizer(spec);
        const P = before + n + after;
        memory.reset();
        const lengths = { theta: n, m: n, v: n, gSum: S * P, square: 1 };
        const actual = fill(lengths, seed, mix, memory.allocate);
        const expected = fill(lengths, seed, mix, plain);
        for (const { v } of [actual, expected]) for (let i = 0; i < n; i++) v[i] = Math.abs(v[i]);
        const hyper = memory.allocate(optimizer.hyperLength, FLOAT64);
        optimizer.hyper(hyper, Float64Array.of(optimizer.lr), Float64Array.from(optimizer.initialScalars));
        const state = ({ m, v }: Arrays) => [v, m].slice(0, optimizer.slots.length);

        const run = (kernels: Kernels, arrays: Arrays) => {
          const { square, theta, gSum } = arrays;
          const rowsOfIt = gSum.subarray(before, (S - 1) * P + before + n);
          runOp(
            kernels,
            meanUpdateOp(updateOp(optimizer)),
            square,
            theta,
            state(arrays),
            n,
            hyper,
            rowsOfIt,
            P,
            S,
            Float64Array.of(1 / rows),
          );
        };
        memory.snapshot();
        run(memory.kernels, actual);
        run(referenceKernels, expected);
        const { square, theta, gSum } = actual;
        for (const name of ['square', 'theta', 'm', 'v']) {
          const difference = firstDifference(actual[name], expected[name]);
          if (difference !== null) throw new Error(name + difference);
        }
        expect(memory.firstStrayByte([square, theta, gSum, ...state(actual)])).toBeNull();
      },
    );
    fc.assert(check, { seed: propertySeed, numRuns: share(counted(75, 500)) });
  });

  test('updates that follow each other take the hyperparameters of each', (context) => {
    const memory = memoryOf(context);
    const n = 2048;
    memory.reset();
    const lengths = { theta: n, m: n, v: n, gSum: n, square: 1 };
    const [actual, expected] = [memory.allocate, plain].map((allocate) => fill(lengths, 1, 'plain', allocate));
    const hyper = memory.allocate(8, FLOAT64);
    hyper.set([0.9, 0.1, 0.99, 0.01, 1e-3, 1, 1e-8, 0.5]);
    const step = (kind: 'adam' | 'adamw', rows: number): void => {
      const op = meanUpdateOp(updateOp(createOptimizer(kind)));
      for (const [kernels, { square, theta, m, v, gSum }] of [
        [memory.kernels, actual],
        [referenceKernels, expected],
      ] as const) {
        for (let i = 0; i < n; i++) v[i] = Math.abs(v[i]);
        fillHardValues(gSum, 'plain', rows); // of which plain code has made the mean
        runOp(kernels, op, square, theta, [m, v], n, hyper, gSum, n, 1, Float64Array.of(1 / rows));
      }
      for (const name of ['theta', 'm', 'v']) {
        expect([kind, rows, firstDifference(actual[name], expected[name])]).toEqual([kind, rows, null]);
      }
    };
    step('adam', 3);
    step('adam', 5);
    step('adamw', 5);
    hyper[7] = 0.75;
    step('adamw', 5);
  });

  test.for(['adam', 'adamw'] as const)(
    '%s that spares biases has the bits of the reference in every block',
    (kind, context) => {
      const memory = memoryOf(context);
      const cut = tensorsOf([64, 60], [70], [BLOCK, 2], [3], [5], [7, 9]);
      const { parameterCount: P } = cut;
      const optimizer = createOptimizer({ kind, weightDecay: 0.3, decayed: 'weights' });
      for (const S of [1, 2, 3, 8]) {
        memory.reset();
        const lengths = { theta: P, m: P, v: P, gSum: S * gradientStride(type, P), squares: blockCount(P) };
        const updated = (allocate: Allocate, kernels: Kernels) => {
          const { m, v, theta, gSum, squares } = fill(lengths, S, 'plain', allocate);
          for (let i = 0; i < P; i++) v[i] = Math.abs(v[i]);
          const hyper = allocate(optimizer.hyperLength, FLOAT64) as Float64Array;
          optimizer.hyper(hyper, Float64Array.of(0.1), Float64Array.from(optimizer.initialScalars));
          const shared = { theta, gSum, state: [m, v], squares };
          const { calls, emit } = createList();
          createBlockUpdate(optimizer, cut, shared, hyper).averageAndApply(emit, Float64Array.of(1 / 10), {
            pairs: [],
            count: S,
            step: 1,
          });
          runCalls(calls, kernels);
          return { theta, m, v, squares };
        };
        const actual = updated(memory.allocate, memory.kernels);
        const expected = updated(plain, referenceKernels);
        for (const name of ['theta', 'm', 'v', 'squares'] as const) {
          expect([S, name, firstDifference(actual[name], expected[name])]).toEqual([S, name, null]);
        }
      }
    },
  );

  test('calls with numbers of another type are left to others', (context) => {
    const memory = memoryOf(context);
    const others = plainOf(type === 'float64' ? 'float32' : 'float64');
    const [B, I, O, n] = [2, 16, 16, 2048];
    memory.reset([[I, O]]);
    const allOf = (lengths: Record<string, number>): Arrays => fill(lengths, 1, 'plain', others);
    const { y, x, W, b } = allOf(cases.affine.arrays(B, I, O));
    const { theta, m, v, g, hyper } = allOf({ theta: n, m: n, v: n, g: n, hyper: 8 });
    const { calls, emit } = createList();
    emit(ops.affine, y, x, W, b, B, I, O, O);
    emit(updateOp(createOptimizer('adam')), theta, g, [m, v], n, hyper);
    expect(calls.map((call) => memory.kernels.bind(call))).toEqual([null, null]);
    const bytes = Uint8Array.from({ length: 20 }, (_, k) => k);
    const [actual, expected] = [others(20), others(20)];
    memory.kernels.gatherBytes(actual, bytes, 20, 3, null, 0, 1);
    referenceKernels.gatherBytes(expected, bytes, 20, 3, null, 0, 1);
    expect(actual).toEqual(expected);
  });
});

describe.each(everyExtension)(`in machine code for $name, $type (seed ${propertySeed})`, (extension) => {
  const { type, code, lack, reason } = extension;
  const plain = plainOf(type);

  test('layers of few weights and of many stand in one program, each with its leaves', (context) => {
    if (code === null) return skipFor(context, lack, reason);
    const memory = guardKernels(nativeKernelsOf(code), undefined, type);
    const shapes: readonly (readonly [B: number, leaf: number, I: number, O: number])[] = [
      [33, 16, 16, 16],
      [7, 2, 9, 8],
      [16, 8, 20, 16],
      [20, 16, 5, 3],
    ];
    memory.reset([[20, 16]]);
    const { calls, emit } = createList();
    const products = shapes.map(([B, leaf, I, O], k) => {
      const [actual, expected] = [memory.allocate, plain].map((allocate) =>
        fill(cases.affineBackwardWeights.arrays(B, I, O), k, 'plain', allocate),
      );
      const { dW, db, x, dy } = actual;
      emit(ops.affineBackwardWeights, dW, db, x, dy, B, leaf, false, I, O);
      cases.affineBackwardWeights.run(referenceProducts, expected, B, I, O, leaf, false);
      return { actual, expected };
    });
    runCalls(calls, memory.kernels);
    for (const [k, { actual, expected }] of products.entries()) {
      for (const name of ['dW', 'db']) expect([k, firstDifference(actual[name], expected[name])]).toEqual([k, null]);
    }
  });

  const matrix = fc.record({
    N: fc.integer({ min: 1, max: 200 }),
    columns: fc.integer({ min: 1, max: 40 }),
    offset: fc.nat(9), // of the bytes in their buffer
    ordered: fc.boolean(),
    divisor: fc.constantFrom(255, 1, 3, -0.1),
    seed: fc.nat(),
  });
  test('gathered bytes are those of plain code, and nothing else is written', (context) => {
    if (code === null) return skipFor(context, lack, reason);
    const memory = guardKernels(nativeKernelsOf(code), undefined, type);
    const check = fc.property(matrix, fc.nat(), fc.nat(), ({ N, columns, offset, ordered, divisor, seed }, a, b) => {
      const random = createRandom(seed, 'bytes');
      const bytes = new Uint8Array(new SharedArrayBuffer(offset + N * columns), offset);
      for (let i = 0; i < bytes.length; i++) bytes[i] = random.integer(256);
      const order = ordered ? Uint32Array.from({ length: N }, () => random.integer(N)) : null;
      const first = a % N;
      const count = b % (N - first + 1);
      memory.reset();
      const out = memory.allocate(count * columns);
      const expected = createElements(type, count * columns);
      memory.snapshot();
      const data = { array: bytes, columns, divisor };
      memory.kernels.gatherBytes(out, bytes, columns, divisor, order, first, count);
      gatherRows(expected, data, order, first, count);
      expect(firstDifference(out, expected)).toBeNull();
      expect(memory.firstStrayByte([out])).toBeNull();
    });
    fc.assert(check, { seed: propertySeed, numRuns: share(counted(30, 200)) });
  });

  const outside = fc.tuple(
    fc.constantFrom([9, 8], [17, 40]), // few weights, and many
    fc.integer({ min: 1, max: 70 }),
    leaf,
    fc.boolean(),
    fc.integer({ min: 1, max: 17 }), // threads
    fc.constantFrom('mean', 'adam', 'adamw', 'sgd', 'rmsprop', 'lion'), // what reads the gradient
    fc.constantFrom(...valueMixes),
    fc.integer(),
  );
  test('gradients and optimizer state outside of the memory get the bits of those inside', (context) => {
    if (code === null) return skipFor(context, lack, reason);
    const buffer = new SharedArrayBuffer(1 << 20);
    const bytes = new Uint8Array(buffer);
    const enter = () => enterMachineCode(code);
    const create: CreateKernels = (parts) =>
      createNativeKernels({ ...parts, layout: kernelsOf(code), enter, outside: [buffer] });
    const memory = guardKernels(create, undefined, type);
    const check = fc.property(outside, ([[I, O], B, requestedLeafRows, accumulate, threads, last, mix, seed]) => {
      memory.reset([[I, O]]);
      const leaf = leafOf(B, requestedLeafRows);
      const n = I * O + O;
      const P = n + 3;
      const { nodes } = planTeam({ leaves: 17, threads, maxLeaves: 4, canAccumulate: true });
      const sums = sumsOf(nodes, 17);
      const optimizer = createOptimizer(
        last === 'mean' ? 'sgd' : last === 'sgd' ? { kind: last, momentum: 0.9 } : last,
      );
      bytes.fill(7);
      let end = GAP;
      const allocateOutside = (length: number): Elements => {
        const array = elementView(type, buffer, end, length);
        end += array.byteLength + GAP;
        return array;
      };
      const slots = optimizer.slots.map((_, k) => `state ${k}`);
      const arraysOf = (allocate: Allocate, others: Allocate): Arrays => ({
        ...fill({ gSum: nodes.length * P, ...Object.fromEntries(slots.map((slot) => [slot, n])) }, seed, mix, others),
        ...fill({ x: B * I, dy: B * O, theta: n, square: 1, factor: 1 }, seed + 9, mix, allocate),
        hyper: allocate(optimizer.hyperLength, FLOAT64) as Float64Array,
      });
      const [actual, expected] = [arraysOf(memory.allocate, allocateOutside), arraysOf(plain, plain)];
      for (const { hyper } of [actual, expected]) {
        optimizer.hyper(hyper, Float64Array.of(optimizer.lr), Float64Array.from(optimizer.initialScalars));
      }
      const run = (kernels: Kernels, arrays: Arrays): void => {
        const { gSum, x, dy, theta, square, factor, hyper } = arrays;
        const state = slots.map((slot) => arrays[slot]);
        for (const vector of state) for (let i = 0; i < n; i++) vector[i] = Math.abs(vector[i]);
        const row = (k: number) => gSum.subarray(k * P, k * P + n);
        const goesOn = accumulate && leaf <= MAX_LEAF_ROWS;
        const { calls, emit } = createList();
        emit(ops.affineBackwardWeights, row(0), row(0).subarray(I * O), x, dy, B, leaf, goesOn, I, O);
        if (nodes.length > 1) emit(ops.add, row(0), row(1), n);
        emit(ops.scale, row(0), n, factor);
        for (const [left, right] of sums.pairs) emit(ops.add, row(left), row(right), n);
        emit(ops.averageRows, square, row(0), gSum, sums.count, P * sums.step, n, Float64Array.of(1 / B));
        // Joined with the mean where the kernels have both as one.
        if (last !== 'mean') emit(updateOp(optimizer), theta, row(0), state, n, hyper);
        runCalls(calls, kernels);
      };
      memory.snapshot();
      run(memory.kernels, actual);
      run(referenceKernels, expected);
      for (const name of last === 'mean' ? ['gSum', 'square'] : [...slots, 'theta', 'square']) {
        const [is, should] = [actual, expected].map((arrays) => arrays[name].subarray(0, n)); // the first row
        const difference = firstDifference(is, should);
        if (difference !== null) throw new Error(name + difference);
      }
      expect(memory.firstStrayByte([actual.theta, actual.square])).toBeNull();
      let from = 0;
      for (const { byteOffset, byteLength } of [
        actual.gSum,
        ...slots.map((slot) => actual[slot]),
        bytes.subarray(end),
      ]) {
        expect(bytes.subarray(from, byteOffset).every((byte) => byte === 7)).toBe(true);
        from = byteOffset + byteLength;
      }
    });
    fc.assert(check, { seed: propertySeed, numRuns: share(counted(30, 300)) });
  });
});

test('machine code is entered at the first call, once', () => {
  const isa = extensions.avx2.createIsa('float64');
  const refuse = () => {
    throw new Error('a kernel is assembled');
  };
  const layout = createLayout(isa, refuse, assembleCode(isa).layout.offsets);
  let entered = 0;
  const enter = () => {
    entered++;
    return () => {};
  };
  const create = (parts: Omit<NativeOptions, 'layout' | 'enter'>) => createNativeKernels({ ...parts, layout, enter });
  const memory = guardKernels(create);
  memory.reset([[16, 16]]);
  const { y, x, W, b } = fill(cases.affine.arrays(300, 16, 16), 1, 'plain', memory.allocate);
  const { calls, emit } = createList();
  emit(ops.affine, y, x, W, b, 300, 16, 16, 16);
  const program = link(calls, memory.kernels);
  expect(entered).toBe(0);
  program.run();
  program.run();
  expect(entered).toBe(1);
});
