import { CALL_DOUBLES } from '../arguments.ts';
import type { Frame } from '../places.ts';
import { type Assembler, at, r12, r13, r14, r15, rax, rbp, rbx, rcx, rdx, rsp } from './assembler.ts';
import { CALL, MEMORY } from './registers.ts';
import type { VectorUnit } from './vector-unit.ts';

/** What the System V calling convention wants back as it was. */
const KEPT = [rbx, rbp, r12, r13, r14, r15];

/**
 * void play(tape in rdi, memory in rsi, calls in edx, at least 1, data in rcx): runs the calls on the tape, one after
 * the other. A kernel gets its call and the memory in their registers, and finds the data on the stack; it may
 * overwrite every register but those of its call and of the stack.
 */
export function assemblePlayer(assembler: Assembler, unit: VectorUnit): void {
  for (const register of KEPT) assembler.push(register);
  assembler.zeroExtend(rdx); // of an int the convention leaves the upper half undefined
  assembler.push(rcx);
  assembler.push(MEMORY);
  assembler.push(rdx); // how many are left
  const next = assembler.position;
  assembler.loadPointer(MEMORY, at(rsp, 8));
  assembler.loadWhole(rax, at(CALL));
  assembler.loadCodeAddress(rcx, 0);
  assembler.add(rax, rcx);
  assembler.call(rax);
  assembler.loadAddress(CALL, at(CALL, 8 * CALL_DOUBLES));
  assembler.decrement(at(rsp));
  assembler.jumpUnlessZero(next);
  for (const register of [rdx, MEMORY, rcx]) assembler.pop(register);
  for (const register of [...KEPT].reverse()) assembler.pop(register);
  unit.leave();
  assembler.ret();
}

/** Bytes on the stack above what a kernel keeps there: where it returns to, the calls that are left, the memory. */
const DATA = 24;

/** What the player leaves a kernel. */
export const frameOf = (assembler: Assembler): Frame => ({
  call: CALL,
  slots: [],
  stack: rsp,
  slotBytes: 8,
  loadData: (r, depth) => assembler.loadPointer(r, at(rsp, DATA + depth)),
});
