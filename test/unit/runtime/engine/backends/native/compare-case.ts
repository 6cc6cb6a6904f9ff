import fc from 'fast-check';
import { expect } from 'vitest';
import { CALL_DOUBLES } from '../../../../../../packages/core/src/backends/isa/arguments.ts';
import {
  createElements,
  type Elements,
  type ElementType,
  FLOAT64,
} from '../../../../../../packages/core/src/math/element-type.ts';
import type { Kernels } from '../../../../../../packages/core/src/program/kernels.ts';
import { createTapeMemory, link } from '../../../../../../packages/core/src/program/link.ts';
import type { Call } from '../../../../../../packages/core/src/program/op.ts';
import { referenceKernels } from '../../../../../../packages/core/src/program/reference/reference-kernels.ts';
import { firstDifference } from '../../../../../support/bits.ts';
import { counted, share } from '../../../../../support/count.ts';
import type { GuardedMemory } from '../../../../../support/guarded-memory.ts';
import { type ValueMix, valueMixes } from '../../../../../support/hard-values.ts';
import { propertySeed } from '../../../../../support/seed.ts';
import { isPlain } from '../../../../core/kernels/cases.ts';
import type { KernelCase } from '../../../../core/kernels/kernel-case.ts';
import { type AllocateAs, arraysOf, callsOf, copiesOf } from '../../../../core/kernels/run-case.ts';

/** A tape for most cases. */
const TAPE_DOUBLES = 256 * CALL_DOUBLES;

interface CaseOptions {
  readonly mix?: ValueMix; // default 'plain'
  readonly seed?: number; // default 1
  readonly plain?: Kernels; // what has the expected bits, default the reference
  readonly onTape?: boolean; // whether its calls stand in the memory, default false
  readonly fuses?: boolean; // whether pairs of calls are joined, default true
  readonly times?: number; // how often the case runs, default once
}

/**
 * Expects that a case leaves the bits of plain code in a guarded memory, that kernels run every call but those of
 * `isPlain`, and that only outputs are written.
 */
export function compareCase(
  memory: GuardedMemory<ElementType>,
  type: ElementType,
  kernel: KernelCase,
  dims: readonly number[],
  { mix = 'plain', seed = 1, plain = referenceKernels, onTape = false, fuses = true, times = 1 }: CaseOptions = {},
): void {
  memory.reset(kernel.products?.(dims));
  const expected = arraysOf(kernel, dims, mix, seed, type, (length, elementType) =>
    createElements(elementType, length),
  );
  const actual = copiesOf(expected, memory.allocate as AllocateAs);
  const tape = onTape ? [memory.allocate(TAPE_DOUBLES, FLOAT64)] : [];
  memory.snapshot();
  const reference = link(callsOf(kernel, expected, dims), plain);
  for (let k = 0; k < times; k++) reference.run();
  const calls = callsOf(kernel, actual, dims);
  const program = link(calls, onlyBound(memory.kernels), onTape ? createTapeMemory(tape[0]) : null, { fuses });
  for (let k = 0; k < times; k++) program.run();
  expect(memory.firstStrayByte([...calls.flatMap(arraysWritten), ...tape])).toBeNull();
  for (const name of kernel.writes) {
    const difference = firstDifference(actual[name], expected[name]);
    if (difference !== null) throw new Error(name + difference);
  }
}

/** `compareCase` for drawn dimensions, numbers and ways to run. */
export function compareDrawn(
  memory: GuardedMemory<ElementType>,
  type: ElementType,
  kernel: KernelCase,
  plain?: Kernels,
): void {
  const options = fc.record({
    mix: fc.constantFrom(...(kernel.mixes ?? valueMixes)),
    seed: fc.integer(),
    onTape: fc.boolean(),
    fuses: fc.boolean(),
  });
  const check = fc.property(kernel.dims, options, (dims, drawn) =>
    compareCase(memory, type, kernel, dims, plain === undefined ? drawn : { ...drawn, plain }),
  );
  fc.assert(check, { seed: propertySeed, numRuns: share(counted(25, 1000)) });
}

/** Kernels that refuse a call which they leave to plain code without need. */
const onlyBound = (kernels: Kernels): Kernels => ({
  ...kernels,
  bind(call) {
    const bound = kernels.bind(call);
    if (bound === null && !isPlain(call)) throw new Error(`${call.op.name} is left to plain code`);
    return bound;
  },
});

/** The arrays that an operation may write, by its operands. */
const arraysWritten = ({ op, args }: Call): Elements[] =>
  Object.values(op.operands).flatMap((operand, k) =>
    'access' in operand && operand.access !== 'in' ? (args[k] as Elements | Elements[]) : [],
  );
