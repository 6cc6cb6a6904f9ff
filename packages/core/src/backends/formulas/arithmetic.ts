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

/** The arrays that a formula reads. They have their names in `ops`. */
export interface FormulaInputs {
  /** Arrays of the size of the outputs. */
  readonly inputs: readonly string[];
  /** Row vectors: arrays with a number for each column, the same for all rows. */
  readonly rows?: readonly string[];
  /** Column vectors: arrays with a number for each row. */
  readonly columns?: readonly string[];
}

/** Computes each number of the outputs from the inputs at the same place and the vectors at its row and column. */
export interface OutputFormula extends FormulaInputs {
  /** Scalars of the call. */
  readonly numbers?: readonly string[];
  readonly outputs: readonly string[];
  /** The outputs, from inputs, rows, columns and numbers in this order. */
  apply(m: Arithmetic, ...values: Value[]): Value[];
}

/** An operation that computes an `OutputFormula`. */
export interface Elementwise extends OutputFormula {
  /** Names of the arguments that count the rows (null: there is one row) and the numbers of a row. */
  readonly sizes: readonly [rows: string | null, columns: string];
  /** The value of the first number at which the outputs are the inputs: nothing is read or written then. */
  readonly neutral?: number;
}

/** outputs = apply(inputs, numbers), for n numbers. */
export const elementwiseOp = (
  inputs: readonly string[],
  outputs: readonly string[],
  apply: OutputFormula['apply'],
  numbers: readonly string[] = [],
): Elementwise => ({ inputs, outputs, numbers, sizes: [null, 'n'], apply });
