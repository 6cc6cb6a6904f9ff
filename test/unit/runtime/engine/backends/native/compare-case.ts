import { referenceKernels } from '@gradloom/core';
import fc from 'fast-check';
import { expect } from 'vitest';
import {
  createElements,
  type Elements,
  type ElementType,
} from '../../../../../../packages/core/src/math/element-type.ts';
import type { Kernels } from '../../../../../../packages/core/src/program/kernels.ts';
import { link } from '../../../../../../packages/core/src/program/link.ts';
import type { Call } from '../../../../../../packages/core/src/program/op.ts';
import { firstDifference } from '../../../../../support/bits.ts';
import { counted } from '../../../../../support/count.ts';
import type { GuardedMemory } from '../../../../../support/guarded-memory.ts';
import { type ValueMix, valueMixes } from '../../../../../support/hard-values.ts';
import { propertySeed } from '../../../../../support/seed.ts';
import type { KernelCase } from '../../../../core/kernels/kernel-case.ts';
import { type AllocateAs, arraysOf, callsOf, copiesOf } from '../../../../core/kernels/run-case.ts';

/**
 * Expects that a case leaves the bits of plain code in a guarded memory, and writes nothing but its outputs. Returns
 * the operations that are machine code. The case runs `runs` times.
 */
export function compareCase(
  memory: GuardedMemory<ElementType>,
  type: ElementType,
  kernel: KernelCase,
  dims: readonly number[],
  mix: ValueMix,
  seed: number,
  runs = 1,
): ReadonlySet<string> {
  memory.reset(kernel.products?.(dims));
  const expected = arraysOf(kernel, dims, mix, seed, type, (length, own) => createElements(own, length));
  const actual = copiesOf(expected, memory.allocate as AllocateAs);
  memory.snapshot();
  const reference = link(callsOf(kernel, expected, dims), referenceKernels);
  for (let k = 0; k < runs; k++) reference.run();
  const calls = callsOf(kernel, actual, dims);
  const made = new Set<string>();
  const program = link(calls, noting(memory.kernels, made));
  for (let k = 0; k < runs; k++) program.run();
  expect(memory.firstStrayByte(calls.flatMap(arraysWritten))).toBeNull();
  for (const name of kernel.writes) {
    const difference = firstDifference(actual[name], expected[name]);
    if (difference !== null) throw new Error(name + difference);
  }
  return made;
}

/** `compareCase` for drawn dimensions and numbers. */
export function compareDrawn(
  memory: GuardedMemory<ElementType>,
  type: ElementType,
  kernel: KernelCase,
): ReadonlySet<string> {
  const made = new Set<string>();
  const input = fc.tuple(kernel.dims, fc.constantFrom(...(kernel.mixes ?? valueMixes)), fc.integer());
  const check = fc.property(input, ([dims, mix, seed]) => {
    for (const name of compareCase(memory, type, kernel, dims, mix, seed)) made.add(name);
  });
  fc.assert(check, { seed: propertySeed, numRuns: counted(60, 2000) });
  return made;
}

/** Kernels that note the names of the operations that they bind, joined ones too. */
const noting = (kernels: Kernels, names: Set<string>): Kernels => ({
  ...kernels,
  bind(call) {
    const run = kernels.bind(call);
    if (run !== null) names.add(call.op.name);
    return run;
  },
});

/** The arrays that an operation may write, by its operands. */
const arraysWritten = ({ op, args }: Call): Elements[] =>
  Object.values(op.operands).flatMap((operand, k) =>
    'access' in operand && operand.access !== 'in' ? (args[k] as Elements | Elements[]) : [],
  );
