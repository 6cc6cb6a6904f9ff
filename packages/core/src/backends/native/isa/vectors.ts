import type { Address } from './isa.ts';

/** A vector register by its number. */
export type Vector = number;

/** A vector, or where one lies in memory. */
export type Operand<A = Address> = Vector | A;

/** What the kernels do with vectors of doubles, which they name by numbers from 0 on. */
export interface Vectors<A = Address> {
  readonly width: number; // doubles of a vector
  /** to = the vector at `from`. */
  load(to: Vector, from: A): void;
  store(to: A, from: Vector): void;
  /** Sets which lanes `loadMasked` and `storeMasked` move: those whose word of 64 bits at `from` is -1, not 0. */
  loadMask(from: A): void;
  /** Lanes that are not moved become 0; their memory is not touched. */
  loadMasked(to: Vector, from: A): void;
  storeMasked(to: A, from: Vector): void;
  /** All lanes of `to` = the double at `from`. */
  broadcast(to: Vector, from: A): void;
  /** to = +0 in each lane. */
  clear(to: Vector): void;
  add(sum: Vector, x: Vector): void;
  /** sum += x · y in each lane, rounded once. */
  multiplyAdd(sum: Vector, x: Vector, y: Vector): void;
  /**
   * Rows and columns change places in the square of as many vectors from `a` on as each has lanes; those from `b` on
   * are free. Overwrites both; returns where the result's first vector is.
   */
  transpose(a: Vector, b: Vector): Vector;
}

/** The arithmetic of updates and gathering, four doubles a vector: a division of eight takes as long as two of four. */
export interface Quads<A = Address> extends Vectors<A> {
  /** to = x + y, and so on. */
  plus(to: Vector, x: Vector, y: Operand<A>): void;
  minus(to: Vector, x: Vector, y: Operand<A>): void;
  times(to: Vector, x: Vector, y: Operand<A>): void;
  over(to: Vector, x: Vector, y: Operand<A>): void;
  root(to: Vector, x: Operand<A>): void;
  /** to = the bits of y that x has not. */
  andNot(to: Vector, x: Vector, y: Operand<A>): void;
  /** to = four bytes as doubles. */
  loadBytes(to: Vector, from: A): void;
  /** All bits of a lane where x < y, else none. */
  isLess(to: Vector, x: Vector, y: Operand<A>): void;
}
