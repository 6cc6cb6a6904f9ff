import { CALL_DOUBLES } from '../arguments.ts';
import type { RegisterFile } from '../registers.ts';
import type { Frame } from '../sources.ts';
import {
  type Assembler,
  at,
  r8,
  r9,
  r10,
  r11,
  r12,
  r13,
  r14,
  r15,
  rax,
  rbp,
  rbx,
  rcx,
  rdi,
  rdx,
  rsi,
  rsp,
} from './assembler.ts';
import { type ConventionName, conventions } from './convention.ts';
import type { VectorUnit } from './forms.ts';

/** Points to the running call. Kernels may use all registers but this and rsp. */
export const CALL = rdi;
export const MEMORY = rsi;

/** Order of use: r13 and r12 cost an extra byte as a base; the registers of `rows` come late, the memory's last. */
export const registerFile: RegisterFile = {
  processor: 'x64',
  pointers: [r8, r9, r10, r11, r14, r15, r13, r12, rax, rcx, rdx, rbx, rbp, MEMORY],
  numbers: [r12, r13, r15, r14, r11, r10, r9, r8, rax, rcx, rdx, rbx, rbp, MEMORY],
  memory: MEMORY,
};

/**
 * void play(tape, memory, int calls, at least 1, data): runs the calls on the tape in order. A kernel gets its call and
 * the memory in registers and finds the data on the stack. It may overwrite all registers but CALL and rsp.
 */
export function assemblePlayer(assembler: Assembler, unit: VectorUnit, convention: ConventionName = 'systemV'): void {
  const { arguments: argumentRegisters, preserved, preservedVectors } = conventions[convention];
  const vectorBytes = 16 * preservedVectors.length;
  for (const register of preserved) assembler.push(register);
  if (vectorBytes > 0) assembler.loadAddress(rsp, at(rsp, -vectorBytes));
  for (const [k, vector] of preservedVectors.entries()) assembler.storeLower(at(rsp, 16 * k), vector);
  // In this order no argument register is overwritten before it is read.
  for (const [k, register] of [CALL, MEMORY, rdx, rcx].entries()) {
    if (register !== argumentRegisters[k]) assembler.move(register, argumentRegisters[k]);
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
  for (const [k, vector] of preservedVectors.entries()) assembler.loadLower(vector, at(rsp, 16 * k));
  if (vectorBytes > 0) assembler.loadAddress(rsp, at(rsp, vectorBytes));
  for (const register of [...preserved].reverse()) assembler.pop(register);
  assembler.ret();
  assembler.align(); // kernels and their literals have the same alignment under every convention
}

/** Stack bytes between a kernel's slots and the data: return address, calls left, memory. */
const DATA_OFFSET = 24;

/** The player's frame, as kernels see it. */
export const frameOf = (assembler: Assembler): Frame => ({
  call: CALL,
  slots: [],
  stack: rsp,
  slotBytes: 8,
  loadData: (r, depth) => assembler.loadPointer(r, at(rsp, DATA_OFFSET + depth)),
});
