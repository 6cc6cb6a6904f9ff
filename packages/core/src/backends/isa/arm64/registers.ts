import type { RegisterFile } from '../registers.ts';
import { x26, x27, x28 } from './assembler.ts';

/** Points to the running call. */
export const CALL = x28;
const MEMORY = x27;
/** Bytes that `loadMasked` and `storeMasked` move. */
export const LIVE = x26;

const upTo = (first: number, last: number): number[] => Array.from({ length: last - first + 1 }, (_, k) => first + k);

/** Slots in registers: x19 to x25. */
export const SLOTS = upTo(19, 25);

/**
 * Kernels use x0 to x15. The assembler uses x16 and x17, the system x18; x29 points to the frame, and x30 holds the
 * return address.
 */
export const registerFile: RegisterFile = {
  processor: 'arm64',
  pointers: upTo(0, 15),
  numbers: upTo(0, 15),
  memory: MEMORY,
};
