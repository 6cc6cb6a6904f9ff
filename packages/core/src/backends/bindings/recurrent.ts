import type { Elements } from '../../math/element-type.ts';
import { addressOf } from '../../program/address.ts';
import { argumentOf } from '../../program/op.ts';
import { recurrentOps } from '../../program/ops/recurrent.ts';
import { type RecurrentStep, sliceAt } from '../../program/reference/recurrent.ts';
import type { CodeLayout } from '../code.ts';
import { arrayNamesOf } from '../kernels/elementwise.ts';
import type { BindCall, CallTape } from './call-tape.ts';
import type { PanelMemory } from './panels/panel-memory.ts';

const steps: Readonly<Record<string, RecurrentStep | undefined>> = recurrentOps;

/** Writes the call of a kernel for row n. */
type WriteRow = (n: number) => void;

/** Makes calls of the steps of recurrent layers, row by row, since each row ends where its padding begins. */
export function createRecurrent(
  { recurrent, elementwise }: CodeLayout,
  tape: CallTape,
  { sizesOf, bytes }: PanelMemory,
): BindCall {
  /** Calls of a kernel on `size` numbers of each row: its first arguments are the addresses of the row's parts. */
  function callsOf(kernel: number, parts: readonly RowNumbers[], values: readonly number[], size: number): WriteRow {
    const argumentValues = Float64Array.of(...parts.map(({ first }) => first), ...values, ...sizesOf(size));
    return (n) => {
      for (let k = 0; k < parts.length; k++) argumentValues[k] = parts[k].first + n * parts[k].row;
      tape.writeAll(kernel, argumentValues);
    };
  }

  return (call) => {
    const { op } = call;
    const operation = Object.hasOwn(steps, op.name) ? steps[op.name] : undefined;
    if (operation === undefined) return null;
    const [t, B, T, O] = ['t', 'B', 'T', 'O'].map((name) => argumentOf(call, name) as number);
    const lengths = argumentOf(call, 'lengths') as Float64Array;
    const kernel = recurrent[op.name];

    /** The addresses of a slice at position t. */
    function numbersOf(slice: string): RowNumbers {
      const { name, first, row } = sliceAt(op.operands, slice, t, T, O);
      return { first: addressOf(argumentOf(call, name) as Elements) + bytes * first, row: bytes * row };
    }
    const copies = (list: RecurrentStep['copiesBefore']): WriteRow[] =>
      list.map(([to, from, gates]) => callsOf(elementwise.copy, [numbersOf(from), numbersOf(to)], [], gates * O));
    const formula = callsOf(kernel, arrayNamesOf(operation).map(numbersOf), [], O);
    const before = copies(operation.copiesBefore);
    const atPosition = [formula, ...copies(operation.copiesAfter)];
    const atPadding = operation.clearedAtPadding.map(([slice, gates]) =>
      callsOf(elementwise.fill, [numbersOf(slice)], [0], gates * O),
    );
    return () => {
      for (let n = 0; n < B; n++) {
        for (const write of before) write(n);
        for (const write of t < lengths[n] ? atPosition : atPadding) write(n);
      }
      tape.run();
    };
  };
}

/** The addresses of the same numbers of all rows. */
interface RowNumbers {
  readonly first: number; // address of row 0's numbers
  readonly row: number; // bytes between rows
}
