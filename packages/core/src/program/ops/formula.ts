import type { Elements } from '../../math/element-type.ts';
import { count, defineOp, input, type Op, output } from '../op.ts';
import { createFormulaCode, type Formula } from '../reference/formula.ts';

/** An operation whose results are expressions of its inputs: outputs, then inputs, then the rows B. */
export interface FormulaOp extends Op<[...arrays: Elements[], B: number]> {
  readonly formula: Formula;
}

/** The operation of a formula. Backends make its kernel from the same steps. */
export function formulaOp(formula: Formula): FormulaOp {
  const { expression, shape, inputs } = formula;
  const outputs = expression.results.length;
  const run = createFormulaCode(formula);
  const operands = {
    ...Object.fromEntries(expression.results.map((_, k) => [`y${k}`, output('B', ...shape)])),
    ...Object.fromEntries(
      inputs.map(({ shape: own, isFixed = false }, k) => [`x${k}`, isFixed ? input(...own) : input('B', ...own)]),
    ),
    B: count,
  };
  const op = defineOp<[...arrays: Elements[], B: number]>(FORMULA, operands, (...args) => {
    const arrays = args.slice(0, -1) as Elements[];
    run(arrays.slice(0, outputs), arrays.slice(outputs), args[args.length - 1] as number);
  });
  return { ...op, formula };
}

/** The name of the operation of every formula. */
export const FORMULA = 'formula';
