import { type Address, rax, rbp, rbx, rcx, rdx } from './assembler.ts';

/** Where row m lies, with rax at row 0, rcx at row 5, and one, three and five rows in rdx, rbx and rbp. */
export const ROWS: readonly Address[] = [
  { base: rax },
  { base: rax, index: rdx },
  { base: rax, index: rdx, scale: 2 },
  { base: rax, index: rbx },
  { base: rax, index: rdx, scale: 4 },
  { base: rcx },
  { base: rax, index: rbx, scale: 2 },
  { base: rcx, index: rdx, scale: 2 },
  { base: rax, index: rdx, scale: 8 },
  { base: rcx, index: rdx, scale: 4 },
  { base: rax, index: rbp, scale: 2 },
  { base: rcx, index: rbx, scale: 2 },
  { base: rax, index: rbx, scale: 4 },
  { base: rcx, index: rdx, scale: 8 },
];
