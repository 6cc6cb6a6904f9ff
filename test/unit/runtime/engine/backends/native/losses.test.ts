import { referenceKernels } from '@gradloom/core';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createElements, type Elements } from '../../../../../../packages/core/src/math/element-type.ts';
import { link } from '../../../../../../packages/core/src/program/link.ts';
import type { Call } from '../../../../../../packages/core/src/program/op.ts';
import { firstDifference } from '../../../../../support/bits.ts';
import { counted } from '../../../../../support/count.ts';
import { guardKernels } from '../../../../../support/guarded-memory.ts';
import { valueMixes } from '../../../../../support/hard-values.ts';
import { everyExtension, nativeKernelsOf } from '../../../../../support/installed-extensions.ts';
import { skipFor } from '../../../../../support/needs.ts';
import { propertySeed } from '../../../../../support/seed.ts';
import type { KernelCase } from '../../../../core/kernels/kernel-case.ts';
import { lossCase, weighingCase } from '../../../../core/kernels/loss-case.ts';
import { type AllocateAs, arraysOf, callsOf } from '../../../../core/kernels/run-case.ts';

const cases: Record<string, KernelCase> = {
  mse: lossCase('mse'),
  quadratic: lossCase('quadratic'),
  mae: lossCase('mae'),
  huber: lossCase({ kind: 'huber', delta: 0.7 }),
  'binary-cross-entropy': lossCase('binary-cross-entropy'),
  'softmax-cross-entropy': lossCase('softmax-cross-entropy'),
  'smoothed-cross-entropy': lossCase({ kind: 'softmax-cross-entropy', labelSmoothing: 0.3 }),
  weighLosses: weighingCase,
};

/** Rows that are cut into pieces, and rows of more than one group. */
const large = fc.oneof(
  fc.tuple(fc.constantFrom(1, 2, 3, 4, 5, 7, 9), fc.constantFrom(1023, 1024, 1025, 1027, 2048, 2100)),
  fc.tuple(fc.constantFrom(1023, 1025, 2049, 2053), fc.constantFrom(1, 2, 5)),
);

describe.each(everyExtension)(
  `losses in machine code for $name, $type (seed ${propertySeed})`,
  ({ code, type, lack, reason }) => {
    test.for(Object.entries(cases))(
      '%s has the bits of the reference, and writes nothing but its outputs',
      ([, kernel], context) => {
        const memory =
          code === null ? skipFor(context, lack, reason) : guardKernels(nativeKernelsOf(code), undefined, type);
        let made = 0;
        const check = (dims: readonly number[], mix: (typeof valueMixes)[number], seed: number) => {
          memory.reset();
          const expected = arraysOf(kernel, dims, mix, seed, type, (length, own) => createElements(own, length));
          const actual = arraysOf(kernel, dims, mix, seed, type, memory.allocate as AllocateAs);
          memory.snapshot();
          link(callsOf(kernel, expected, dims), referenceKernels).run();
          const calls = callsOf(kernel, actual, dims);
          for (const call of calls) if (memory.kernels.bind(call) !== null) made++;
          link(calls, memory.kernels).run();
          expect(memory.firstStrayByte(calls.flatMap(arraysWritten))).toBeNull();
          for (const name of kernel.writes) {
            const difference = firstDifference(actual[name], expected[name]);
            if (difference !== null) throw new Error(name + difference);
          }
        };
        const input = [fc.constantFrom(...valueMixes), fc.integer()] as const;
        const runs = { seed: propertySeed, numRuns: counted(200, 2000) };
        fc.assert(fc.property(kernel.dims, ...input, check), runs);
        expect(made).toBeGreaterThan(20);
        const wide = fc.tuple(kernel.dims, large).map(([[, , ...rest], [B, O]]) => [B, O, ...rest]);
        fc.assert(fc.property(wide, ...input, check), { ...runs, numRuns: counted(20, 200) });
      },
    );
  },
);

/** What an operation may write, by its operands. */
const arraysWritten = ({ op, args }: Call): Elements[] =>
  Object.values(op.operands).flatMap((operand, k) =>
    'access' in operand && operand.access !== 'in' ? (args[k] as Elements | Elements[]) : [],
  );
