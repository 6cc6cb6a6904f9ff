import { referenceKernels } from '@gradloom/core';
import { fusedConvolutions } from '@gradloom/core/internal';
import fc from 'fast-check';
import { describe, expect, type TestContext, test } from 'vitest';
import { createElements, type ElementType } from '../../../../../../packages/core/src/math/element-type.ts';
import type { Kernels } from '../../../../../../packages/core/src/program/kernels.ts';
import { link } from '../../../../../../packages/core/src/program/link.ts';
import { firstDifference } from '../../../../../support/bits.ts';
import { counted } from '../../../../../support/count.ts';
import { type GuardedMemory, guardKernels } from '../../../../../support/guarded-memory.ts';
import { type ValueMix, valueMixes } from '../../../../../support/hard-values.ts';
import { everyMachine } from '../../../../../support/installed-extensions.ts';
import { skipFor } from '../../../../../support/needs.ts';
import { propertySeed } from '../../../../../support/seed.ts';
import { convolutionCases } from '../../../../core/kernels/convolutions.ts';
import type { KernelCase } from '../../../../core/kernels/kernel-case.ts';
import { arraysOf, callsOf, copiesOf } from '../../../../core/kernels/run-case.ts';

/** Convolutions by their definition. */
const fused: Kernels = {
  ...referenceKernels,
  bind({ op, args }) {
    const product = fusedConvolutions[op.name as keyof typeof fusedConvolutions] as (...args: never[]) => void;
    return () => product(...(args as never[]));
  },
};

// Images of more than half a MiB with their gradients are added one after the other, and their sums wait; of weights of
// more than a MiB, only some columns at a time: B, H, V, C, OH, OV, O, ..., joins.
const manyBlocks: Record<string, readonly number[]> = {
  '7 blocks of one image': [7, 1, 35_000, 1, 1, 35_000, 1, 1, 1, 1, 1, 0, 0, 1, 1, 1, 0],
  '6 blocks of one image, joined': [6, 1, 35_000, 1, 1, 35_000, 1, 1, 1, 1, 1, 0, 0, 1, 1, 1, 1],
  '4 blocks of up to 64 images': [250, 1, 1, 3, 1, 1, 2, 1, 1, 1, 1, 0, 0, 1, 1, 1, 1],
  'wide weights': [3, 1, 2, 600, 1, 1, 260, 1, 2, 1, 1, 0, 0, 1, 1, 1, 1],
  'wide weights, 2 blocks': [66, 1, 1, 500, 1, 1, 270, 1, 1, 1, 1, 0, 0, 1, 1, 1, 0],
  'wide weights, 2 blocks, joined': [66, 1, 1, 500, 1, 1, 270, 1, 1, 1, 1, 0, 0, 1, 1, 1, 1],
};

describe.each(everyMachine)(`in $name, $type (seed ${propertySeed})`, ({ type, createKernels, lack, reason }) => {
  const memoryOf = (context: TestContext): GuardedMemory<ElementType> =>
    createKernels === null ? skipFor(context, lack, reason) : guardKernels(createKernels(), 600, type);

  /** Compares a product of these sizes with its definition. */
  function compare(
    memory: GuardedMemory<ElementType>,
    kernel: KernelCase,
    dims: readonly number[],
    mix: ValueMix,
    seed: number,
  ): void {
    memory.reset(kernel.products?.(dims));
    const expected = arraysOf(kernel, dims, mix, seed, type, (length, own) => createElements(own, length));
    const actual = copiesOf(expected, memory.allocate);
    memory.snapshot();
    link(callsOf(kernel, actual, dims), memory.kernels).run();
    link(callsOf(kernel, expected, dims), fused).run();
    for (const name of kernel.writes) {
      const difference = firstDifference(actual[name], expected[name]);
      if (difference !== null) throw new Error(name + difference);
    }
    expect(memory.firstStrayByte(kernel.writes.map((name) => actual[name]))).toBeNull();
  }

  test.for(Object.entries(convolutionCases))(
    '%s has the bits of the fused convolution, and writes nothing but its outputs',
    ([, kernel], context) => {
      const memory = memoryOf(context);
      const input = fc.tuple(kernel.dims, fc.constantFrom(...valueMixes), fc.integer());
      const check = fc.property(input, ([dims, mix, seed]) => compare(memory, kernel, dims, mix, seed));
      fc.assert(check, { seed: propertySeed, numRuns: counted(60, 1000) });
    },
  );

  // Doubles are rounded by whole numbers of any size, which takes long.
  test.for(type === 'float32' ? Object.entries(manyBlocks) : [])('dW of %s', ([, dims], context) => {
    compare(memoryOf(context), convolutionCases.convBackwardWeights, dims, 'plain', 1);
  });
});
