export { createRandom, type Random, shuffle, shuffleInTurns, streamKey } from './create-random.ts';
export { philox4x32 } from './philox.ts';
