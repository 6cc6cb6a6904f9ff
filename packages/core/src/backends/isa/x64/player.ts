import { CALL_DOUBLES } from '../arguments.ts';
import type { Frame } from '../sources.ts';
import { type Assembler, at, rax, rcx, rdx, rsp } from './assembler.ts';
import { type ConventionName, conventions } from './convention.ts';
import type { VectorUnit } from './forms.ts';
import { CALL, MEMORY } from './registers.ts';

/**
 * void play(tape, memory, int calls, at least 1, data): runs the calls on the tape in order. A kernel gets its call and
 * the memory in registers and finds the data on the stack. It may overwrite all registers but CALL and rsp.
 */
export function assemblePlayer(assembler: Assembler, unit: VectorUnit, convention: ConventionName = 'systemV'): void {
  const { arguments: given, kept, keptVectors } = conventions[convention];
  const vectorBytes = 16 * keptVectors.length;
  for (const register of kept) assembler.push(register);
  if (vectorBytes > 0) assembler.loadAddress(rsp, at(rsp, -vectorBytes));
  for (const [place, vector] of keptVectors.entries()) assembler.storeLower(at(rsp, 16 * place), vector);
  // In this order none is overwritten before it is read.
  for (const [place, register] of [CALL, MEMORY, rdx, rcx].entries()) {
    if (register !== given[place]) assembler.move(register, given[place]);
  }
  assembler.zeroExtend(rdx); // the upper half of an int argument is undefined
  assembler.push(rcx);
  assembler.push(MEMORY);
  assembler.push(rdx); // calls left
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
  unit.leave();
  for (const [place, vector] of keptVectors.entries()) assembler.loadLower(vector, at(rsp, 16 * place));
  if (vectorBytes > 0) assembler.loadAddress(rsp, at(rsp, vectorBytes));
  for (const register of [...kept].reverse()) assembler.pop(register);
  assembler.ret();
  assembler.align(); // kernels and their literals then lie alike behind every entry
}

/** Stack bytes between a kernel's slots and the data: return address, calls left, memory. */
const DATA = 24;

/** The player's frame, as kernels see it. */
export const frameOf = (assembler: Assembler): Frame => ({
  call: CALL,
  slots: [],
  stack: rsp,
  slotBytes: 8,
  loadData: (r, depth) => assembler.loadPointer(r, at(rsp, DATA + depth)),
});
