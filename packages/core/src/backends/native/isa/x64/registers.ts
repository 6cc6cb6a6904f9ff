import type { RegisterFile } from '../registers.ts';
import { r8, r9, r10, r11, r12, r13, r14, r15, rax, rbp, rbx, rcx, rdi, rdx, rsi } from './assembler.ts';

/** The running call. Beside it and the stack, a kernel may use every register. */
export const CALL = rdi;
export const MEMORY = rsi;

/**
 * As the base of an address r13 and r12 need a byte more, which numbers do not. Those of `rows` come late, and that of
 * the memory last.
 */
export const registerFile: RegisterFile = {
  processor: 'x64',
  pointers: [r8, r9, r10, r11, r14, r15, r13, r12, rax, rcx, rdx, rbx, rbp, MEMORY],
  numbers: [r12, r13, r15, r14, r11, r10, r9, r8, rax, rcx, rdx, rbx, rbp, MEMORY],
  memory: MEMORY,
};
