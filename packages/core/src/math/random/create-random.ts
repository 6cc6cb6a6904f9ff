import { count } from '../../checks/options/index.ts';
import { log } from '../log.ts';
import { complete, type Pausable } from '../pausable.ts';
import { cos, sin } from '../sin.ts';
import { philox4x32 } from './philox.ts';

/**
 * The stream of random numbers of `seed` and `stream`, e.g. `createRandom(1, 'shuffle', epoch)`: words of
 * Philox-4x32-10 with counters 0, 1, 2, … under the stream's key.
 * @param seed an integer from 0 to 2⁵³ - 1, as are the numbers of `stream`
 */
export function createRandom(seed: number, ...stream: readonly (number | string)[]): Random {
  const [k0, k1] = streamKey(seed, ...stream);
  const block = new Uint32Array(4);
  let counter = 0;
  let usedWords = 4;
  let spare = Number.NaN; // the second normal of a pair

  function uint32(): number {
    if (usedWords === 4) {
      philox4x32(block, counter, counter / 4294967296, 0, 0, k0, k1);
      counter++;
      usedWords = 0;
    }
    return block[usedWords++];
  }

  /** Joins 27 bits of one word with 26 bits of the next. */
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

  /** Draws again for words from the largest multiple of n on: they would make small results more likely. */
  function integer(n: number): number {
    const limit = 4294967296 - (4294967296 % n);
    let word = uint32();
    while (word >= limit) word = uint32();
    return word % n;
  }

  return { uint32, uniform, normal, integer };
}

/** A stream of pseudo-random numbers, a pure function of seed and stream name. */
export interface Random {
  /** Uniform over 0 .. 2³² - 1. */
  uint32(): number;
  /** Uniform over [0, 1), 53 bits. */
  uniform(): number;
  /** Standard normal. */
  normal(): number;
  /** Uniform over 0 .. n - 1, without bias; n up to 2³². */
  integer(n: number): number;
}

/**
 * Philox key [2] of a stream: a hash of the seed and the stream's name, so that streams with different names
 * (`'shuffle', 3`) or seeds are unrelated.
 * @throws Error if the seed or a number of the name is not an integer from 0 to 2⁵³ - 1.
 */
export function streamKey(seed: number, ...stream: readonly (number | string)[]): Uint32Array<ArrayBuffer> {
  const key = new Uint32Array(4);
  // `tag`: 0 for the seed, 1 for the length of a text, 2 for a character, 3 for a number.
  const absorb = (a: number, b: number, tag: number) => philox4x32(key, a, b, tag, 0, key[0], key[1]);
  absorb(count.check('createRandom', 'seed', seed), seed / 4294967296, 0);
  for (const part of stream) {
    if (typeof part === 'string') {
      absorb(part.length, 0, 1);
      for (let i = 0; i < part.length; i++) absorb(part.charCodeAt(i), 0, 2);
    } else {
      absorb(count.check('createRandom', 'stream', part), part / 4294967296, 3);
    }
  }
  return key.slice(0, 2);
}

/**
 * Shuffles `indices`, every order equally likely: Fisher-Yates. [Durstenfeld
 * 1964](https://doi.org/10.1145/364520.364540)
 */
export const shuffle = (indices: Uint32Array, random: Random): void => complete(shuffleInTurns(indices, random));

/** Indices shuffled between two pauses, in about half a millisecond. */
const INDICES_PER_TURN = 1 << 14;

/** `shuffle` with pauses. */
export function* shuffleInTurns(indices: Uint32Array, random: Random): Pausable<void> {
  for (let end = indices.length; end > 1; end -= INDICES_PER_TURN) {
    shuffleBetween(indices, Math.max(1, end - INDICES_PER_TURN), end, random);
    yield;
  }
}

/** Swaps the indices at places end - 1 down to `first` each with a drawn one at the same or a lower place. */
function shuffleBetween(indices: Uint32Array, first: number, end: number, random: Random): void {
  for (let i = end - 1; i >= first; i--) {
    const j = random.integer(i + 1);
    const swapped = indices[i];
    indices[i] = indices[j];
    indices[j] = swapped;
  }
}
