import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Kernels } from '../../../packages/core/src/backends/kernels.ts';
import { referenceKernels } from '../../../packages/core/src/backends/reference/reference-kernels.ts';
import { wasmOps } from '../../../packages/core/src/backends/wasm/wasm-ops.ts';
import { tapeLength } from '../../../packages/core/src/backends/wasm/wasm-tape.ts';
import { createTapeRoom, link } from '../../../packages/core/src/program/link.ts';
import { type Call, createList } from '../../../packages/core/src/program/op.ts';
import { firstDifference } from '../../support/bits.ts';
import { counted } from '../../support/count.ts';
import { createGuardedMemory } from '../../support/guarded-memory.ts';
import { fillHardValues, type ValueMix, valueMixes } from '../../support/hard-values.ts';
import { propertySeed } from '../../support/seed.ts';
import { watchCalls } from '../../support/watch-calls.ts';
import { cases } from './cases.ts';
import type { Arrays, KernelCase } from './kernel-case.ts';
import { sparseProducts, sparseShapes } from './sparse-products.ts';

const memory = createGuardedMemory();
const MOST_CALLS = 2; // of a case

test('every operation that wasm has, has a case', () => {
  const covered = Object.values(cases).flatMap((kernel) => kernel.ops.map((op) => op.name));
  expect(new Set(covered)).toEqual(new Set(wasmOps.map((op) => op.name)));
});

describe.each(Object.entries(cases))(`%s (seed ${propertySeed})`, (_name, kernel) => {
  const input = fc.tuple(kernel.dims, fc.constantFrom(...valueMixes), fc.integer(), fc.boolean());

  test('wasm has the bits of the reference on 2,000 shapes, called by itself and on a tape', () => {
    const made = new Set<string>();
    const check = fc.property(input, ([dims, mix, seed, onTape]) => {
      const expected = arraysOf(kernel, dims, mix, seed, (length) => new Float64Array(length));
      const actual = arraysInMemory(kernel, dims, mix, seed);
      run(referenceKernels, callsOf(kernel, expected, dims), false);
      const watched = watchCalls(memory.kernels);
      run(watched.kernels, callsOf(kernel, actual, dims), onTape);
      for (const name of kernel.writes) {
        const difference = firstDifference(actual[name], expected[name]);
        if (difference !== null) throw new Error(name + difference);
      }
      for (const name of watched.made) made.add(name);
      // Two calls that cannot become one stay two.
      const left = [...watched.left].filter((name) => !name.endsWith('OfMean'));
      expect(left, 'left to plain code').toEqual([]);
    });
    fc.assert(check, { seed: propertySeed, numRuns: counted(500, 2000) });
    expect(made).toEqual(new Set(kernel.ops.map((op) => op.name)));
  });

  test('wasm writes nothing but what the table of operations says', () => {
    const check = fc.property(input, ([dims, mix, seed, onTape]) => {
      const arrays = arraysInMemory(kernel, dims, mix, seed);
      const calls = callsOf(kernel, arrays, dims);
      const tape = onTape ? memory.allocate(tapeLength(MOST_CALLS)) : null;
      memory.snapshot();
      link(calls, memory.kernels, tape === null ? null : createTapeRoom(tape)).run();
      const writable = calls.flatMap(arraysWritten);
      expect(memory.firstStrayByte(tape === null ? writable : [...writable, tape])).toBeNull();
    });
    fc.assert(check, { seed: propertySeed, numRuns: counted(150, 500) });
  });
});

describe.each(['affine', 'affineBackwardWeights'] as const)(
  `%s of an x that is mostly 0 (seed ${propertySeed})`,
  (name) => {
    const kernel: KernelCase = cases[name];
    // Tiles are two rows or columns high, lists made of 128 terms or for 32 columns, and of 128 rows at a time: on both
    // sides of each.
    const shape = fc.tuple(
      fc.constantFrom(1, 2, 3, 7, 64, 65, 127, 128, 131),
      fc.constantFrom(9, 40, 127, 128, 130, 257, 410),
      fc.constantFrom(9, 31, 32, 33, 45, 129),
    );

    test('wasm has the bits of the reference, and writes nothing but its outputs', () => {
      const check = fc.property(
        shape,
        fc.constantFrom('plain', 'wide', 'tiny', 'sparse'),
        fc.integer(),
        (dims, mix, seed) => {
          const expected = arraysOf(kernel, dims, mix, seed, (length) => new Float64Array(length));
          const actual = arraysInMemory(kernel, dims, mix, seed);
          for (const { x } of [expected, actual]) fillHardValues(x, 'sparse', seed);
          memory.snapshot();
          run(referenceKernels, callsOf(kernel, expected, dims), false);
          run(memory.kernels, callsOf(kernel, actual, dims), false);
          for (const array of kernel.writes) {
            const difference = firstDifference(actual[array], expected[array]);
            if (difference !== null) throw new Error(array + difference);
          }
          expect(memory.firstStrayByte(kernel.writes.map((array) => actual[array]))).toBeNull();
        },
      );
      fc.assert(check, { seed: propertySeed, numRuns: counted(60, 200) });
    });
  },
);

test.each(sparseProducts)('wasm leaves out the terms of $name that are 0', (product) => {
  memory.reset(sparseShapes);
  expect(product.run(memory.kernels, memory.allocate).every(Number.isFinite)).toBe(true);
});

function callsOf(kernel: KernelCase, arrays: Arrays, dims: readonly number[]): readonly Call[] {
  const { calls, emit } = createList();
  kernel.emit(emit, arrays, dims);
  return calls;
}

function run(kernels: Kernels, calls: readonly Call[], onTape: boolean): void {
  const room = onTape ? createTapeRoom(memory.allocate(tapeLength(MOST_CALLS))) : null;
  link(calls, kernels, room).run();
}

/** What the operation may write, by its operands. */
const arraysWritten = ({ op, args }: Call): Float64Array[] =>
  Object.values(op.operands).flatMap((operand, k) =>
    'access' in operand && operand.access !== 'in' ? (args[k] as Float64Array | Float64Array[]) : [],
  );

function arraysInMemory(kernel: KernelCase, dims: readonly number[], mix: ValueMix, seed: number): Arrays {
  memory.reset(kernel.products?.(dims));
  return arraysOf(kernel, dims, mix, seed, memory.allocate);
}

function arraysOf(
  kernel: KernelCase,
  dims: readonly number[],
  mix: ValueMix,
  seed: number,
  allocate: (length: number) => Float64Array,
): Arrays {
  const arrays: Arrays = {};
  for (const [k, [name, length]] of Object.entries(kernel.arrays(dims)).entries()) {
    arrays[name] = allocate(length);
    fillHardValues(arrays[name], mix, seed + k);
  }
  kernel.prepare?.(arrays, dims);
  return arrays;
}
