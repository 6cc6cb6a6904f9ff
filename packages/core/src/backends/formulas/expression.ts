import { type Expression, resultsOf } from '../../families/scalars/expression.ts';
import { scalars } from '../../families/scalars/index.ts';
import type { Elementwise } from './arithmetic.ts';
import type { Condition, Value } from './formula.ts';

/** How a kernel reads an input: a number for each place, for each column, the same for all rows, or for each row. */
export type InputClass = 'inputs' | 'rows' | 'columns';

/** An input that a kernel reads, by its index in the expression. */
export type KernelInput = readonly [input: number, inputClass: InputClass];

/** An expression as an elementwise operation of its inputs, those of one class after the other: see `InputClass`. */
export function elementwiseOf(expression: Expression, kernelInputs: readonly KernelInput[]): Elementwise {
  const namesOf = (inputClass: InputClass): string[] =>
    kernelInputs.flatMap(([input, other]) => (other === inputClass ? [`x${input}`] : []));
  return {
    inputs: namesOf('inputs'),
    rows: namesOf('rows'),
    columns: namesOf('columns'),
    outputs: expression.results.map((_, k) => `y${k}`),
    sizes: ['B', 'size'],
    apply(m, ...arrays) {
      const inputs: Value[] = [];
      for (const [k, [input]] of kernelInputs.entries()) inputs[input] = arrays[k];
      return resultsOf<Value, Condition>(expression, m, inputs);
    },
  };
}

/** Whether an expression has a function that kernels lack. */
export const isPlain = ({ steps }: Expression): boolean =>
  steps.some(([name]) => name !== 'input' && name !== 'constant' && scalars[name].isPlain === true);
