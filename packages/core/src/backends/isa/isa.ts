import type { ElementType } from '../../math/element-type.ts';
import type { ArgumentKind, ArgumentTable } from './arguments.ts';

declare const role: unique symbol;

/** Registers by role. Each processor's folder assigns the register numbers. */
export type Pointer = number & { readonly [role]?: 'pointer' };
/** A distance in bytes. */
export type Stride = number & { readonly [role]?: 'stride' };
export type Counter = number & { readonly [role]?: 'counter' };

/** Memory address of a vector, an element or a word. */
export interface Address {
  readonly [role]?: 'address';
}

/** A value that can be loaded into a register: an argument, a slot, or a word in memory. */
export interface Source<R extends 'pointer' | 'stride' | 'counter' | 'answer' | 'number'> {
  readonly [role]?: R;
}

/** A variable of the kernel that is spilled: it lies on the stack, or in a register that `load` never takes. */
export interface Slot<R extends 'pointer' | 'stride' | 'counter'> extends Source<R> {
  readonly isSlot: true;
}

interface RoleOf extends Record<ArgumentKind, string> {
  array: 'pointer';
  stride: 'stride';
  count: 'counter';
  answer: 'answer';
  number: 'number';
}

/** The arguments of the running call, by name. Each has any role if the names in the table are not literal types. */
export type CallOf<T extends ArgumentTable> = string extends T[number][0]
  ? Readonly<Record<string, Source<never>>>
  : { readonly [A in T[number] as A[0]]: Source<RoleOf[A[1]]> };

/** Rows at equal distances. The first row can be moved. */
export interface Rows {
  readonly first: Pointer;
  /** Sets the first row. */
  start(from: Pointer | Source<'pointer'>): void;
  /** Address `offset` bytes after the start of row m, valid until the next `at`. */
  at(m: number, offset?: number): Address;
  advance(by: Stride | Source<'stride'>): void;
  retreat(by: Stride | Source<'stride'>): void;
  /** Moves all rows by `bytes`. */
  skip(bytes: number): void;
}

/** Vector registers of a product. */
export interface TileRegisters {
  readonly vectors: number; // maximum number of vectors in a row of sums, for y and dx
  readonly leafVectors: number; // maximum number of vectors for dW, whose sums are cleared after each leaf
  readonly factors: number; // factors loaded before the first is used
  readonly narrowVectors: number; // a tile of fewer vectors takes no more rows than one of this many
  readonly rows?: readonly number[]; // maximum number of rows, [vectors]; without it the number of registers decides
}

/**
 * The interface that kernels are written with. It emits code for one processor type and one element type, one or a few
 * instructions at a time. Registers are taken for a role, and are free again at the end of the body in which they were
 * taken: of the kernel, a loop or a scope.
 */
export interface Isa {
  readonly type: ElementType; // element type of all vectors
  /** The widest vectors of this processor. */
  readonly vectors: Vectors;
  /** Number of vector registers for kernels, from 0 on. */
  readonly vectorRegisters: number;
  readonly tile: TileRegisters;
  readonly formulas: FormulaUnit;
  readonly quads: Quads;
  readonly doubles: Doubles;
  /** Vectors of at most four doubles, to which `FormulaUnit.widen` converts elements. */
  readonly wide: FormulaUnit;
  /** Maximum number of rows that `rows` takes. */
  readonly maxRows: number;

  /** The code so far. It is position-independent and starts with the tape player, `Play`. */
  code(): Uint8Array;
  /** Writes a kernel and returns its offset in the code. */
  kernel<T extends ArgumentTable>(table: T, body: (call: CallOf<T>) => void): number;
  /** Registers that the body takes are free again after it. */
  scope(body: () => void): void;

