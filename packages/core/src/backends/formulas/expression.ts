import type { Expression } from '../../families/scalars/expression.ts';
import { scalars } from '../../families/scalars/index.ts';
import type { Elementwise } from './arithmetic.ts';
import type { Condition, Value } from './formula.ts';

/**
 * How a kernel reads an input: a number for each place, for each column, the same for all rows, or for each row.
 */
export type InputClass = 'inputs' | 'rows' | 'columns';

/** An expression as an elementwise operation, whose inputs are `x0`, `x1`, … and whose outputs `y0`, … */
export function elementwiseOf({ steps, results }: Expression, classes: readonly InputClass[]): Elementwise {
  const indicesOf = (own: InputClass): number[] => classes.flatMap((other, k) => (other === own ? [k] : []));
  const order = (['inputs', 'rows', 'columns'] as const).map(indicesOf);
  const [inputs, rows, columns] = order.map((indices) => indices.map((k) => `x${k}`));
  const positions = order.flat();
  return {
    inputs,
    rows,
    columns,
    outputs: results.map((_, k) => `y${k}`),
    sizes: ['B', 'size'],
    of(m, ...arrays) {
      const values: Value[] = [];
      for (const [name, a, b, c, p] of steps) {
        if (name === 'input') values.push(arrays[positions.indexOf(a)]);
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
