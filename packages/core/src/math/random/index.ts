export { createRandom } from './create-random.ts';
export { philox4x32 } from './philox.ts';
export type { Random } from './random.ts';
export { shuffle, shuffleInTurns } from './shuffle.ts';
export { streamKey } from './stream-key.ts';