  /** Loads a value into a new register. */
  load(source: Source<'pointer'>): Pointer;
  load(source: Source<'stride'>): Stride;
  load(source: Source<'counter'>): Counter;
  /**
   * Puts a value into a slot. A kernel makes all its slots before its loops. An argument that a loop loads often should
   * be spilled: it is then converted only once.
   */
  spill(source: Source<'pointer'>): Slot<'pointer'>;
  spill(source: Source<'stride'>): Slot<'stride'>;
  spill(source: Source<'counter'>): Slot<'counter'>;
  store(slot: Slot<'pointer'>, pointer: Pointer): void;
  /** Writes a distance to an argument of kind `answer`, where `CallTape.answer` reads it. */
  writeAnswer(argument: Source<'answer'>, distance: Stride): void;
  /** The 32-bit word at `address`. */
  word(address: Address): Source<'counter'>;
  /** The signed 64-bit distance at `address`. */
  long(address: Address): Source<'stride'>;
  /** A pointer to `base` plus as many bytes as the 32-bit word at `address` says. */
  offsetBy(base: Pointer, address: Address): Source<'pointer'>;

  at(pointer: Pointer, offset?: number): Address;
  /** The address pointer + stride + offset. */
  atStride(pointer: Pointer, stride: Stride, offset: number): Address;
  /** The address pointer + 8 · k + offset: a word of pair k. */
  pair(pointer: Pointer, k: Counter, offset: number): Address;
  /** The address of element k after `pointer`. */
  element(pointer: Pointer, k: Counter): Address;
  /** The address of a number on the tape: an argument of kind `number`. */
  numberAt(source: Source<'number'>): Address;
  /** A pointer to `address`. */
  pointTo(address: Address): Pointer;
  /** A pointer to the start of the memory. */
  memory(): Pointer;
  /** A pointer to the data given to `play`. */
  data(): Pointer;
  /** to - from, in bytes. */
  distance(from: Pointer, to: Pointer): Stride;
  advance(target: Pointer | Stride | Slot<'pointer'>, by: Stride | Source<'stride' | 'counter'>): void;
  retreat(target: Pointer | Stride | Counter, by: Stride | Source<'stride'>): void;
  /** Moves the pointer by `bytes`. */
  skip(pointer: Pointer, bytes: number): void;

  /** M rows, `stride` apart. Takes fixed registers, so call it first. */
  rows(stride: Source<'stride'>, M: number): Rows;
  /** Emits the body for each of M rows. */
  eachRow(
    from: Pointer | Source<'pointer'>,
    stride: Stride | Source<'stride'>,
    M: number,
    body: (row: Pointer, m: number) => void,
  ): void;

  /** Runs the body `count` times, at least once. Counts down in the register or slot itself. */
  repeat(count: Counter | Source<'counter'>, body: () => void): void;
  /** `repeat` for a count that may be 0. */
  repeatOrSkip(count: Counter | Source<'counter'>, body: () => void): void;
  unlessZero(value: Counter | Stride | Source<'counter' | 'stride'>, body: () => void, otherwise?: () => void): void;
  /** Repeats the body until `leaveIfZero`. */
  loop(body: () => void): void;
  /** Leaves the innermost `loop` if the value is 0. */
  leaveIfZero(source: Source<'counter'>): void;

  /** A counter set to 0. */
  zero(): Counter;
  /** The 32-bit word at `address` = the lower half of `value`. */
  storeWord(address: Address, value: Stride | Counter): void;
  /** The element at `address`, an integer that is not negative. */
  index(address: Address): Counter;
  /** count · by, as a distance in the same register. */
  multiply(count: Counter, by: Stride | Source<'stride'>): Stride;
  /** Loads the bits of the element at `address`. */
  loadBits(address: Address): Counter;
  /** The element at `address` = these bits. */
  storeBits(address: Address, bits: Counter): void;
  /** bits |= the bits of the element at `address`. */
  or(bits: Counter, address: Address): void;
  /** count += 1 if `bits` is not 0. Overwrites `bits`. */
  countUnlessZero(count: Counter, bits: Counter): void;

  /** Prefetches the cache line at `address`, to be read soon. */
  prefetch(address: Address): void;
  /** Prefetches a cache line to be written. */
  prefetchToWrite(address: Address): void;
}

/** A vector register by its number. */
export type Vector = number;

/** A vector register, or the address of a vector in memory. */
export type Operand<A = Address> = Vector | A;

