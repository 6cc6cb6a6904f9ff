import { bytesOfElements, typeOf } from '../../math/element-type.ts';
import { addressOf } from '../../program/address.ts';
import type { GatherBytes } from '../../program/kernels.ts';
import { gatherBytes as plain } from '../../program/reference/reference-kernels.ts';
import type { CodeLayout } from '../code.ts';
import { gatherArguments } from '../kernels/gather.ts';
import type { CallTape } from './call-tape.ts';

const CALL_ROWS = 62; // maximum number of rows of a call
// Below MIN_COLUMNS machine code costs more than it saves; from MAX_BYTES on it cannot address the bytes.
const MIN_COLUMNS = 16;
const MAX_BYTES = 4_294_967_296;

/** Doubles of scratch for gathering. Starts take half a double each, one more than rows. */
export const GATHER_SCRATCH = (CALL_ROWS + 2) / 2;

/** Gathers bytes from memory anywhere. */
export function createGatherBytes(
  layout: CodeLayout,
  tape: CallTape,
  scratch: Float64Array, // [GATHER_SCRATCH]
): GatherBytes {
  const { type, width } = layout;
  const size = bytesOfElements(type, 1);
  const starts = new Uint32Array(scratch.buffer, scratch.byteOffset, CALL_ROWS + 1);
  const startsAt = addressOf(scratch);
  return (out, bytes, columns, divisor, order, first, count) => {
    if (columns < MIN_COLUMNS || bytes.length >= MAX_BYTES || typeOf(out) !== type) {
      plain(out, bytes, columns, divisor, order, first, count);
      return;
    }
    for (let done = 0; done < count; ) {
      const rows = count - done < CALL_ROWS ? count - done : CALL_ROWS;
      for (let n = 0; n < rows; n++) {
        const row = first + done + n;
        starts[n] = (order === null ? row : order[row]) * columns;
      }
      starts[rows] = starts[rows - 1]; // is only prefetched
      const rest = columns % width;
      const outAt = addressOf(out) + size * done * columns;
      const vectors = (columns - rest) / width;
      tape.write(gatherArguments, layout.gather(), outAt, startsAt, divisor, rows, rest, size * rest, vectors);
      tape.run(bytes);
      done += rows;
    }
  };
}
