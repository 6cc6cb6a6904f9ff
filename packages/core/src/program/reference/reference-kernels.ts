import { roundingOf } from '../../math/element-type.ts';
import type { GatherBytes, Kernels } from '../kernels.ts';

/** Plain TypeScript. Loops over four bytes at a time: 1.4 ns a byte, against 2.5 one by one and 2.1 with a division. */
export const gatherBytes: GatherBytes = (out, bytes, columns, divisor, order, first, count) => {
  const quotient = quotients(roundingOf(out)(divisor));
  let o = 0;
  for (let n = first; n < first + count; n++) {
    let i = (order === null ? n : order[n]) * columns;
    const end = i + columns;
    for (; i + 3 < end; i += 4, o += 4) {
      out[o] = quotient[bytes[i]];
      out[o + 1] = quotient[bytes[i + 1]];
      out[o + 2] = quotient[bytes[i + 2]];
      out[o + 3] = quotient[bytes[i + 3]];
    }
    for (; i < end; i++) out[o++] = quotient[bytes[i]];
  }
};

/** Runs every operation by its plain code. */
export const referenceKernels: Kernels = { name: 'reference', bind: () => null, blocks: null, gatherBytes };

const tables = new Map<number, Float64Array>();

/** byte / divisor for all 256 bytes, once per divisor and thread. Storing one as a float rounds it once more. */
function quotients(divisor: number): Float64Array {
  let table = tables.get(divisor);
  if (table === undefined) {
    table = Float64Array.from({ length: 256 }, (_, byte) => byte / divisor);
    tables.set(divisor, table);
  }
  return table;
}
