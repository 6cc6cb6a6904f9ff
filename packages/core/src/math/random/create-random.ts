import { cos } from '../cos.ts';
import { log } from '../log.ts';
import { sin } from '../sin.ts';
import { philox4x32 } from './philox.ts';
import type { Random } from './random.ts';
import { streamKey } from './stream-key.ts';

/**
 * The stream of random numbers that belongs to `seed` and `stream`, e.g. `createRandom(1, 'shuffle', epoch)`: words of
 * Philox-4x32-10 with counters 0, 1, 2, … under the stream's key.
 * @param seed whole, from 0 to 2⁵³ - 1; so are the numbers of `stream`
 */
export function createRandom(seed: number, ...stream: readonly (number | string)[]): Random {
  const [k0, k1] = streamKey(seed, ...stream);
  const block = new Uint32Array(4);
  let counter = 0;
  let used = 4;
  let spare = Number.NaN; // the second normal of a pair

  function uint32(): number {
    if (used === 4) {
      philox4x32(block, counter, counter / 4294967296, 0, 0, k0, k1);
      counter++;
      used = 0;
    }
    return block[used++];
  }

  /** 27 bits of one word above 26 of the next. */
  function uniform(): number {
    const high = uint32() >>> 5;
    const low = uint32() >>> 6;
    return (high * 67108864 + low) / 9007199254740992;
  }

  /** [Box & Muller 1958](https://doi.org/10.1214/aoms/1177706645) */
  function normal(): number {
    if (!Number.isNaN(spare)) {
      const z = spare;
      spare = Number.NaN;
      return z;
    }
    const radius = Math.sqrt(-2 * log(1 - uniform())); // 1 - u is in (0, 1]
    const angle = 6.283185307179586 * uniform();
    spare = radius * sin(angle);
    return radius * cos(angle);
  }

  /** Words past the last whole multiple of n are drawn again. */
  function integer(n: number): number {
    const limit = 4294967296 - (4294967296 % n);
    let word = uint32();
    while (word >= limit) word = uint32();
    return word % n;
  }

  return { uint32, uniform, normal, integer };
}
