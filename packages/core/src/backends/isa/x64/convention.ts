import { type Register, r8, r9, r12, r13, r14, r15, rbp, rbx, rcx, rdi, rdx, rsi } from './assembler.ts';

/** A calling convention: the registers of arguments, and those that a function must preserve. */
export interface Convention {
  readonly arguments: readonly [Register, Register, Register, Register];
  readonly preserved: readonly Register[]; // in addition to rsp
  readonly preservedVectors: readonly number[]; // only their lower 128 bits
}

/**
 * [System V](https://gitlab.com/x86-psABIs/x86-64-ABI) for Linux and macOS, and [64-bit
 * Windows](https://learn.microsoft.com/en-us/cpp/build/x64-calling-convention).
 */
export const conventions = {
  systemV: { arguments: [rdi, rsi, rdx, rcx], preserved: [rbx, rbp, r12, r13, r14, r15], preservedVectors: [] },
  windows: {
    arguments: [rcx, rdx, r8, r9],
    preserved: [rbx, rbp, rdi, rsi, r12, r13, r14, r15],
    preservedVectors: [6, 7, 8, 9, 10, 11, 12, 13, 14, 15],
  },
} as const satisfies Record<string, Convention>;

export type ConventionName = keyof typeof conventions;
