import { referenceKernels } from '@gradloom/core';
import fc from 'fast-check';
import { describe, expect, type TestContext, test } from 'vitest';
import { matrixOps, rowFormulas } from '../../../../../../packages/core/src/backends/native/formulas/norms.ts';
import { columnSums } from '../../../../../../packages/core/src/backends/native/matrices/column-sums.ts';
import {
  createElements,
  type Elements,
  type ElementType,
} from '../../../../../../packages/core/src/math/element-type.ts';
import { link } from '../../../../../../packages/core/src/program/link.ts';
import type { Call } from '../../../../../../packages/core/src/program/op.ts';
import type { MachineCode } from '../../../../../../packages/runtime/src/engine/backends/native/machine-code.ts';
import { firstDifference } from '../../../../../support/bits.ts';
import { counted } from '../../../../../support/count.ts';
import { type GuardedMemory, guardKernels } from '../../../../../support/guarded-memory.ts';
import { type ValueMix, valueMixes } from '../../../../../support/hard-values.ts';
import { everyExtension, nativeKernelsOf } from '../../../../../support/installed-extensions.ts';
import { skipFor } from '../../../../../support/needs.ts';
import { propertySeed } from '../../../../../support/seed.ts';
import { cases } from '../../../../core/kernels/cases.ts';
import type { KernelCase } from '../../../../core/kernels/kernel-case.ts';
import { type AllocateAs, arraysOf, callsOf } from '../../../../core/kernels/run-case.ts';

const names = [...Object.keys(matrixOps), ...columnSums, ...Object.keys(rowFormulas)];
const ownCases = Object.entries(cases).filter(([, { ops }]) => ops.every(({ name }) => names.includes(name)));

test('every operation of matrices, every sum over rows and every operation of layer-norm has a case', () => {
  const covered = ownCases.flatMap(([, { ops }]) => ops.map(({ name }) => name));
  expect(new Set(covered)).toEqual(new Set(names));
});

/** Machine code that is entered for a single number, too. */
function eager({ layout, ...code }: MachineCode): MachineCode {
  const all = <Kernels extends object>(kernels: Kernels): Kernels =>
    Object.fromEntries(Object.entries(kernels).map(([name, kernel]) => [name, { ...kernel, steps: 4096 }])) as Kernels;
  const { matrices, columnSums, rowFormulas } = layout;
  const kernels = { matrices: all(matrices), columnSums: all(columnSums), rowFormulas: all(rowFormulas) };
  return { ...code, layout: { ...layout, ...kernels } };
}

/** Dimensions that are cut into blocks of rows, chunks of them, or more calls than the tape takes. */
const large: readonly (readonly [name: keyof typeof cases, ...dims: number[]])[] = [
  ['leafSums', 1, 1000, 8320, 132],
  ['leafGradients', 5, 2, 700, 140],
  ['layerNormBackwardWeights', 3, 650, 141, 2, 1],
  ['batchNormForward', 501, 140],
  ['batchNormBackwardInput', 130, 520],
  ['layerNormForward', 301, 140, 1e-5],
  ['layerNormForward', 7, 4096, 1e-5],
  ['layerNormBackwardInput', 523, 4],
];

describe.each(everyExtension)(
  `machine code for $name, $type (seed ${propertySeed})`,
  ({ code, type, lack, reason }) => {
    const guard = (context: TestContext) =>
      code === null ? skipFor(context, lack, reason) : guardKernels(nativeKernelsOf(eager(code)), undefined, type);

    /** Runs a case by plain code and by machine code. Returns the operations that are machine code. */
    function compare(
      memory: GuardedMemory<ElementType>,
      kernel: KernelCase,
      dims: readonly number[],
      mix: ValueMix,
      seed: number,
    ): string[] {
      memory.reset();
      const expected = arraysOf(kernel, dims, mix, seed, type, (length, own) => createElements(own, length));
      const actual = arraysOf(kernel, dims, mix, seed, type, memory.allocate as AllocateAs);
      memory.snapshot();
      link(callsOf(kernel, expected, dims), referenceKernels).run();
      const calls = callsOf(kernel, actual, dims);
      link(calls, memory.kernels).run();
      expect(memory.firstStrayByte(calls.flatMap(arraysWritten))).toBeNull();
      for (const name of kernel.writes) {
        const difference = firstDifference(actual[name], expected[name]);
        if (difference !== null) throw new Error(name + difference);
      }
      return calls.filter((call) => memory.kernels.bind(call) !== null).map(({ op }) => op.name);
    }

    test.for(ownCases)(
      '%s has the bits of the reference, and writes nothing but its outputs',
      ([, kernel], context) => {
        const memory = guard(context);
        const made = new Set<string>();
        const input = fc.tuple(kernel.dims, fc.constantFrom(...valueMixes), fc.integer());
        const check = fc.property(input, ([dims, mix, seed]) => {
          for (const name of compare(memory, kernel, dims, mix, seed)) made.add(name);
        });
        fc.assert(check, { seed: propertySeed, numRuns: counted(200, 2000) });
        expect(made).toEqual(new Set(kernel.ops.map(({ name }) => name)));
      },
    );

    test.for(large)('%s has the same bits in several calls: %j', ([name, ...dims], context) => {
      const memory = guard(context);
      expect(compare(memory, cases[name], dims, 'plain', 1)).toEqual([name]);
    });
  },
);

/** What an operation may write, by its operands. */
const arraysWritten = ({ op, args }: Call): Elements[] =>
  Object.values(op.operands).flatMap((operand, k) =>
    'access' in operand && operand.access !== 'in' ? (args[k] as Elements | Elements[]) : [],
  );
