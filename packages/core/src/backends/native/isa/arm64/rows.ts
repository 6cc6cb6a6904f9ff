import type { Address, Register } from '../assembler.ts';
import type { CreateRowPointers } from '../rows.ts';

export const MOST_ROWS = 8;

/** A pointer to the first row, and a register for the distance of each other. */
export const createRowPointers: CreateRowPointers = (assembler, registers, places, stride, M) => {
  const first = registers.takePointer();
  const distances: Register[] = [];
  for (let m = 1; m < M; m++) {
    const r = registers.takeNumber();
    if (m === 1) places.load(r, stride);
    else assembler.loadAddress(r, { base: distances[m - 2], index: distances[0] });
    distances.push(r);
  }
  return {
    pointers: [first],
    follow() {},
    at: (m, offset = 0): Address =>
      m === 0 ? { base: first, offset } : { base: first, index: distances[m - 1], offset },
  };
};
