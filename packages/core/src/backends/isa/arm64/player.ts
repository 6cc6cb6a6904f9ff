import { CALL_DOUBLES } from '../arguments.ts';
import { addressAt } from '../assembler.ts';
import type { RegisterFile } from '../registers.ts';
import type { Frame } from '../sources.ts';
import {
  type Assembler,
  STACK_BYTES,
  sp,
  x0,
  x1,
  x2,
  x3,
  x16,
  x17,
  x19,
  x26,
  x27,
  x28,
  x29,
  x30,
} from './assembler.ts';

/** Points to the running call. */
export const CALL = x28;
/** Bytes that `loadMasked` and `storeMasked` move. */
export const LIVE = x26;

const upTo = (first: number, last: number): number[] => Array.from({ length: last - first + 1 }, (_, k) => first + k);

/**
 * Kernels use x0 to x15. The assembler uses x16 and x17, the system x18; x19 to x25 are the first slots, x29 points to
 * the frame, and x30 holds the return address.
 */
export const registerFile: RegisterFile = {
  processor: 'arm64',
  pointers: upTo(0, 15),
  numbers: upTo(0, 15),
  memory: x27,
};

const STORE_X_BEFORE = 0xa9800000; // stp that moves the base first
const LOAD_X_AFTER = 0xa8c00000; // ldp that moves the base afterwards
const STORE_X = 0xa9000000;
const LOAD_X = 0xa9400000;
const STORE_D = 0x6d000000;
const LOAD_D = 0x6d400000;

/** Registers that a caller expects again after a call: x19 to x28, and the lower halves of v8 to v15. */
const SAVED_X = 10;
const SAVED_D = 8;
const SAVED_X_OFFSET = 16; // after x29 and x30
const SAVED_D_OFFSET = SAVED_X_OFFSET + 8 * SAVED_X;

/** Bytes of the frame. */
const FRAME = SAVED_D_OFFSET + 8 * SAVED_D;

/**
 * void play(x0: tape, x1: memory, w2: calls, at least 1, x3: data) runs the calls on the tape in order ([Procedure Call
 * Standard for the Arm 64-bit Architecture](https://github.com/ARM-software/abi-aa)). A kernel gets its call and the
 * memory in registers and finds the data on the stack. It may overwrite all other registers but x18, x29, x30 and sp.
 */
export function assemblePlayer(assembler: Assembler): void {
  /** Stores or loads the saved registers, by the opcodes `x` and `d`. */
  const moveSaved = (x: number, d: number): void => {
    for (let k = 0; k < SAVED_X; k += 2) {
      assembler.accessPair(x, 8, x19 + k, x19 + k + 1, sp, SAVED_X_OFFSET + 8 * k);
    }
    for (let k = 0; k < SAVED_D; k += 2) assembler.accessPair(d, 8, 8 + k, 9 + k, sp, SAVED_D_OFFSET + 8 * k);
  };
  assembler.accessPair(STORE_X_BEFORE, 8, x29, x30, sp, -FRAME);
  assembler.loadAddress(x29, addressAt(sp)); // a frame record, for stack walkers
  moveSaved(STORE_X, STORE_D);
  assembler.move(CALL, x0);
  assembler.move(registerFile.memory, x1);
  assembler.accessPair(STORE_X_BEFORE, 8, x2, x3, sp, -STACK_BYTES); // calls left, and the data
  const next = assembler.position;
  assembler.loadWhole(x16, addressAt(CALL));
  assembler.loadCodeAddress(x17, 0);
  assembler.add(x16, x17);
  assembler.call(x16);
  assembler.loadAddress(CALL, addressAt(CALL, 8 * CALL_DOUBLES));
  assembler.loadWord(x16, addressAt(sp)); // the upper half of an int argument is undefined
  assembler.decrement(x16);
  assembler.storeWord(addressAt(sp), x16);
  assembler.jumpUnlessZero(next);
  assembler.loadAddress(sp, addressAt(sp, STACK_BYTES));
  moveSaved(LOAD_X, LOAD_D);
  assembler.accessPair(LOAD_X_AFTER, 8, x29, x30, sp, FRAME);
  assembler.ret();
}

/** The player's frame, as kernels see it: the data lies after the number of calls left. */
export const frameOf = (assembler: Assembler): Frame => ({
  call: CALL,
  slots: upTo(19, 25),
  stack: sp,
  slotBytes: STACK_BYTES,
  loadData: (r, depth) => assembler.loadPointer(r, addressAt(sp, depth + 8)),
});
