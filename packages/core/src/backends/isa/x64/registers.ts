import type { RegisterFile } from '../registers.ts';
import { r8, r9, r10, r11, r12, r13, r14, r15, rax, rbp, rbx, rcx, rdi, rdx, rsi } from './assembler.ts';

/** Points to the running call. Kernels may use all registers but this and rsp. */
export const CALL = rdi;
export const MEMORY = rsi;

/**
 * Order of use. r13 and r12 cost an extra byte as a base, so pointers avoid them and numbers prefer them. The registers
 * of `rows` come late, the memory's last.
 */
export const registerFile: RegisterFile = {
  processor: 'x64',
  pointers: [r8, r9, r10, r11, r14, r15, r13, r12, rax, rcx, rdx, rbx, rbp, MEMORY],
  numbers: [r12, r13, r15, r14, r11, r10, r9, r8, rax, rcx, rdx, rbx, rbp, MEMORY],
  memory: MEMORY,
};
