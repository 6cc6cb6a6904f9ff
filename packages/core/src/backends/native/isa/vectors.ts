import type { Address } from './isa.ts';

/** A vector register by its number. */
export type Vector = number;

/** A vector, or where one lies in memory. */
export type Operand<A = Address> = Vector | A;

/** Vectors of elements of one type, which the kernels name by numbers from 0 on. */
export interface Lanes<A = Address> {
  readonly bytes: number; // of an element
  readonly width: number; // elements of a vector
  /** to = the vector at `from`. */
  load(to: Vector, from: A): void;
  store(to: A, from: Vector): void;
  /**
   * Sets which lanes `loadMasked` and `storeMasked` move: those whose word at `from`, as wide as an element, is -1, not
   * 0. Holds until `transpose`.
   */
  loadMask(from: A): void;
  /** Lanes that are not moved become 0; their memory is not touched. */
  loadMasked(to: Vector, from: A): void;
  storeMasked(to: A, from: Vector): void;
  /** to = +0 in each lane. */
  clear(to: Vector): void;
}

/** What products do with vectors. */
export interface Vectors<A = Address> extends Lanes<A> {
  /** to = the element at `from`, as a factor: in all lanes, or where the processor multiplies by one lane in that. */
  loadFactor(to: Vector, from: A): void;
  add(sum: Vector, x: Vector): void;
  /** sum += factor · y in each lane, rounded once. */
  multiplyAdd(sum: Vector, factor: Vector, y: Vector): void;
  /**
   * Rows and columns change places in the square of as many vectors from `a` on as each has lanes; those from `b` on
   * are free. Overwrites both; returns where the result's first vector is.
   */
  transpose(a: Vector, b: Vector): Vector;
}

/**
 * The arithmetic of updates and gathering, on vectors that may be narrower: a division of many elements takes as long
 * as those of its parts.
 */
export interface Arithmetic<A = Address> extends Lanes<A> {
  readonly squares: Squares<A>;
  /** to = x + y, and so on. */
  plus(to: Vector, x: Vector, y: Operand<A>): void;
  minus(to: Vector, x: Vector, y: Operand<A>): void;
  times(to: Vector, x: Vector, y: Operand<A>): void;
  over(to: Vector, x: Vector, y: Operand<A>): void;
  root(to: Vector, x: Operand<A>): void;
  /** to = the bits of y that x has not. */
  andNot(to: Vector, x: Vector, y: Operand<A>): void;
  /** to = as many bytes as elements. */
  loadBytes(to: Vector, from: A): void;
  /** All bits of a lane where x < y, else none. */
  isLess(to: Vector, x: Vector, y: Operand<A>): void;
}

/** A sum of squares in four lanes of doubles, whatever the elements. It has a register beside those below 13. */
export interface Squares<A = Address> {
  clear(): void;
  /** Lane i mod 4 += x[i]², i ascending, of elements that are widened first. Overwrites `free`. */
  add(x: Vector, free: Vector): void;
  /** The four doubles there. */
  store(to: A): void;
}