/** Vectors of one element type. Kernels number them from 0. */
interface Lanes<A = Address> {
  readonly bytes: number; // of an element
  readonly width: number; // elements of a vector
  /** to = the vector at `from`. */
  load(to: Vector, from: A): void;
  store(to: A, from: Vector): void;
  /**
   * Selects the lanes that `loadMasked` and `storeMasked` move: those whose word at `from` (as wide as an element) is
   * -1, not 0. Valid until `transpose`.
   */
  loadMask(from: A): void;
  /** Loads the selected lanes and sets the others to 0. Does not touch the memory of the others. */
  loadMasked(to: Vector, from: A): void;
  storeMasked(to: A, from: Vector): void;
  /** to = +0 in each lane. */
  clear(to: Vector): void;
}

/** Vector operations of products. */
export interface Vectors<A = Address> extends Lanes<A> {
  /** to = the element at `from` as a factor: in all lanes, or in one if the processor multiplies by a single lane. */
  loadFactor(to: Vector, from: A): void;
  /** Loads at least the selected lanes; the others may be any numbers. Absent where `loadMasked` costs no more. */
  loadSelected?(to: Vector, from: A): void;
  add(to: Vector, x: Vector, y: Vector): void;
  /** sum += factor · y in each lane, rounded once. */
  multiplyAdd(sum: Vector, factor: Vector, y: Vector): void;
  /** sum += the element at `from` · y in each lane. Absent if the processor multiplies registers alone. */
  multiplyAddAt?(sum: Vector, from: A, y: Vector): void;
  /** sum += x · y, lane by lane, rounded once. */
  multiplyAddLanes(sum: Vector, x: Vector, y: Vector): void;
  /**
   * Transposes a square of `width` vectors from `a` on. Uses as many vectors from `b` on as scratch. Overwrites both;
   * returns the first vector of the result.
   */
  transpose(a: Vector, b: Vector): Vector;
}

/** A vector of lanes that are all or nothing: the result of a comparison. Some processors have registers for them. */
export type Mask = number;

/** If a number is NaN, only `notLess` holds. */
export type Relation = 'less' | 'atMost' | 'equal' | 'atLeast' | 'greater' | 'notLess';

/**
 * The operations of formulas, lane by lane. Each rounds its result by itself. An operand in memory is a literal. Bits
 * are unsigned integers as wide as an element.
 */
export interface FormulaUnit<A = Address> extends Lanes<A> {
  readonly registers: number; // vector registers, numbered from 0
  readonly maskRegisters: number; // 0: masks take vector registers
  /** The address of a vector with these bits in every lane. */
  literal(bits: bigint): A;
  loadLiteral(to: Vector, literal: A): void;
  /** All lanes of `to` = the double at `from`, rounded to an element. */
  loadNumber(to: Vector, from: A): void;
  /** All lanes of `to` = the element at `from`. */
  loadElement(to: Vector, from: A): void;
  /** to = `width` bytes, converted to elements. */
  loadBytes(to: Vector, from: A): void;
  /** Converts part `part` of x to a vector of `Isa.wide`. Returns its register: `to`, or x if it is one already. */
  widen(to: Vector, x: Vector, part: number): Vector;
  /** to = the parts in the vectors from `first` on, rounded to elements. Overwrites them; `to` is not after `first`. */
  narrow(to: Vector, first: Vector): void;
  move(to: Vector, from: Vector): void;
  add(to: Vector, x: Vector, y: Operand<A>): void;
  subtract(to: Vector, x: Vector, y: Operand<A>): void;
  multiply(to: Vector, x: Vector, y: Operand<A>): void;
  divide(to: Vector, x: Vector, y: Operand<A>): void;
  squareRoot(to: Vector, x: Vector): void;
  /** to = x where x < y, else y. */
  lesser(to: Vector, x: Vector, y: Operand<A>): void;
  /** to = x where x > y, else y. */
  greater(to: Vector, x: Vector, y: Operand<A>): void;
  and(to: Vector, x: Vector, y: Operand<A>): void;
  or(to: Vector, x: Vector, y: Operand<A>): void;
  xor(to: Vector, x: Vector, y: Operand<A>): void;
  addBits(to: Vector, x: Vector, y: Operand<A>): void;
  subtractBits(to: Vector, x: Vector, y: Operand<A>): void;
  /** to = x · 2ⁿ, rounded once; n has whole numbers. Absent if the processor has no instruction for it. */
  scale?(to: Vector, x: Vector, n: Operand<A>): void;
  shiftLeft(to: Vector, x: Vector, count: number): void;
  shiftRight(to: Vector, x: Vector, count: number): void;
  compare(to: Mask, relation: Relation, x: Vector, y: Operand<A>): void;
  /** to = x where the mask is set, else y. */
  choose(to: Vector, mask: Mask, x: Vector, y: Vector): void;
  /** to = x where the mask is set, else +0. */
  chooseOrZero(to: Vector, mask: Mask, x: Vector): void;
  /** to = 0 if the mask is set in no lane, else another number. */
  readMask(to: Counter, mask: Mask): void;
  /** Runs the body if the mask is set in some lane. Absent for vectors of so many lanes that this seldom saves time. */
  ifAny?(mask: Mask, body: () => void): void;
  readonly words: WordUnit<A>;
}

