import type { Address as AnyAddress } from './isa.ts';

/** A general-purpose register of 64 bits by the number that instructions name it with. */
export type Register = number;

/** The bytes at base + index · scale + offset. */
export interface Address extends AnyAddress {
  readonly base: Register;
  readonly index?: Register;
  readonly scale?: 1 | 2 | 4 | 8;
  readonly offset?: number; // of 32 bits, signed
}

export const at = (base: Register, offset = 0): Address => ({ base, offset });

/** What an instruction reads or writes beside its register: memory, or a register of either kind. */
export type Operand = Address | number;

/** Writes what every processor has on registers of 64 bits, one after the other: an instruction, or a few. */
export interface Assembler {
  /** How many bytes there are so far, where the next instruction will begin. */
  readonly position: number;
  /** r = the unsigned word of 32 bits at `address`. */
  loadWord(r: Register, address: Address): void;
  /** The word of 32 bits at `address` = the lower half of r. */
  storeWord(address: Address, r: Register): void;
  /** r = the double at `address`, a whole number. */
  loadWhole(r: Register, address: Address): void;
  /** r = the 64 bits at `from`. */
  loadPointer(r: Register, from: Operand): void;
  /** The 64 bits at `to` = r. */
  storePointer(to: Operand, r: Register): void;
  move(to: Register, from: Register): void;
  add(to: Operand, from: Register): void;
  subtract(to: Register, from: Register): void;
  /** r = 0. */
  clear(r: Register): void;
  /** r has the bits of `from`, 64 of them, beside its own. */
  or(r: Register, from: Operand): void;
  /** r = its lower 32 bits, and the 32 of `from` beside them. */
  orWord(r: Register, from: Operand): void;
  /** Adds one to `count` where r is not 0. May overwrite r. */
  countUnlessZero(count: Register, r: Register): void;
  loadAddress(r: Register, address: Address): void;
  /** Subtracts one, for the jump that follows. */
  decrement(place: Operand): void;
  jumpUnlessZero(position: number): void;
  jump(position: number): void;
  /** Jumps where r, of 32 bits, is 0. Returns what says, once it is reached, where to. */
  skipIfZero(r: Register): () => void;
  /** Puts r on the stack. */
  push(r: Register): void;
  ret(): void;
  /** Asks for the line at `address`, which will be read soon. */
  prefetch(address: Address): void;
  /** The same for a line that will be written. */
  prefetchToWrite(address: Address): void;
  bytes(): Uint8Array;
}
