import { refuseBeyondRoom } from '../../system/memory/memory-room.ts';
import type { GrowingNumbers } from '../growing-numbers.ts';
import type { CacheFile } from './cache-file.ts';

/** Numbers held in memory for all columns together before they are written: 32 MiB. */
const MOST_WAITING = 1 << 22;
const FIRST_CHUNK = 1 << 6;
const LARGEST_CHUNK = 1 << 17;

/** Growing arrays of numbers for `columns` columns, spooled to one file until each is taken. */
export function spooledNumbers(file: CacheFile, columns: number): () => GrowingNumbers {
  const most = Math.max(FIRST_CHUNK, Math.min(LARGEST_CHUNK, Math.floor(MOST_WAITING / columns)));
  return () => {
    let written: { readonly start: number; readonly length: number }[] = [];
    let before = 0; // numbers already in the file
    let last = new Float64Array(FIRST_CHUNK);
    let used = 0;
    return {
      get length() {
        return before + used;
      },
      push(value) {
        if (used === last.length) {
          written.push({ start: file.append(last), length: used });
          before += used;
          if (last.length < most) last = new Float64Array(Math.min(most, 2 * last.length));
          used = 0;
        }
        last[used++] = value;
      },
      take() {
        refuseBeyondRoom(8 * (before + used));
        // Not shared memory: the garbage collector does not notice how much of it each column releases.
        const taken = new Float64Array(before + used);
        let at = 0;
        for (const { start, length } of written) {
          file.read(taken.subarray(at, at + length), start);
          at += length;
        }
        taken.set(last.subarray(0, used), before);
        written = [];
        [before, used] = [0, 0];
        return taken;
      },
    };
  };
}
