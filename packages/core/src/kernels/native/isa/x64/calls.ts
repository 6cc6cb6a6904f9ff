import { type Address, type Assembler, at, type Register, rdi, rsi, rsp } from './assembler.ts';

/**
 * A call on the tape is 26 words of 32 bits: the first says where the kernel begins in the code, the second is free,
 * and behind them stand the arguments: arrays, two words each, then what the kernels have in their own scratch, and
 * numbers, one word each. While it runs, rdi points to its call and rsi to the start of the memory, and `loadData`
 * finds the data; it may use any other register but rsp.
 */
export const CALL_WORDS = 26;

/** The argument of the running call at word `place`. */
export const argument = (place: number): Address => at(rdi, 4 * place);

/**
 * r = the address of the array that argument `place` gives as a byte offset from the start of the memory. It may lie
 * outside, behind or before it. The offset is a double: JavaScript writes that in one store, and has no integers of 64
 * bits beside BigInts, each of which would be garbage.
 */
export function loadArray(assembler: Assembler, r: Register, place: number): void {
  assembler.loadWhole(r, argument(place));
  assembler.add(r, rsi);
}

/** r = the address of what argument `place` gives likewise as a word: it is scratch, which lies in the memory. */
export function loadScratch(assembler: Assembler, r: Register, place: number): void {
  assembler.loadWord(r, argument(place));
  assembler.add(r, rsi);
}

/** r = where the data begins, which lies outside of the memory. */
export function loadData(assembler: Assembler, r: Register): void {
  assembler.loadPointer(r, at(rsp, 16)); // behind where the call returns to and how many are left
}
