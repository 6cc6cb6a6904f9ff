import { type Elements, type ElementType, typeOf } from '../../../../packages/core/src/math/element-type.ts';
import { type Call, createList, type Operand } from '../../../../packages/core/src/program/op.ts';
import { fillHardValues, type ValueMix } from '../../../support/hard-values.ts';
import type { Arrays, KernelCase } from './kernel-case.ts';

/** The calls of a case. */
export function callsOf(kernel: KernelCase, arrays: Arrays, dims: readonly number[]): readonly Call[] {
  const { calls, emit } = createList();
  kernel.emit(emit, arrays, dims);
  return calls;
}

/** Makes an array of a type. */
export type AllocateAs = (length: number, type: ElementType) => Elements;

/** The arrays of a case in a run of a type, filled from a seed. */
export function arraysOf(
  kernel: KernelCase,
  dims: readonly number[],
  mix: ValueMix,
  seed: number,
  type: ElementType,
  allocate: AllocateAs,
): Arrays {
  const arrays: Arrays = {};
  for (const [k, [name, length]] of Object.entries(kernel.arrays(dims)).entries()) {
    const array = allocate(length, isDouble(kernel, name) ? 'float64' : type);
    fillHardValues(array, mix, seed + k, type);
    arrays[name] = array as Float64Array;
  }
  kernel.prepare?.(arrays, dims);
  return arrays;
}

/** Arrays with the numbers of others: drawing them takes longer than to copy them. */
export const copiesOf = (arrays: Arrays, allocate: AllocateAs): Arrays =>
  Object.fromEntries(
    Object.entries(arrays).map(([name, array]) => {
      const copy = allocate(array.length, typeOf(array));
      copy.set(array);
      return [name, copy as Float64Array];
    }),
  );

/** Whether the operations of a case take doubles under a name, or a number, in a run of any type. */
const isDouble = (kernel: KernelCase, name: string): boolean =>
  kernel.ops.some(({ operands: { [name]: operand } }) => operand?.kind === 'number' || isDoubles(operand));

const isDoubles = (operand: Operand | undefined): boolean =>
  operand !== undefined && 'type' in operand && operand.type === 'float64';
