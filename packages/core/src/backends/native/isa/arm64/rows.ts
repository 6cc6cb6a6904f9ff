import { type Address, type Assembler, at, type Register } from '../assembler.ts';
import type { Rows } from '../isa.ts';
import type { AnyPlace, Places } from '../places.ts';
import type { Registers } from '../registers.ts';

export const MOST_ROWS = 8;

/** Addresses of M rows: a pointer to the first, and a register for the distance of each other. */
export function createRows(
  assembler: Assembler,
  registers: Registers,
  places: Places,
  stride: AnyPlace,
  M: number,
): Rows {
  const first = registers.takePointer();
  const distances: Register[] = [];
  for (let m = 1; m < M; m++) {
    const r = registers.takeNumber();
    if (m === 1) places.load(r, stride);
    else assembler.loadAddress(r, { base: distances[m - 2], index: distances[0] });
    distances.push(r);
  }

  const withStride = (by: Register | AnyPlace, act: (to: Register, from: Register) => void): void =>
    registers.scope(() => {
      const register = typeof by === 'number' ? by : registers.takeNumber();
      if (typeof by !== 'number') places.load(register, by);
      act(first, register);
    });

  return {
    first,
    start(from: Register | AnyPlace) {
      if (typeof from === 'number') assembler.move(first, from);
      else places.load(first, from);
    },
    at: (m, offset = 0): Address => (m === 0 ? at(first, offset) : { base: first, index: distances[m - 1], offset }),
    advance: (by: Register | AnyPlace) => withStride(by, assembler.add),
    retreat: (by: Register | AnyPlace) => withStride(by, assembler.subtract),
    skip: (bytes) => assembler.loadAddress(first, at(first, bytes)),
  };
}
