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
  const full: Float64Array[] = [];
  let last = new Float64Array(FIRST_CHUNK);
  let before = 0; // numbers in full chunks
  let used = 0;
  return {
    get length() {
      return before + used;
    },
    push(value) {
      if (used === last.length) {
        before += used;
        const length = Math.min(CHUNK, before);
        // Twice, because `take` copies all of them.
        refuseBeyondRoom(8 * (before + 2 * length));
        full.push(last);
        last = new Float64Array(length);
        used = 0;
      }
      last[used++] = value;
    },
    take() {
      const array = sharedArrays.float64(before + used);
      array.set(last.subarray(0, used), before);
      while (full.length > 0) {
        const chunk = full.pop() ?? last;
        before -= chunk.length;
        array.set(chunk, before);
      }
      used = 0;
      return array;
    },
  };
}
