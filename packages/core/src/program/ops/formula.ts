import type { Elements } from '../../math/element-type.ts';
import { type Call, count, defineOp, input, type Op, output } from '../op.ts';
import { createFormulaCode, type Formula } from '../reference/formula.ts';
import { type FormulaArrays, joinFormulas } from './join-formulas.ts';

/** An operation whose results are expressions of its inputs: outputs, then inputs, then the rows B. */
export interface FormulaOp extends Op<[...arrays: Elements[], B: number]> {
  readonly formula: Formula;
  /** Whether it stands for several calls, so that kernels make all of its results at once or none. */
  readonly isJoined: boolean;
}

/** The operation of a formula. Backends make its kernel from the same steps. */
export function formulaOp(formula: Formula, isJoined = false): FormulaOp {
  const { expression, shape, inputs } = formula;
  const outputs = expression.results.length;
  const run = createFormulaCode(formula);
  const operands = {
    ...Object.fromEntries(expression.results.map((_, k) => [`y${k}`, output('B', ...shape)])),
    ...Object.fromEntries(
      inputs.map(({ shape: axes, isFixed = false }, k) => [`x${k}`, isFixed ? input(...axes) : input('B', ...axes)]),
    ),
    B: count,
  };
  const op = defineOp<[...arrays: Elements[], B: number]>(FORMULA, operands, (...args) => {
    const arrays = args.slice(0, -1) as Elements[];
    run(arrays.slice(0, outputs), arrays.slice(outputs), args[args.length - 1] as number);
  });
  return { ...op, formula, isJoined, join };
}

/** Two calls of formulas as one: see `joinFormulas`. */
function join(first: Call, second: Call): Call | null {
  if (second.op.name !== FORMULA) return null;
  const joinedFormula = joinFormulas(arraysOf(first), arraysOf(second));
  if (joinedFormula === null) return null;
  const op = formulaOp(joinedFormula.formula, true /* isJoined */) as unknown as Call['op'];
  return { op, args: [...joinedFormula.outputs, ...joinedFormula.inputs, joinedFormula.B] };
}

function arraysOf({ op, args }: Call): FormulaArrays {
  const { formula } = op as unknown as FormulaOp;
  const outputs = formula.expression.results.length;
  const arrays = args.slice(0, -1) as Elements[];
  return {
    formula,
    outputs: arrays.slice(0, outputs),
    inputs: arrays.slice(outputs),
    B: args[args.length - 1] as number,
  };
}

/** The name of the operation of every formula. */
export const FORMULA = 'formula';
