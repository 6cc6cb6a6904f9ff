import type { ScalarMath } from '../../math/real-math.ts';

/** A step of an expression, by its index. */
export type Term = number;

/** Makes steps of an expression: those of the table by their names, and constants. */
export interface Terms extends Readonly<Record<string, (...operands: number[]) => Term>> {
  constant(x: number): Term;
}

/** A function of one to three numbers. */
export interface Scalar {
  /** Number of operands. */
  readonly operands: 1 | 2 | 3;
  /** Names of the constants that follow the operands. @default none */
  readonly constants?: readonly string[];
  /** Whether kernels lack it, so that expressions with it run by plain code. @default false */
  readonly isPlain?: boolean;
  /** The function of its operands and constants, on numbers and on values of kernels. */
  apply<V, C>(m: ScalarMath<V, C>, a: V, b: V, c: V, p: number, q: number): V;
  /** f′ of a function of x with the result y, if the gradient by x is d · f′. */
  slope?<V, C>(m: ScalarMath<V, C>, x: V, y: V): V;
  /** Else the gradients by the operands, from the gradient d by the result y; null: none. Absent if all are 0. */
  derivative?(e: Terms, d: Term, y: Term, operands: readonly Term[], constants: readonly number[]): (Term | null)[];
}
