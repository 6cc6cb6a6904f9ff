import { activations } from '../../../families/activations/index.ts';
import { functionName } from '../../../program/ops/names.ts';
import type { Isa } from '../isa/isa.ts';
import { activationFormulas } from './activations.ts';
import { createFormula, type Formula, type Value } from './formula.ts';
import { type Functions, functionsOf } from './functions.ts';

export type Arithmetic = Formula & Functions;

/**
 * An operation that computes each number of its outputs from those at the same place. Operands have their names in
 * `ops`.
 */
export interface Elementwise {
  /** Arrays with a number for each place. */
  readonly inputs: readonly string[];
  /** Arrays with a number for each column: the same for all rows. */
  readonly rows?: readonly string[];
  /** Arrays with a number for each row. */
  readonly columns?: readonly string[];
  /** Numbers of the call. */
  readonly numbers?: readonly string[];
  readonly outputs: readonly string[];
  /** Numbers of a row, and of rows. */
  readonly sizes: readonly [rows: string | null, columns: string];
  /** The outputs, from inputs, rows, columns and numbers in this order. */
  of(m: Arithmetic, ...values: Value[]): Value[];
}

/** All elementwise operations with machine code, by operation name. */
export const elementwise: Readonly<Record<string, Elementwise>> = {
  ...activationOps(),
};

function activationOps(): Record<string, Elementwise> {
  const entries: [string, Elementwise][] = [];
  for (const [name, { apply, derivative }] of Object.entries(activationFormulas)) {
    const numbers = activations[name as keyof typeof activations].alpha === 0 ? [] : ['alpha'];
    const shared = { numbers, sizes: [null, 'n'] } as const;
    const op = functionName(name);
    entries.push(
      [`${op}Forward`, { ...shared, inputs: ['z'], outputs: ['a'], of: (m, z, alpha) => [apply(m, z, alpha)] }],
      [
        `${op}Backward`,
        {
          ...shared,
          inputs: ['da', 'za'],
          outputs: ['dz'],
          of: (m, da, za, alpha) => [m.flush(m.times(da, derivative(m, za, alpha)))],
        },
      ],
    );
  }
  return Object.fromEntries(entries);
}

/** An empty formula for a processor, with the functions of its type. */
export function createArithmetic({ type, formulas }: Pick<Isa, 'type' | 'formulas'>): Arithmetic {
  const formula = createFormula(type, formulas.scale !== undefined);
  return { ...formula, ...functionsOf(formula) };
}
