import { addressOf } from '../address.ts';
import type { GatherBytes } from '../kernels.ts';
import { gatherBytes as plain } from '../reference/gather-bytes.ts';
import type { CallTape } from './call-tape.ts';
import type { CodeLayout } from './code.ts';
import { gatherArguments } from './kernels/gather.ts';

const ROWS = 62; // of a call
const LANES = 4;
// Below this, entering machine code takes longer than it saves; above it, it cannot address the bytes.
const MIN_COLUMNS = 16;
const MAX_BYTES = 4_294_967_296;

/** Doubles of scratch that gathering takes, a multiple of eight: two words a double, one start more than rows. */
export const GATHER_SCRATCH = LANES + (ROWS + 2) / 2 + 4;

export function createGatherBytes(
  { gather }: CodeLayout,
  tape: CallTape,
  scratch: Float64Array, // [GATHER_SCRATCH]
): GatherBytes {
  const starts = new Uint32Array(scratch.buffer, scratch.byteOffset + 8 * LANES, ROWS + 1);
  const divisorAt = addressOf(scratch);
  return (out, bytes, columns, divisor, order, first, count) => {
    if (columns < MIN_COLUMNS || bytes.length >= MAX_BYTES) {
      plain(out, bytes, columns, divisor, order, first, count);
      return;
    }
    scratch.fill(divisor, 0, LANES);
    for (let done = 0; done < count; ) {
      const rows = count - done < ROWS ? count - done : ROWS;
      for (let n = 0; n < rows; n++) {
        const row = first + done + n;
        starts[n] = (order === null ? row : order[row]) * columns;
      }
      starts[rows] = starts[rows - 1];
      const rest = columns & 3;
      const outAt = addressOf(out) + 8 * done * columns;
      const startsAt = divisorAt + 8 * LANES;
      tape.write(gatherArguments, gather, outAt, startsAt, divisorAt, rows, rest, 8 * rest, columns >> 2);
      tape.run(bytes);
      done += rows;
    }
  };
}
