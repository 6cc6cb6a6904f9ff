import type { ElementType } from '../../../math/element-type.ts';
import type { ArgumentKind, ArgumentTable } from './arguments.ts';

declare const role: unique symbol;

/** Registers by what they hold. Which one has a role is up to the processor's folder. */
export type Pointer = number & { readonly [role]?: 'pointer' };
/** Bytes from one thing to the next. */
export type Stride = number & { readonly [role]?: 'stride' };
export type Counter = number & { readonly [role]?: 'counter' };

/** Where in memory a vector, an element or a word lies. */
export interface Address {
  readonly [role]?: 'address';
}

/** Something to be loaded: an argument, what waits for a register, or a word in memory. */
export interface Place<R extends 'pointer' | 'stride' | 'counter' | 'answer'> {
  readonly [role]?: R;
}

/** What waits for a register outside of the call, and may change. */
export interface Slot<R extends 'pointer' | 'stride' | 'counter'> extends Place<R> {
  readonly isSlot: true;
}

interface RoleOf extends Record<ArgumentKind, string> {
  array: 'pointer';
  stride: 'stride';
  count: 'counter';
  answer: 'answer';
}

/** The arguments of the running call by name. */
export type CallOf<T extends ArgumentTable> = {
  readonly [A in T[number] as A[0]]: Place<RoleOf[A[1]]>;
};

/** Rows at equal distances, the first of which moves. */
export interface Rows {
  readonly first: Pointer;
  /** The first row is there. */
  start(from: Pointer | Place<'pointer'>): void;
  /** `offset` bytes behind the start of row m, until the next `at`. */
  at(m: number, offset?: number): Address;
  advance(by: Stride | Place<'stride'>): void;
  retreat(by: Stride | Place<'stride'>): void;
  /** All rows move by so many bytes. */
  skip(bytes: number): void;
}

/** How a product uses the vectors. */
export interface TileRegisters {
  readonly vectors: number; // of a row of sums at most, for y and dx
  readonly leafVectors: number; // likewise for dW, whose sums are cleared leaf by leaf
  readonly factors: number; // that are loaded before the first is used
}

/**
 * What kernels are written with: code for one kind of processor and one type of elements, one instruction or a few at a
 * time. Registers are taken for a role. They are free again where the body ends in which they were taken: a kernel's, a
 * loop's, a scope's.
 */
export interface Isa {
  readonly type: ElementType; // of the elements of all vectors
  /** As wide as this processor has them. */
  readonly vectors: Vectors;
  /** Vectors that kernels may use, from 0 on. */
  readonly vectorRegisters: number;
  readonly tile: TileRegisters;
  readonly arithmetic: Arithmetic;
  /** Rows that `rows` reaches at most. */
  readonly mostRows: number;

  /** The code so far; it may lie anywhere. It begins with what plays a tape: `Play`. */
  code(): Uint8Array;
  /** Writes a kernel and returns where it begins in the code. */
  kernel<T extends ArgumentTable>(table: T, body: (call: CallOf<T>) => void): number;
  scope(body: () => void): void;

  /** A register with what stands there. */
  load(place: Place<'pointer'>): Pointer;
  load(place: Place<'stride'>): Stride;
  load(place: Place<'counter'>): Counter;
  /**
   * Has it wait for a register. All of a kernel's come before its loops. An argument that a loop loads again and again
   * waits better so: it is converted once.
   */
  keep(place: Place<'pointer'>): Slot<'pointer'>;
  keep(place: Place<'stride'>): Slot<'stride'>;
  keep(place: Place<'counter'>): Slot<'counter'>;
  store(slot: Slot<'pointer'>, pointer: Pointer): void;
  answer(place: Place<'answer'>, distance: Stride): void;
  /** The word of 32 bits there. */
  word(address: Address): Place<'counter'>;
  /** The pointer that lies behind `base` by as many bytes as the word of 32 bits there says. */
  offset(base: Pointer, address: Address): Place<'pointer'>;

  at(pointer: Pointer, offset?: number): Address;
  /** at pointer + stride + offset */
  beyond(pointer: Pointer, stride: Stride, offset: number): Address;
  /** at pointer + 8 · k + offset: a word of the pair number k */
  pair(pointer: Pointer, k: Counter, offset: number): Address;
  /** A pointer to there. */
  pointTo(address: Address): Pointer;
  /** A pointer to the start of the memory. */
  memory(): Pointer;
  /** A pointer to the data that the tape is played with. */
  data(): Pointer;
  /** From one to the other. */
  distance(from: Pointer, to: Pointer): Stride;
  advance(what: Pointer | Stride | Slot<'pointer'>, by: Stride | Place<'stride' | 'counter'>): void;
  retreat(what: Pointer | Stride, by: Stride | Place<'stride'>): void;
  /** The pointer moves by so many bytes. */
  skip(pointer: Pointer, bytes: number): void;

  /** M rows, `stride` apart. Taken before other registers. */
  rows(stride: Place<'stride'>, M: number): Rows;
  /** The body for each of M rows, which it writes one after the other. */
  eachRow(
    from: Pointer | Place<'pointer'>,
    stride: Stride | Place<'stride'>,
    M: number,
    body: (row: Pointer, m: number) => void,
  ): void;

  /** Runs the body as often as the count says, at least once. Overwrites a register, or a slot. */
  repeat(count: Counter | Place<'counter'>, body: () => void): void;
  /** The same for a count that may be 0. */
  times(count: Counter | Place<'counter'>, body: () => void): void;
  unlessZero(what: Counter | Stride | Place<'counter' | 'stride'>, body: () => void): void;
  /** Runs the body again and again. */
  loop(body: () => void): void;
  /** Goes on behind the innermost `loop` if this is 0. */
  leaveIfZero(what: Place<'counter'>): void;

  /** A counter that is 0. */
  zero(): Counter;
  /** The word of 32 bits there = the lower half of the register. */
  storeWord(address: Address, value: Stride | Counter): void;
  /** The bits of the element there. */
  loadBits(address: Address): Counter;
  /** `bits` has those of the element there beside its own. */
  or(bits: Counter, address: Address): void;
  /** Adds one to `count` where `bits` are not all 0. Overwrites these. */
  countUnlessZero(count: Counter, bits: Counter): void;

  /** Asks for the line there, which will be read soon. */
  prefetch(address: Address): void;
  /** The same for a line that will be written. */
  prefetchToWrite(address: Address): void;
}

/** A vector register by its number. */
export type Vector = number;

/** A vector, or where one lies in memory. */
export type Operand<A = Address> = Vector | A;

/** Vectors of elements of one type, which the kernels name by numbers from 0 on. */
interface Lanes<A = Address> {
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
