import { type Address, type Assembler, at, type Register, rdi, rsi, rsp } from './assembler.ts';

/**
 * A call on the tape is 20 words of 32 bits: where the kernel begins in the code, then its arguments. While it runs,
 * rdi points to its call and rsi to the start of the memory, and `loadData` finds the data; it may use any other
 * register but rsp.
 */
export const CALL_WORDS = 20;

/** Argument `place` of the running call, counted from 1. */
export const argument = (place: number): Address => at(rdi, 4 * place);

/** r = the address of the array that argument `place` gives as a byte offset into the memory. */
export function loadArray(assembler: Assembler, r: Register, place: number): void {
  assembler.loadWord(r, argument(place));
  assembler.add(r, rsi);
}

/** r = where the data begins, which lies outside of the memory. */
export function loadData(assembler: Assembler, r: Register): void {
  assembler.loadPointer(r, at(rsp, 16)); // behind where the call returns to and how many are left
}
