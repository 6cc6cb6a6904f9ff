import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import * as ops from '../../../packages/core/src/ops/index.ts';
import { firstDifference } from '../../support/bits.ts';
import { counted } from '../../support/count.ts';
import { fillHardValues, type ValueMix, valueMixes } from '../../support/hard-values.ts';
import { propertySeed } from '../../support/seed.ts';
import { opCases } from './cases.ts';
import { type Arrays, createGuardedOps, type OpCase } from './op-case.ts';

const memory = createGuardedOps();

test('every operation but the check of indices, which throws, has a case', () => {
  const { checkIndices: _, ...others } = ops;
  expect(Object.keys(opCases)).toEqual(expect.arrayContaining(Object.keys(others)));
});

describe.each(Object.entries(opCases))(`%s (seed ${propertySeed})`, (name, op) => {
  const input = fc.tuple(op.dims, fc.constantFrom(...valueMixes), fc.integer());

  test('wasm has the bits of the reference on 2,000 shapes', () => {
    const check = fc.property(input, ([dims, mix, seed]) => {
      const expected = arraysOf(op, dims, mix, seed, (length) => new Float64Array(length));
      const actual = arraysInMemory(op, dims, mix, seed);
      op.reference(...op.operands(expected, dims));
      memory.run(name, op.operands(actual, dims));
      for (const array of op.writes) {
        const difference = firstDifference(actual[array], expected[array]);
        if (difference !== null) throw new Error(array + difference);
      }
    });
    fc.assert(check, { seed: propertySeed, numRuns: counted(500, 2000) });
  });

  test('wasm writes nothing but its outputs', () => {
    const check = fc.property(input, ([dims, mix, seed]) => {
      const arrays = arraysInMemory(op, dims, mix, seed);
      const writable = [...op.writes, ...(op.spoils ?? [])].map((array) => arrays[array]);
      memory.arrays.snapshot();
      memory.run(name, op.operands(arrays, dims));
      expect(memory.arrays.firstStrayByte(writable)).toBeNull();
    });
    fc.assert(check, { seed: propertySeed, numRuns: counted(150, 500) });
  });
});

function arraysInMemory(op: OpCase, dims: readonly number[], mix: ValueMix, seed: number): Arrays {
  memory.arrays.reset();
  return arraysOf(op, dims, mix, seed, memory.arrays.allocate);
}

function arraysOf(
  op: OpCase,
  dims: readonly number[],
  mix: ValueMix,
  seed: number,
  allocate: (length: number) => Float64Array,
): Arrays {
  const arrays: Arrays = {};
  for (const [k, [name, length]] of Object.entries(op.arrays(dims)).entries()) {
    arrays[name] = allocate(length);
    fillHardValues(arrays[name], mix, seed + k);
  }
  op.prepare?.(arrays, dims);
  return arrays;
}
