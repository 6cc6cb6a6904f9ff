import type { RegisterFile } from '../registers.ts';
import { x26, x27, x28 } from './assembler.ts';

/** The running call. */
export const CALL = x28;
const MEMORY = x27;
/** How many bytes of a vector `loadMasked` and `storeMasked` move. */
export const LIVE = x26;

const upTo = (first: number, last: number): number[] => Array.from({ length: last - first + 1 }, (_, k) => first + k);

/** What waits, as long as there is room: x19 to x25. */
export const SLOTS = upTo(19, 25);

/**
 * x0 to x15. x16 and x17 are the assembler's, x18 is the system's, x29 is the frame's and x30 says where a kernel
 * returns to.
 */
export const registerFile: RegisterFile = {
  processor: 'arm64',
  pointers: upTo(0, 15),
  numbers: upTo(0, 15),
  memory: MEMORY,
};
