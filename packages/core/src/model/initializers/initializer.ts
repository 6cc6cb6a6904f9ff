import type { Elements } from '../../element-type.ts';
import type { Random } from '../../random/random.ts';

/** Fills a tensor [fanIn, fanOut] with its starting values. Overwrites `out`. */
export type Initializer = (
  out: Elements, // [fanIn, fanOut]
  fanIn: number,
  fanOut: number,
  random: Random,
) => void;
