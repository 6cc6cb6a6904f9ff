import { referenceKernels } from '@gradloom/core';
import { fusedConvolutions } from '@gradloom/core/internal';
import fc from 'fast-check';
import { describe, test } from 'vitest';
import { createElements } from '../../../../../../packages/core/src/math/element-type.ts';
import type { Kernels } from '../../../../../../packages/core/src/program/kernels.ts';
import { link } from '../../../../../../packages/core/src/program/link.ts';
import { firstDifference } from '../../../../../support/bits.ts';
import { counted } from '../../../../../support/count.ts';
import { guardKernels } from '../../../../../support/guarded-memory.ts';
import { valueMixes } from '../../../../../support/hard-values.ts';
import { everyExtension, nativeKernelsOf } from '../../../../../support/installed-extensions.ts';
import { skipFor } from '../../../../../support/needs.ts';
import { propertySeed } from '../../../../../support/seed.ts';
import { convolutionCases } from '../../../../core/kernels/convolutions.ts';
import { arraysOf, callsOf } from '../../../../core/kernels/run-case.ts';

/** Convolutions by their definition. */
const fused: Kernels = {
  ...referenceKernels,
  bind({ op, args }) {
    const product = fusedConvolutions[op.name as keyof typeof fusedConvolutions] as (...args: never[]) => void;
    return () => product(...(args as never[]));
  },
};

describe.each(everyExtension)(
  `in machine code for $name, $type (seed ${propertySeed})`,
  ({ type, code, ...lacking }) => {
    test.for(Object.entries(convolutionCases))(
      '%s has the bits of the fused convolution, and writes nothing but its outputs',
      ([, kernel], context) => {
        if (code === null) return skipFor(context, lacking.lack, lacking.reason);
        const memory = guardKernels(nativeKernelsOf(code), 600, type);
        const input = fc.tuple(kernel.dims, fc.constantFrom(...valueMixes), fc.integer());
        const check = fc.property(input, ([dims, mix, seed]) => {
          memory.reset(kernel.products(dims));
          const actual = arraysOf(kernel, dims, mix, seed, type, memory.allocate);
          const expected = arraysOf(kernel, dims, mix, seed, type, (length, own) => createElements(own, length));
          memory.snapshot();
          link(callsOf(kernel, actual, dims), memory.kernels).run();
          link(callsOf(kernel, expected, dims), fused).run();
          for (const name of kernel.writes) {
            const difference = firstDifference(actual[name], expected[name]);
            if (difference !== null) throw new Error(name + difference);
          }
          const stray = memory.firstStrayByte(kernel.writes.map((name) => actual[name]));
          if (stray !== null) throw new Error(`byte ${stray} has changed`);
        });
        fc.assert(check, { seed: propertySeed, numRuns: counted(60, 1000) });
      },
    );
  },
);
