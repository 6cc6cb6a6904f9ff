import { type Address, type Assembler, addressAt, type Register } from './assembler.ts';
import type { Rows } from './isa.ts';
import type { Registers } from './registers.ts';
import type { AnySource, Sources } from './sources.ts';

/** The registers that rows are addressed by, on one processor. */
export interface RowPointers {
  /** Pointers into the rows, the first of them to row 0. All move together. */
  readonly pointers: readonly Register[];
  /** Computes the other pointers from the first. */
  deriveOthers(): void;
  at(m: number, offset?: number): Address;
}

/** Takes the registers for M rows, `stride` apart. */
export type CreateRowPointers = (
  assembler: Assembler,
  registers: Registers,
  sources: Sources,
  stride: AnySource,
  M: number,
) => RowPointers;

/** Creates `Rows` from these pointers. */
export function createRows(
  assembler: Assembler,
  registers: Registers,
  sources: Sources,
  { pointers, deriveOthers, at: addressOf }: RowPointers,
): Rows {
  const [first] = pointers;
  const move = (by: Register | AnySource, act: (pointer: Register, by: Register) => void): void =>
    registers.scope(() => {
      const step = typeof by === 'number' ? by : registers.takeNumber();
      if (typeof by !== 'number') sources.load(step, by);
      for (const pointer of pointers) act(pointer, step);
    });
  return {
    first,
    start(from: Register | AnySource) {
      if (typeof from === 'number') assembler.move(first, from);
      else sources.load(first, from);
      deriveOthers();
    },
    at: addressOf,
    advance: (by: Register | AnySource) => move(by, assembler.add),
    retreat: (by: Register | AnySource) => move(by, assembler.subtract),
    skip(bytes) {
      for (const pointer of pointers) assembler.loadAddress(pointer, addressAt(pointer, bytes));
    },
  };
}
