import type { ElementType } from '../../math/element-type.ts';
import type { Address as AnyAddress } from './isa.ts';

/** A 64-bit general-purpose register, by its number in instructions. */
export type Register = number;

/** The memory at base + index · scale + offset. */
export interface Address extends AnyAddress {
  readonly base: Register;
  readonly index?: Register;
  readonly scale?: 1 | 2 | 4 | 8;
  readonly offset?: number; // 32 bits, signed
  /** Number of a literal of the kernel. The other fields are then ignored. */
  readonly literal?: number;
}

export const addressAt = (base: Register, offset = 0): Address => ({ base, offset });

/** An instruction's second operand: memory, or a general or vector register. */
export type Operand = Address | number;

/** Writes operations that every processor has on 64-bit registers, as one instruction or a few. */
export interface Assembler {
  /** Length of the code in bytes; the next instruction begins here. */
  readonly position: number;
  /** r = the unsigned 32-bit word at `address`. */
  loadWord(r: Register, address: Address): void;
  /** The 32-bit word at `address` = the lower half of r. */
  storeWord(address: Address, r: Register): void;
  /** r = the double or float at `address`, which is an integer. */
  loadWhole(r: Register, address: Address, type?: ElementType): void;
  /** r = the 64 bits at `from`. */
  loadPointer(r: Register, from: Operand): void;
  /** The 64 bits at `to` = r. */
  storePointer(to: Operand, r: Register): void;
  move(to: Register, from: Register): void;
  add(to: Operand, from: Register): void;
  subtract(to: Register, from: Register): void;
  multiply(to: Register, from: Register): void;
  /** r = 0. */
  clear(r: Register): void;
  /** r |= the 64 bits at `from`. */
  or(r: Register, from: Operand): void;
  /** r |= the 32 bits at `from`. The upper half of r is then unspecified. */
  orWord(r: Register, from: Operand): void;
  /** count += 1 if r is not 0. May overwrite r. */
  countUnlessZero(count: Register, r: Register): void;
  loadAddress(r: Register, address: Address): void;
  /** Subtracts 1 and sets the flags for `jumpUnlessZero`. */
  decrement(operand: Operand): void;
  jumpUnlessZero(position: number): void;
  jump(position: number): void;
  /** Jumps ahead if the lower 32 bits of r are 0. Call the result where the target is to be. */
  skipIfZero(r: Register): () => void;
  /** Jumps ahead. Call the result where the target is to be. */
  skip(): () => void;
  /** r = address of byte `position` of this code. */
  loadCodeAddress(r: Register, position: number): void;
  /** Calls the code at the address in r. */
  call(r: Register): void;
  /** Pushes r on the stack. */
  push(r: Register): void;
  pop(r: Register): void;
  ret(): void;
  /** Prefetches the cache line at `address`, to be read soon. */
  prefetch(address: Address): void;
  /** Prefetches a cache line to be written. */
  prefetchToWrite(address: Address): void;
  /** The address of these bytes, which `placeLiterals` writes after the kernel. Equal bytes are written once. */
  literal(bytes: Uint8Array): Address;
  /** Writes the literals of the kernel that has ended. */
  placeLiterals(): void;
  bytes(): Uint8Array;
}
