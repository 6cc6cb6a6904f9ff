import { refuseBeyondRoom } from '../memory/memory-room.ts';
import { sharedArrays } from './dataset.ts';

const CHUNK = 1 << 17;

/** A growing array of numbers. */
export interface GrowingNumbers {
  readonly length: number;
  /** @throws RoomError where there is no memory for more. */
  push(value: number): void;
  /** All of them in shared memory. @throws RoomError where there is none for them. */
  take(): Float64Array<SharedArrayBuffer>;
}

export function createGrowingNumbers(): GrowingNumbers {
  const full: Float64Array[] = [];
  let last = new Float64Array(CHUNK);
  let used = 0;
  return {
    get length() {
      return full.length * CHUNK + used;
    },
    push(value) {
      if (used === CHUNK) {
        // Up to `take`, which copies them all.
        refuseBeyondRoom(8 * CHUNK * (full.length + 3));
        full.push(last);
        last = new Float64Array(CHUNK);
        used = 0;
      }
      last[used++] = value;
    },
    take() {
      const array = sharedArrays.float64(full.length * CHUNK + used);
      array.set(last.subarray(0, used), full.length * CHUNK);
      for (let at = (full.length - 1) * CHUNK; at >= 0; at -= CHUNK) array.set(full.pop() ?? [], at);
      return array;
    },
  };
}
