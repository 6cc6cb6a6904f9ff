import { refuseBeyondRoom } from '../system/memory/memory-room.ts';
import { sharedArrays } from './number-types.ts';

const CHUNK = 1 << 17;
/** Small, since a table of ten thousand columns has ten thousand of these arrays. */
const FIRST_CHUNK = 1 << 6;

/** A growing array of numbers. */
export interface GrowingNumbers<Taken extends Float64Array = Float64Array> {
  readonly length: number;
  /** @throws RoomError if there is no memory for more. */
  push(value: number): void;
  /** Returns all numbers and empties the array. @throws RoomError if there is no memory for them. */
  take(): Taken;
}

/** Collects numbers in memory; `take` returns them in shared memory. */
export function createGrowingNumbers(): GrowingNumbers<Float64Array<SharedArrayBuffer>> {
  const chunks: Float64Array[] = [];
  let last = new Float64Array(FIRST_CHUNK);
  let before = 0; // numbers in full chunks
  let count = 0;
  return {
    get length() {
      return before + count;
    },
    push(value) {
      if (count === last.length) {
        before += count;
        const length = Math.min(CHUNK, before);
        // Twice, because `take` copies all of them.
        refuseBeyondRoom(8 * (before + 2 * length));
        chunks.push(last);
        last = new Float64Array(length);
        count = 0;
      }
      last[count++] = value;
    },
    take() {
      const array = sharedArrays.float64(before + count);
      array.set(last.subarray(0, count), before);
      while (chunks.length > 0) {
        const chunk = chunks.pop() ?? last;
        before -= chunk.length;
        array.set(chunk, before);
      }
      count = 0;
      return array;
    },
  };
}
