import { bytesOfElements, elementView, typeOf } from '../../math/element-type.ts';
import { addressOf } from '../../program/address.ts';
import type { GatherBytes } from '../../program/kernels.ts';
import { gatherBytes as plain } from '../../program/reference/gather-bytes.ts';
import type { CallTape } from './call-tape.ts';
import type { CodeLayout } from './code.ts';
import { gatherArguments } from './kernels/gather.ts';

const ROWS = 62; // of a call
const VECTOR = 32; // bytes at most
// Below this, entering machine code takes longer than it saves; above it, it cannot address the bytes.
const MIN_COLUMNS = 16;
const MAX_BYTES = 4_294_967_296;

/** Doubles of scratch that gathering takes, a multiple of eight: two words a double, one start more than rows. */
export const GATHER_SCRATCH = VECTOR / 8 + (ROWS + 2) / 2 + 4;

export function createGatherBytes(
  { gather, type, arithmeticWidth: width }: CodeLayout,
  tape: CallTape,
  scratch: Float64Array, // [GATHER_SCRATCH]
): GatherBytes {
  const size = bytesOfElements(type, 1);
  const divisors = elementView(type, scratch.buffer, scratch.byteOffset, width);
  const starts = new Uint32Array(scratch.buffer, scratch.byteOffset + VECTOR, ROWS + 1);
  const divisorAt = addressOf(scratch);
  return (out, bytes, columns, divisor, order, first, count) => {
    if (columns < MIN_COLUMNS || bytes.length >= MAX_BYTES || typeOf(out) !== type) {
      plain(out, bytes, columns, divisor, order, first, count);
      return;
    }
    divisors.fill(divisor);
    for (let done = 0; done < count; ) {
      const rows = count - done < ROWS ? count - done : ROWS;
      for (let n = 0; n < rows; n++) {
        const row = first + done + n;
        starts[n] = (order === null ? row : order[row]) * columns;
      }
      starts[rows] = starts[rows - 1];
      const rest = columns % width;
      const outAt = addressOf(out) + size * done * columns;
      const startsAt = divisorAt + VECTOR;
      const vectors = (columns - rest) / width;
      tape.write(gatherArguments, gather, outAt, startsAt, divisorAt, rows, rest, size * rest, vectors);
      tape.run(bytes);
      done += rows;
    }
  };
}
