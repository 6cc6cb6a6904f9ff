import type { Elements } from '../../math/element-type.ts';
import type { Random } from '../../math/random/create-random.ts';

/** Fills a tensor [fanIn, fanOut] with starting values. Overwrites `out`. */
export type Initializer = (
  out: Elements, // [fanIn, fanOut]
  fanIn: number,
  fanOut: number,
  random: Random,
) => void;
