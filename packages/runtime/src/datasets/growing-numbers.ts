import { sharedArrays } from './dataset.ts';

const CHUNK = 1 << 17;

/** Numbers of which nobody knows how many will come. */
export interface GrowingNumbers {
  readonly length: number;
  push(value: number): void;
  /** All of them in shared memory; they are given away, so that they are not held twice. @throws RangeError where they do not fit. */
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
