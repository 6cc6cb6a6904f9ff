import { referenceKernels } from '@gradloom/core';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { elementwise } from '../../../../../../packages/core/src/backends/native/formulas/index.ts';
import { createElements, type Elements } from '../../../../../../packages/core/src/math/element-type.ts';
import { link } from '../../../../../../packages/core/src/program/link.ts';
import type { Call } from '../../../../../../packages/core/src/program/op.ts';
import type { MachineCode } from '../../../../../../packages/runtime/src/engine/backends/native/machine-code.ts';
import { firstDifference } from '../../../../../support/bits.ts';
import { counted } from '../../../../../support/count.ts';
import { guardKernels } from '../../../../../support/guarded-memory.ts';
import { valueMixes } from '../../../../../support/hard-values.ts';
import { everyExtension, nativeKernelsOf } from '../../../../../support/installed-extensions.ts';
import { skipFor } from '../../../../../support/needs.ts';
import { propertySeed } from '../../../../../support/seed.ts';
import { cases } from '../../../../core/kernels/cases.ts';
import { type AllocateAs, arraysOf, callsOf } from '../../../../core/kernels/run-case.ts';

const ownCases = Object.entries(cases).filter(([, { ops }]) => ops.every(({ name }) => name in elementwise));

test('every elementwise operation of machine code has a case', () => {
  const covered = ownCases.flatMap(([, { ops }]) => ops.map(({ name }) => name));
  expect(new Set(covered)).toEqual(new Set(Object.keys(elementwise)));
});

/** Machine code that is entered for a single number, too. */
function eager(code: MachineCode): MachineCode {
  const { layout } = code;
  const operations = Object.entries(layout.elementwise).map(([name, { place }]) => [name, { place, steps: 4096 }]);
  return { ...code, layout: { ...layout, elementwise: Object.fromEntries(operations) } };
}

describe.each(everyExtension)(
  `machine code for $name, $type (seed ${propertySeed})`,
  ({ code, type, lack, reason }) => {
    test.for(ownCases)(
      '%s has the bits of the reference, and writes nothing but its outputs',
      ([, kernel], context) => {
        const memory =
          code === null ? skipFor(context, lack, reason) : guardKernels(nativeKernelsOf(eager(code)), undefined, type);
        const made = new Set<string>();
        const input = fc.tuple(kernel.dims, fc.constantFrom(...valueMixes), fc.integer());
        const check = fc.property(input, ([dims, mix, seed]) => {
          memory.reset();
          const expected = arraysOf(kernel, dims, mix, seed, type, (length, own) => createElements(own, length));
          const actual = arraysOf(kernel, dims, mix, seed, type, memory.allocate as AllocateAs);
          memory.snapshot();
          link(callsOf(kernel, expected, dims), referenceKernels).run();
          const calls = callsOf(kernel, actual, dims);
          for (const call of calls) if (memory.kernels.bind(call) !== null) made.add(call.op.name);
          link(calls, memory.kernels).run();
          expect(memory.firstStrayByte(calls.flatMap(arraysWritten))).toBeNull();
          for (const name of kernel.writes) {
            const difference = firstDifference(actual[name], expected[name]);
            if (difference !== null) throw new Error(name + difference);
          }
        });
        fc.assert(check, { seed: propertySeed, numRuns: counted(200, 2000) });
        expect(made).toEqual(new Set(kernel.ops.map(({ name }) => name)));
      },
    );
  },
);

/** What an operation may write, by its operands. */
const arraysWritten = ({ op, args }: Call): Elements[] =>
  Object.values(op.operands).flatMap((operand, k) =>
    'access' in operand && operand.access !== 'in' ? (args[k] as Elements | Elements[]) : [],
  );
