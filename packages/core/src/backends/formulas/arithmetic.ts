import type { Isa } from '../isa/isa.ts';
import { createFormula, type Formula, type Value } from './formula.ts';
import { type Functions, functionsOf } from './functions.ts';

/** The operations and functions of formulas. */
export type Arithmetic = Formula & Functions;

/** An empty formula for a processor, with the functions of its type. */
export function createArithmetic({ type, formulas }: Pick<Isa, 'type' | 'formulas'>): Arithmetic {
  const formula = createFormula(type, formulas.scale !== undefined);
  return { ...formula, ...functionsOf(formula) };
}

/**
 * An operation that computes each number of its outputs from those at the same place. Operands have their names in
 * `ops`.
 */
export interface Elementwise {
  /** Arrays with a number for each output number. */
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
  /** The value of the first number at which the outputs are the inputs: nothing is read or written then. */
  readonly neutral?: number;
  /** The outputs, from inputs, rows, columns and numbers in this order. */
  of(m: Arithmetic, ...values: Value[]): Value[];
}
