import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { CALL_DOUBLES } from '../../../../packages/core/src/backends/native/isa/arguments.ts';
import {
  createElements,
  type Elements,
  type ElementType,
  elementTypes,
  FLOAT64,
} from '../../../../packages/core/src/math/element-type.ts';
import { createTapeRoom, link } from '../../../../packages/core/src/program/link.ts';
import type { Call } from '../../../../packages/core/src/program/op.ts';
import { ops } from '../../../../packages/core/src/program/ops/index.ts';
import { referenceKernels } from '../../../../packages/core/src/program/reference/reference-kernels.ts';
import { firstDifference } from '../../../support/bits.ts';
import { counted } from '../../../support/count.ts';
import { createGuardedMemory } from '../../../support/guarded-memory.ts';
import { fillHardValues, valueMixes } from '../../../support/hard-values.ts';
import { propertySeed } from '../../../support/seed.ts';
import { watchCalls } from '../../../support/watch-calls.ts';
import { cases, plainOps } from './cases.ts';
import type { Arrays, KernelCase } from './kernel-case.ts';
import { type AllocateAs, arraysOf, callsOf, copiesOf } from './run-case.ts';
import { sparseProducts, sparseShapes } from './sparse-products.ts';

const memories = { float64: createGuardedMemory(256, 'float64'), float32: createGuardedMemory(256, 'float32') };
const TAPE_CALLS = 256; // more than most cases make

test('every operation has a case, or is plain code', () => {
  const covered = Object.values(cases).flatMap((kernel) => kernel.ops.map((op) => op.name));
  expect(plainOps).toEqual(expect.arrayContaining(Object.keys(ops).filter((name) => !covered.includes(name))));
});

const casesOfTypes = elementTypes.flatMap((type) =>
  Object.entries(cases).map(([name, kernel]) => [name, type, kernel] as const),
);

describe.each(casesOfTypes)(`%s of %s (seed ${propertySeed})`, (_name, type, kernel) => {
  const memory = memories[type];
  const mixes = kernel.mixes ?? valueMixes;
  const input = fc.tuple(kernel.dims, fc.constantFrom(...mixes), fc.integer(), fc.boolean(), fc.boolean());

  test('wasm has the bits of the reference on drawn shapes, by itself and on a tape, and writes nothing else', () => {
    const made = new Set<string>();
    const check = fc.property(input, ([dims, mix, seed, onTape, fuses]) => {
      const expected = arraysOf(kernel, dims, mix, seed, type, (length, type) => createElements(type, length));
      const actual = arraysInMemory(kernel, dims, expected, type);
      const watched = watchCalls(memory.kernels);
      const calls = callsOf(kernel, actual, dims);
      const tape = onTape ? [memory.allocate(TAPE_CALLS * CALL_DOUBLES, FLOAT64)] : [];
      memory.snapshot();
      link(calls, watched.kernels, onTape ? createTapeRoom(tape[0]) : null, { fuses }).run();
      link(callsOf(kernel, expected, dims), referenceKernels).run();
      const stray = memory.firstStrayByte([...calls.flatMap(arraysWritten), ...tape]);
      if (stray !== null) throw new Error(`wrote to byte ${stray}`);
      for (const name of kernel.writes) {
        const difference = firstDifference(actual[name], expected[name]);
        if (difference !== null) throw new Error(name + difference);
      }
      for (const name of watched.made) made.add(name);
    });
    fc.assert(check, { seed: propertySeed, numRuns: counted(120, 2000) });
    expect([...made].sort()).toEqual(namesOf(kernel).filter((name) => !plainOps.includes(name)));
  });
});

const namesOf = ({ ops }: KernelCase): string[] => ops.map(({ name }) => name).sort();

const sparseCases = elementTypes.flatMap((type) =>
  (['affine', 'affineBackwardWeights'] as const).map((name) => [name, type] as const),
);

describe.each(sparseCases)(`%s of an x of %s that is mostly 0 (seed ${propertySeed})`, (name, type) => {
  const memory = memories[type];
  const kernel: KernelCase = cases[name];
  // Lists are made of 128 terms or for 32 columns, and of 128 rows at a time: on both sides of each.
  const shape = fc.tuple(
    fc.constantFrom(1, 2, 3, 7, 64, 65, 127, 128, 131),
    fc.constantFrom(9, 40, 127, 128, 130, 257, 410),
    fc.constantFrom(9, 31, 32, 33, 45, 63, 64, 65, 129),
  );

  test('wasm has the bits of the reference, and writes nothing but its outputs', () => {
    const check = fc.property(
      shape,
      fc.constantFrom('plain', 'wide', 'tiny', 'sparse'),
      fc.integer(),
      (dims, mix, seed) => {
        const expected = arraysOf(kernel, dims, mix, seed, type, (length, type) => createElements(type, length));
        const actual = arraysInMemory(kernel, dims, expected, type);
        for (const { x } of [expected, actual]) fillHardValues(x, 'sparse', seed);
        memory.snapshot();
        link(callsOf(kernel, expected, dims), referenceKernels).run();
        link(callsOf(kernel, actual, dims), memory.kernels).run();
        for (const array of kernel.writes) {
          const difference = firstDifference(actual[array], expected[array]);
          if (difference !== null) throw new Error(array + difference);
        }
        expect(memory.firstStrayByte(kernel.writes.map((array) => actual[array]))).toBeNull();
      },
    );
    fc.assert(check, { seed: propertySeed, numRuns: counted(60, 200) });
  });
});

const sparseProductsOfTypes = elementTypes.flatMap((type) =>
  sparseProducts.map((product) => [product.name, type, product] as const),
);

test.each(sparseProductsOfTypes)('wasm leaves out the terms of %s of %s that are 0', (_name, type, product) => {
  const memory = memories[type];
  memory.reset(sparseShapes);
  expect(product.run(memory.kernels, memory.allocate).every(Number.isFinite)).toBe(true);
});

/** What the operation may write, by its operands. */
const arraysWritten = ({ op, args }: Call): Elements[] =>
  Object.values(op.operands).flatMap((operand, k) =>
    'access' in operand && operand.access !== 'in' ? (args[k] as Elements | Elements[]) : [],
  );

function arraysInMemory(kernel: KernelCase, dims: readonly number[], arrays: Arrays, type: ElementType): Arrays {
  const memory = memories[type];
  memory.reset(kernel.products?.(dims));
  return copiesOf(arrays, memory.allocate as AllocateAs);
}
