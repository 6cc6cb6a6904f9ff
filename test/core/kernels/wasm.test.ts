import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Kernels } from '../../../packages/core/src/kernels/kernels.ts';
import { referenceKernels } from '../../../packages/core/src/kernels/reference.ts';
import { firstDifference } from '../../support/bits.ts';
import { counted } from '../../support/count.ts';
import { createGuardedMemory } from '../../support/guarded-memory.ts';
import { fillHardValues, type ValueMix, valueMixes } from '../../support/hard-values.ts';
import { propertySeed } from '../../support/seed.ts';
import { cases } from './cases.ts';
import type { Arrays, KernelCase } from './kernel-case.ts';
import { sparseProducts, sparseShapes } from './sparse-products.ts';

const memory = createGuardedMemory();

test('every kernel and every fast member has a case', () => {
  const { fast, ...kernels } = memory.kernels as Kernels;
  delete kernels.record; // tapes have tests of their own
  delete kernels.recordSteps;
  const functions = Object.entries(kernels).filter(([, value]) => typeof value === 'function');
  const members = Object.entries(fast).flatMap(([family, table]) =>
    Object.keys(table).map((name) => `${family}.${name}`),
  );
  expect(new Set(Object.keys(cases))).toEqual(new Set([...functions.map(([name]) => name), ...members]));
});

describe.each(Object.entries(cases))(`%s (seed ${propertySeed})`, (_name, kernel) => {
  const input = fc.tuple(kernel.dims, fc.constantFrom(...valueMixes), fc.integer());

  test('wasm has the bits of the reference on 2,000 shapes', () => {
    const check = fc.property(input, ([dims, mix, seed]) => {
      const expected = arraysOf(kernel, dims, mix, seed, (length) => new Float64Array(length));
      const actual = arraysInMemory(kernel, dims, mix, seed);
      const wanted = kernel.run(referenceKernels, expected, dims);
      const result = kernel.run(memory.kernels, actual, dims);
      expect(result, 'result').toBe(wanted);
      for (const name of kernel.writes) {
        const difference = firstDifference(actual[name], expected[name]);
        if (difference !== null) throw new Error(name + difference);
      }
    });
    fc.assert(check, { seed: propertySeed, numRuns: counted(500, 2000) });
  });

  test('wasm writes nothing but its outputs', () => {
    const check = fc.property(input, ([dims, mix, seed]) => {
      const arrays = arraysInMemory(kernel, dims, mix, seed);
      const writable = [...kernel.writes, ...(kernel.spoils ?? [])].map((name) => arrays[name]);
      memory.snapshot();
      kernel.run(memory.kernels, arrays, dims);
      expect(memory.firstStrayByte(writable)).toBeNull();
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
          kernel.run(referenceKernels, expected, dims);
          kernel.run(memory.kernels, actual, dims);
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

test.each(sparseProducts)('wasm leaves out the terms of $name that are 0', ({ run }) => {
  memory.reset(sparseShapes);
  expect(run(memory.kernels, memory.allocate).every(Number.isFinite)).toBe(true);
});

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
