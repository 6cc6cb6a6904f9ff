import type { Arithmetic } from './arithmetic.ts';
import type { Value } from './formula.ts';

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
  /** The value of the first number at which the outputs are the inputs: nothing is read or written then. */
  readonly neutral?: number;
  /** The outputs, from inputs, rows, columns and numbers in this order. */
  of(m: Arithmetic, ...values: Value[]): Value[];
}
