import type { CreateRowPointers } from '../rows.ts';
import { type Address, r8, rax, rbp, rbx, rcx, rdx } from './assembler.ts';

/** Addresses of rows: rax, rcx and r8 point to rows 0, 5 and 14; rdx, rbx and rbp hold one, three and five strides. */
const ROWS: readonly Address[] = [
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
  { base: r8 },
  { base: rcx, index: rbp, scale: 2 },
];

export const MAX_ROWS = ROWS.length;

/** Rows that the second and the third pointer point to. */
const SECOND_ROW = 5;
const THIRD_ROW = 14;

/** Takes the registers that reach M rows by scaled strides, as few as possible. */
export const createRowPointers: CreateRowPointers = (assembler, registers, sources, stride, M) => {
  const usedRegisters = new Set(ROWS.slice(0, M).flatMap(({ base, index }) => [base, index ?? base]));
  const hasSecond = M > SECOND_ROW;
  const hasThird = M > THIRD_ROW;
  if (hasSecond) usedRegisters.add(rbp);
  usedRegisters.add(rdx);
  for (const register of usedRegisters) registers.take(register);
  sources.load(rdx, stride);
  if (usedRegisters.has(rbx)) assembler.loadAddress(rbx, { base: rdx, index: rdx, scale: 2 });
  if (usedRegisters.has(rbp)) assembler.loadAddress(rbp, { base: rdx, index: rdx, scale: 4 });
  return {
    pointers: [rax, ...(hasSecond ? [rcx] : []), ...(hasThird ? [r8] : [])],
    deriveOthers() {
      if (hasSecond) assembler.loadAddress(rcx, { base: rax, index: rbp });
      if (hasThird) {
        assembler.loadAddress(r8, { base: rcx, index: rdx, scale: 8 });
        assembler.add(r8, rdx);
      }
    },
    at: (m, offset = 0): Address => ({ ...ROWS[m], offset }),
  };
};
