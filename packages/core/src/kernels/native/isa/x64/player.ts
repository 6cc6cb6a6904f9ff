import { type Assembler, at, r12, r13, r14, r15, rax, rbp, rbx, rcx, rdi, rdx, rsp } from './assembler.ts';
import { argument, CALL_WORDS } from './calls.ts';
import type { VectorUnit } from './vector-unit.ts';

/** What the System V calling convention wants back as it was. */
const KEPT = [rbx, rbp, r12, r13, r14, r15];

/**
 * void play(tape in rdi, memory in rsi, calls in edx, at least 1, data in rcx): runs the calls on the tape, one after
 * the other.
 */
export function assemblePlayer(assembler: Assembler, unit: VectorUnit): void {
  for (const register of KEPT) assembler.push(register);
  assembler.zeroExtend(rdx); // of an int the convention leaves the upper half undefined
  assembler.push(rcx); // the data, as `loadData` finds it
  assembler.push(rdx); // how many are left
  const next = assembler.position;
  assembler.loadWord(rax, argument(0));
  assembler.loadCodeAddress(rcx, 0);
  assembler.add(rax, rcx);
  assembler.call(rax);
  assembler.loadAddress(rdi, at(rdi, 4 * CALL_WORDS));
  assembler.decrement(at(rsp));
  assembler.jumpUnlessZero(next);
  assembler.pop(rdx);
  assembler.pop(rcx);
  for (const register of [...KEPT].reverse()) assembler.pop(register);
  unit.leave();
  assembler.ret();
}
