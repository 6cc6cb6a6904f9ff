import { type Elements, typeOf } from '../../math/element-type.ts';
import { mathOf, type ScalarMath } from '../../math/real-math.ts';
import type { Operand } from '../op.ts';

/** Numbers of a row: the operand, and the gate at which they begin. 'gates 2' is gate 2 of the array `gates`. */
type Slice = string;

/** A step of a recurrent layer, row by row: a formula for the `O` units of a row, with copies before and after it. */
export interface RecurrentStep {
  readonly inputs: readonly Slice[];
  readonly outputs: readonly Slice[];
  readonly sizes: readonly [rows: null, columns: 'O'];
  /** The outputs of a unit from its inputs. */
  apply<V, C>(m: ScalarMath<V, C>, ...values: V[]): V[];
  /** Copies of `gates` times O numbers, made before the formula, at padding too. */
  readonly copiesBefore: readonly (readonly [to: Slice, from: Slice, gates: number])[];
  /** Copies after the formula. */
  readonly copiesAfter: readonly (readonly [to: Slice, from: Slice, gates: number])[];
  /** Arrays that are set to 0 at padding, where the formula is not computed. */
  readonly clearedAtPadding: readonly (readonly [slice: Slice, gates: number])[];
}

/** Where a slice lies at position t of T: the operand, the index of row 0's first number, and the distance of rows. */
export function sliceAt(operands: Readonly<Record<string, Operand>>, slice: Slice, t: number, T: number, O: number) {
  const [name, gate] = slice.split(' ');
  const operand = operands[name];
  const shape = 'shape' in operand ? operand.shape : [];
  const position = O * shape.reduce<number>((size, extent) => (typeof extent === 'number' ? extent : size), 1);
  const [row, offset] = shape.includes('T') ? [T * position, t * position] : [position, 0];
  return { name, first: offset + O * Number(gate), row };
}

/** The plain code of a step, which defines its bits. */
export const recurrentCode =
  (step: Omit<RecurrentStep, 'sizes'>, operands: Readonly<Record<string, Operand>>) =>
  (...args: readonly unknown[]): void => {
    const byName = Object.fromEntries(Object.keys(operands).map((name, k) => [name, args[k]]));
    const { lengths, t, B, T, O } = byName as { lengths: Float64Array; t: number; B: number; T: number; O: number };
    const arrayOf = (slice: Slice) => {
      const { name, first, row } = sliceAt(operands, slice, t, T, O);
      return { array: byName[name] as Elements, first, row };
    };
    const copies = (list: RecurrentStep['copiesBefore']) =>
      list.map(([to, from, gates]) => ({ to: arrayOf(to), from: arrayOf(from), length: gates * O }));
    const [before, after] = [copies(step.copiesBefore), copies(step.copiesAfter)];
    const [inputs, outputs] = [step.inputs.map(arrayOf), step.outputs.map(arrayOf)];
    const clearedSlices = step.clearedAtPadding.map(([slice, gates]) => ({ ...arrayOf(slice), length: gates * O }));
    const math = mathOf(typeOf(inputs[0].array));

    function copyRow(n: number, list: typeof before): void {
      for (const { to, from, length } of list) {
        const [toRow, fromRow] = [to.first + n * to.row, from.first + n * from.row];
        for (let j = 0; j < length; j++) to.array[toRow + j] = from.array[fromRow + j];
      }
    }

    for (let n = 0; n < B; n++) {
      copyRow(n, before);
      if (t >= lengths[n]) {
        for (const { array, first, row, length } of clearedSlices)
          array.fill(0, first + n * row, first + n * row + length);
        continue;
      }
      for (let o = 0; o < O; o++) {
        const values = inputs.map(({ array, first, row }) => array[first + n * row + o]);
        const results = step.apply<number, boolean>(math, ...values);
        for (const [k, { array, first, row }] of outputs.entries()) array[first + n * row + o] = results[k];
      }
      copyRow(n, after);
    }
  };