/**
 * Operations of Philox on vectors with one 32-bit word of each of some blocks; each unit has its own order of blocks.
 * `FormulaUnit` moves and stores these vectors.
 */
export interface WordUnit<A = Address> {
  readonly blocks: number; // number of blocks of which a vector holds a word
  /** to = the number of each word's block, from 0 on. */
  numberBlocks(to: Vector): void;
  /** All words of `to` = the lower half of the 64 bits at `from`. */
  spread(to: Vector, from: A): void;
  /** x += `step` in each word. */
  addNumber(x: Vector, step: number): void;
  /** x += y, word by word. */
  addWords(x: Vector, y: Vector): void;
  /** to = `word` in each word. */
  loadLiteral(to: Vector, word: number): void;
  /** The upper and lower words of the products x · y. `low` may be x. */
  multiply(high: Vector, low: Vector, x: Vector, y: Vector): void;
  /** x ^= y ^ the vector at `from`. May overwrite y. */
  mix(x: Vector, y: Vector, from: A): void;
  /** Vectors of the words 0 to 3 of block 0, then of block 1, and so on. They take registers of `words`. */
  inOrder(words: readonly Vector[]): readonly Vector[];
  /**
   * to = x in each lane whose word is at least `least`, else +0: one vector of floats for a vector of ordered words,
   * two of doubles. Overwrites `words`.
   */
  chooseAtLeast(to: readonly Vector[], words: Vector, least: Vector, x: Vector): void;
}

/** Vectors of four elements: the lanes in which a row is summed. They take the registers of other vectors. */
export interface Quads<A = Address>
  extends Pick<
    FormulaUnit<A>,
    'bytes' | 'load' | 'store' | 'loadMask' | 'loadMasked' | 'loadElement' | 'loadNumber' | 'clear'
  > {
  add(to: Vector, x: Vector, y: Operand<A>): void;
  subtract(to: Vector, x: Vector, y: Operand<A>): void;
  multiply(to: Vector, x: Vector, y: Operand<A>): void;
  divide(to: Vector, x: Vector, y: Operand<A>): void;
  squareRoot(to: Vector, x: Vector): void;
  /** to = x where x > y, else y. */
  greater(to: Vector, x: Vector, y: Vector): void;
  /** Transposes the four vectors from `a` on, into those from `b` on or in place; returns the first of the result. */
  transpose(a: Vector, b: Vector): Vector;
}

/** Single doubles, for sums over rows. They take the registers of vectors. */
export interface Doubles<A = Address> {
  load(to: Vector, from: A): void;
  store(to: A, from: Vector): void;
  /** sum += the element at `from`, widened. Overwrites `free`. */
  addElement(sum: Vector, from: A, free: Vector): void;
  /** sum += the double at `x` · the double at `y`, each rounded. Overwrites `free`. */
  addProduct(sum: Vector, x: A, y: A, free: Vector): void;
  /** to = the double in `from`, which is not negative, rounded towards 0. */
  readWhole(to: Counter, from: Vector): void;
}

/** Bytes of a cache line. */
const LINE = 64;

/** Calls `act` with the offset of each cache line in `bytes` bytes. */
export function eachLine(bytes: number, act: (offset: number) => void): void {
  for (let offset = 0; offset < bytes; offset += LINE) act(offset);
}
