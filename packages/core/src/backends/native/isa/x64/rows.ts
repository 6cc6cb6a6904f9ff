import type { Rows } from '../isa.ts';
import type { AnyPlace, Places } from '../places.ts';
import type { Registers } from '../registers.ts';
import { type Address, type Assembler, at, type Register, rax, rbp, rbx, rcx, rdx } from './assembler.ts';

/** Where row m lies, with rax at row 0, rcx at row 5, and one, three and five rows in rdx, rbx and rbp. */
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
];

export const MOST_ROWS = ROWS.length;

/** Row 5, from which on there is a second pointer. */
const SECOND = 5;

/** Addresses of M rows by scaled strides, which takes as few registers as reach them. */
export function createRows(
  assembler: Assembler,
  registers: Registers,
  places: Places,
  stride: AnyPlace,
  M: number,
): Rows {
  const used = new Set(ROWS.slice(0, M).flatMap(({ base, index }) => [base, index ?? base]));
  const hasSecond = M > SECOND;
  if (hasSecond) used.add(rbp);
  used.add(rdx);
  for (const register of used) registers.take(register);
  places.load(rdx, stride);
  if (used.has(rbx)) assembler.loadAddress(rbx, { base: rdx, index: rdx, scale: 2 });
  if (used.has(rbp)) assembler.loadAddress(rbp, { base: rdx, index: rdx, scale: 4 });

  const pointers = hasSecond ? [rax, rcx] : [rax];
  const withStride = (by: Register | AnyPlace, act: (pointer: Register, stride: Register) => void): void =>
    registers.scope(() => {
      const register = typeof by === 'number' ? by : registers.takeNumber();
      if (typeof by !== 'number') places.load(register, by);
      for (const pointer of pointers) act(pointer, register);
    });

  return {
    first: rax,
    start(from: Register | AnyPlace) {
      if (typeof from === 'number') assembler.move(rax, from);
      else places.load(rax, from);
      if (hasSecond) assembler.loadAddress(rcx, { base: rax, index: rbp });
    },
    at: (m, offset = 0): Address => ({ ...ROWS[m], offset }),
    advance: (by: Register | AnyPlace) => withStride(by, assembler.add),
    retreat: (by: Register | AnyPlace) => withStride(by, assembler.subtract),
    skip(bytes) {
      for (const pointer of pointers) assembler.loadAddress(pointer, at(pointer, bytes));
    },
  };
}
