import { referenceKernels } from '@gradloom/core';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { CodeLayout } from '../../../../../../packages/core/src/backends/native/code.ts';
import { elementwise } from '../../../../../../packages/core/src/backends/native/formulas/index.ts';
import { lossOperations } from '../../../../../../packages/core/src/backends/native/losses/losses.ts';
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

/** Names of the operations with machine code that is made of formulas. */
const made = [...Object.keys(elementwise), ...lossOperations];
const ownCases = Object.entries(cases).filter(([, { ops }]) => ops.every(({ name }) => made.includes(name)));

test('every operation of formulas has a case', () => {
  const covered = ownCases.flatMap(([, { ops }]) => ops.map(({ name }) => name));
  expect(new Set(covered)).toEqual(new Set(made));
});

/** Machine code that is entered for a single number, too. */
function eager(code: MachineCode): MachineCode {
  const { layout } = code;
  const eagerly = (kernels: CodeLayout['elementwise']): CodeLayout['elementwise'] =>
    Object.fromEntries(Object.entries(kernels).map(([name, { place }]) => [name, { place, steps: 4096 }]));
  const losses = { ...layout.losses, formulas: eagerly(layout.losses.formulas) };
  return { ...code, layout: { ...layout, elementwise: eagerly(layout.elementwise), losses } };
}

describe.each(everyExtension)(
  `machine code for $name, $type (seed ${propertySeed})`,
  ({ code, type, lack, reason }) => {
    test.for(ownCases)(
      '%s has the bits of the reference, and writes nothing but its outputs',
      ([, kernel], context) => {
        const memory =
          code === null ? skipFor(context, lack, reason) : guardKernels(nativeKernelsOf(eager(code)), undefined, type);
        const entered = new Set<string>();
        const input = fc.tuple(kernel.dims, fc.constantFrom(...valueMixes), fc.integer());
        const check = fc.property(input, ([dims, mix, seed]) => {
          memory.reset();
          const expected = arraysOf(kernel, dims, mix, seed, type, (length, own) => createElements(own, length));
          const actual = arraysOf(kernel, dims, mix, seed, type, memory.allocate as AllocateAs);
          memory.snapshot();
          link(callsOf(kernel, expected, dims), referenceKernels).run();
          const calls = callsOf(kernel, actual, dims);
          for (const call of calls) if (memory.kernels.bind(call) !== null) entered.add(call.op.name);
          link(calls, memory.kernels).run();
          expect(memory.firstStrayByte(calls.flatMap(arraysWritten))).toBeNull();
          for (const name of kernel.writes) {
            const difference = firstDifference(actual[name], expected[name]);
            if (difference !== null) throw new Error(name + difference);
          }
        });
        fc.assert(check, { seed: propertySeed, numRuns: counted(200, 2000) });
        expect(entered).toEqual(new Set(kernel.ops.map(({ name }) => name)));
      },
    );
  },
);

/** What an operation may write, by its operands. */
const arraysWritten = ({ op, args }: Call): Elements[] =>
  Object.values(op.operands).flatMap((operand, k) =>
    'access' in operand && operand.access !== 'in' ? (args[k] as Elements | Elements[]) : [],
  );
