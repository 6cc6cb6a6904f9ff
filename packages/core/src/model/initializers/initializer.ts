import type { Random } from '../../random/random.ts';

/** Fills a tensor [fanIn, fanOut] with its starting values. Overwrites `out`. */
export type Initializer = (
  out: Float64Array, // [fanIn, fanOut]
  fanIn: number,
  fanOut: number,
  random: Random,
) => void;
