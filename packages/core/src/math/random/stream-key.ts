import { count } from '../../checks/range.ts';
import { philox4x32 } from './philox.ts';

/**
 * The Philox key [2] of a stream: a hash of the seed and of what the stream is for, so that streams of one seed
 * (`'shuffle', 3`) and equal streams of different seeds have nothing in common.
 * @throws Error if the seed is not a whole number from 0 to 2⁵³ - 1, or a number of the stream is not.
 */
export function streamKey(seed: number, ...stream: readonly (number | string)[]): Uint32Array<ArrayBuffer> {
  const key = new Uint32Array(4);
  const absorb = (a: number, b: number, tag: number) => philox4x32(key, a, b, tag, 0, key[0], key[1]);
  absorb(count('createRandom', 'seed', seed), seed / 4294967296, 0);
  for (const part of stream) {
    if (typeof part === 'string') {
      absorb(part.length, 0, 1);
      for (let i = 0; i < part.length; i++) absorb(part.charCodeAt(i), 0, 2);
    } else {
      absorb(count('createRandom', 'stream', part), part / 4294967296, 3);
    }
  }
  return key.slice(0, 2);
}
