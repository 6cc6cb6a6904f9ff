import { cos } from '../../math/cos.ts';

const PI = 3.141592653589793;

/** From `start` at share 0 to `end` at share 1 and beyond, along half a period of the cosine. */
export const anneal = (start: number, end: number, share: number): number =>
  share >= 1 ? end : end + ((start - end) / 2) * (1 + cos(PI * share));
