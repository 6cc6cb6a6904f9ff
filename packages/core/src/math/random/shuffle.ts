import { complete, type Pausable } from '../pausable.ts';
import type { Random } from './random.ts';

/**
 * Puts `indices` into a random order, each equally likely: Fisher-Yates. [Durstenfeld
 * 1964](https://doi.org/10.1145/364520.364540)
 */
export const shuffle = (indices: Uint32Array, random: Random): void => complete(shuffleInTurns(indices, random));

/** Indices between two pauses: about half a millisecond. */
const STRETCH = 1 << 14;

/** Likewise, with pauses. */
export function* shuffleInTurns(indices: Uint32Array, random: Random): Pausable<void> {
  for (let end = indices.length; end > 1; end -= STRETCH) {
    shuffleBetween(indices, Math.max(1, end - STRETCH), end, random);
    yield;
  }
}

/** Draws who comes to the places below `end` down to `first`. */
function shuffleBetween(indices: Uint32Array, first: number, end: number, random: Random): void {
  for (let i = end - 1; i >= first; i--) {
    const j = random.integer(i + 1);
    const kept = indices[i];
    indices[i] = indices[j];
    indices[j] = kept;
  }
}
