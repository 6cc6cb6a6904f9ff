import type { Elements } from '../../math/element-type.ts';
import { addressOf } from '../../program/address.ts';
import type { FixedCall } from '../../program/kernels.ts';
import { FORMULA, type FormulaOp } from '../../program/ops/formula.ts';
import { axesOf } from '../../program/reference/formula.ts';
import type { CodeLayout } from '../code.ts';
import { type InputClass, isPlain } from '../formulas/expression.ts';
import type { BindCall } from './call-tape.ts';
import type { PanelMemory } from './panels/panel-memory.ts';

/**
 * Makes calls of formulas; null for other operations. A call takes the last two axes of the results, as rows and
 * columns, at one place of all others. Plain code runs what kernels lack, and formulas that take too many registers.
 */
export function createFormulas({ formula: kernelOf }: CodeLayout, { sizesOf, bytes }: PanelMemory): BindCall {
  return ({ op, args }) => {
    if (op.name !== FORMULA) return null;
    const { formula } = op as unknown as FormulaOp;
    const { expression, inputs } = formula;
    if (isPlain(expression)) return null;
    const B = args[args.length - 1] as number;
    if (B === 0) return [];
    const { extents, strides } = axesOf(formula, B);
    const hasRows = (axis: number): boolean => strides.every((own) => own[axis] !== 0 || own[axis - 1] !== 0);
    const last = extents.length - 1;
    const outer = last > 0 && hasRows(last) ? last - 1 : Math.max(0, last); // axes that calls do not take
    const [rows, columns] = [extents.slice(outer, last)[0] ?? 1, extents[last] ?? 1];
    const classes = strides.map((own): InputClass => {
      if (last >= 0 && own[last] === 0) return 'columns';
      return outer < last && own[outer] === 0 ? 'rows' : 'inputs';
    });
    const kernel = kernelOf(expression, classes);
    if (kernel === null) return null;

    const arrays = args.slice(0, -1) as Elements[];
    const outputs = arrays.length - inputs.length;
    const addresses = arrays.map(addressOf);
    // In the kernel's order: inputs, rows, columns, outputs.
    const order = (['inputs', 'rows', 'columns'] as const).flatMap((own) =>
      classes.flatMap((other, k) => (other === own ? [k] : [])),
    );
    const sizes = sizesOf(columns, rows);
    const calls: FixedCall[] = [];
    const count = extents.slice(0, outer).reduce((product, extent) => product * extent, 1);
    for (let call = 0; call < count; call++) {
      const offsets = strides.map(() => 0);
      for (let axis = outer - 1, place = call; axis >= 0; axis--) {
        const rest = Math.floor(place / extents[axis]);
        for (const [k, own] of strides.entries()) offsets[k] += (place - rest * extents[axis]) * own[axis];
        place = rest;
      }
      calls.push([
        kernel,
        ...order.map((k) => addresses[outputs + k] + bytes * offsets[k]),
        ...addresses.slice(0, outputs).map((address) => address + bytes * call * rows * columns),
        ...sizes,
      ]);
    }
    return calls;
  };
}
