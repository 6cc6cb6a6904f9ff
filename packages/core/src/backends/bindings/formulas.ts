import { expressionOfResults, inputsOfExpression } from '../../families/scalars/expression.ts';
import type { Elements } from '../../math/element-type.ts';
import { addressOf } from '../../program/address.ts';
import type { FixedCall } from '../../program/kernels.ts';
import { FORMULA, type FormulaOp } from '../../program/ops/formula.ts';
import { axesOf } from '../../program/reference/formula.ts';
import type { CodeLayout } from '../code.ts';
import { type InputClass, isPlain } from '../formulas/expression.ts';
import type { BindCall } from './call-tape.ts';
import type { PanelMemory } from './panels/panel-memory.ts';

/** The kernels' order of the inputs of an expression. */
const classOrder: readonly InputClass[] = ['inputs', 'rows', 'columns'];

/**
 * Makes calls of formulas; null for other operations. A call takes the last two axes of the results, as rows and
 * columns, at one place of all others. Plain code runs what kernels lack, and formulas that take too many registers.
 */
export function createFormulas({ formula: kernelOf }: CodeLayout, { sizesOf, bytes }: PanelMemory): BindCall {
  return ({ op, args }) => {
    if (op.name !== FORMULA) return null;
    const { formula, isJoined } = op as unknown as FormulaOp;
    const { expression } = formula;
    if (isPlain(expression)) return null;
    const B = args[args.length - 1] as number;
    if (B === 0) return [];
    const { extents, strides } = axesOf(formula, B);
    const last = extents.length - 1;
    // No class of inputs is spread over both axes of a call.
    const hasRows =
      last > 0 && strides.every((inputStrides) => inputStrides[last] !== 0 || inputStrides[last - 1] !== 0);
    const outer = extents.slice(0, hasRows ? -2 : -1); // axes that calls do not take
    const [rows, columns] = hasRows ? extents.slice(-2) : [1, extents[last] ?? 1];
    const classes = strides.map((inputStrides): InputClass => {
      if (inputStrides[last] === 0) return 'columns';
      return hasRows && inputStrides[last - 1] === 0 ? 'rows' : 'inputs';
    });

    const outputs = expression.results.length;
    const addresses = (args.slice(0, -1) as Elements[]).map(addressOf);
    const sizes = sizesOf(columns, rows);
    /** Calls that make some of the results; null if a processor has too few registers for their kernel. */
    function callsFor(results: readonly number[]): FixedCall[] | null {
      const part = expressionOfResults(expression, results);
      const read = new Set(inputsOfExpression(part));
      const order = classOrder.flatMap((inputClass) => [...read].filter((k) => classes[k] === inputClass));
      const kernel = kernelOf(
        part,
        order.map((k) => [k, classes[k]]),
      );
      if (kernel === null) return null;
      const count = outer.reduce((product, extent) => product * extent, 1);
      return Array.from({ length: count }, (_, call) => {
        const position = positionOf(call, outer);
        const offsetOf = (k: number) => position.reduce((sum, index, axis) => sum + index * strides[k][axis], 0);
        const inputs = order.map((k) => addresses[outputs + k] + bytes * offsetOf(k));
        const to = results.map((result) => addresses[result] + bytes * call * rows * columns);
        return [kernel, ...inputs, ...to, ...sizes];
      });
    }

    const callsForAll = callsFor([...expression.results.keys()]);
    if (callsForAll !== null || outputs === 1 || isJoined) return callsForAll;
    // One result after the other: the first comes last, since its array may be that of an input.
    const callsForEach = expression.results.map((_, k) => callsFor([k])).reverse();
    return callsForEach.includes(null) ? null : (callsForEach as FixedCall[][]).flat();
  };
}

/** Indices along axes of item k, the last axis varying fastest. */
function positionOf(k: number, extents: readonly number[]): number[] {
  const position: number[] = [];
  for (const extent of extents.toReversed()) {
    position.unshift(k % extent);
    k = Math.floor(k / extent);
  }
  return position;
}
