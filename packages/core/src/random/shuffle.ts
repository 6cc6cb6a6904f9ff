import type { Random } from './random.ts';

/** Puts `indices` into a random order, each equally likely: Fisher-Yates. [Durstenfeld 1964](https://doi.org/10.1145/364520.364540) */
export function shuffle(indices: Uint32Array, random: Random): void {
  for (let i = indices.length - 1; i > 0; i--) {
    const j = random.integer(i + 1);
    const kept = indices[i];
    indices[i] = indices[j];
    indices[j] = kept;
  }
}
