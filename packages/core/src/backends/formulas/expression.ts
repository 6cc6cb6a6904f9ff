import type { Expression } from '../../families/scalars/expression.ts';
import { scalars } from '../../families/scalars/index.ts';
import type { Elementwise } from './arithmetic.ts';
import type { Condition, Value } from './formula.ts';

/**
 * How a kernel reads an input: a number for each place, for each column, the same for all rows, or for each row.
 */
export type InputClass = 'inputs' | 'rows' | 'columns';

/** An input that a kernel reads, by its index in the expression. */
export type KernelInput = readonly [input: number, own: InputClass];

/** An expression as an elementwise operation of its inputs, those of one class after the other: see `InputClass`. */
export function elementwiseOf({ steps, results }: Expression, kernelInputs: readonly KernelInput[]): Elementwise {
  const namesOf = (own: InputClass): string[] =>
    kernelInputs.flatMap(([input, other]) => (other === own ? [`x${input}`] : []));
  return {
    inputs: namesOf('inputs'),
    rows: namesOf('rows'),
    columns: namesOf('columns'),
    outputs: results.map((_, k) => `y${k}`),
    sizes: ['B', 'size'],
    of(m, ...arrays) {
      const values: Value[] = [];
      for (const [name, a, b, c, p] of steps) {
        if (name === 'input') values.push(arrays[kernelInputs.findIndex(([input]) => input === a)]);
        else if (name === 'constant') values.push(m.constant(a));
        else {
          const { operands, apply } = scalars[name];
          const constants = [b, c, p].slice(operands - 1);
          values.push(apply<Value, Condition>(m, values[a], values[b], values[c], constants[0], constants[1]));
        }
      }
      return results.map((result) => values[result]);
    },
  };
}

/** Whether an expression has a function that kernels lack. */
export const isPlain = ({ steps }: Expression): boolean =>
  steps.some(([name]) => name !== 'input' && name !== 'constant' && scalars[name].isPlain === true);
