import { referenceKernels } from '@gradloom/core';
import { fusedAttention } from '@gradloom/core/internal';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createElements } from '../../../../../../packages/core/src/math/element-type.ts';
import type { Kernels } from '../../../../../../packages/core/src/program/kernels.ts';
import { link } from '../../../../../../packages/core/src/program/link.ts';
import { firstDifference } from '../../../../../support/bits.ts';
import { counted } from '../../../../../support/count.ts';
import { guardKernels } from '../../../../../support/guarded-memory.ts';
import { everyMachine } from '../../../../../support/installed-extensions.ts';
import { skipFor } from '../../../../../support/needs.ts';
import { propertySeed } from '../../../../../support/seed.ts';
import { attentionCases } from '../../../../core/kernels/attention-cases.ts';
import { arraysOf, callsOf, copiesOf } from '../../../../core/kernels/run-case.ts';

/** Attention by its definition. */
const fused: Kernels = {
  ...referenceKernels,
  bind({ op, args }) {
    const pass = fusedAttention[op.name as keyof typeof fusedAttention] as (...args: never[]) => void;
    return () => pass(...(args as never[]));
  },
};

const { attentionForward, attentionBackward } = attentionCases;

describe.each(everyMachine)(`in $name, $type (seed ${propertySeed})`, ({ type, createKernels, lack, reason }) => {
  test.for(Object.entries({ attentionForward, attentionBackward }))(
    '%s has the bits of the fused attention, and writes nothing but its outputs',
    ([, kernel], context) => {
      if (createKernels === null) return skipFor(context, lack, reason);
      const memory = guardKernels(createKernels(), 600, type);
      // Heads that are large enough for machine code.
      const large = kernel.dims.filter(([, T, , d]) => T * d >= 256);
      const input = fc.tuple(large, fc.constantFrom(...kernel.mixes), fc.integer());
      const check = fc.property(input, ([dims, mix, seed]) => {
        memory.reset(kernel.products(dims));
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
      });
      fc.assert(check, { seed: propertySeed, numRuns: counted(type === 'float32' ? 40 : 10, 400) });
    },
  );
});
