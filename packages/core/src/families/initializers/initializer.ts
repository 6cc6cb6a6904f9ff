import type { Elements } from '../../math/element-type.ts';
import type { Random } from '../../math/random/create-random.ts';

/**
 * Fills a tensor with starting values. The fans are the numbers that a weight's output is a sum of, and the outputs
 * that its input is part of; in a window they count all places. Overwrites `out`.
 */
export type Initializer = (
  out: Elements, // a matrix [rows, columns]
  fanIn: number,
  fanOut: number,
  random: Random,
  columns?: number, // default fanOut; less than the fan in a window
) => void;
