import { type NoOptions, noOptions } from '../family.ts';
import { elementwiseLoss } from './elementwise.ts';
import type { Loss } from './loss.ts';

/** ½(y - t)², summed over outputs. [Nielsen 2015, eq. 6](http://neuralnetworksanddeeplearning.com/chap1.html) */
export function quadratic(options: NoOptions = {}): Loss {
  noOptions('quadratic', options);
  return elementwiseLoss({
    name: 'quadratic',
    value: ({ round }, y, t) => {
      const d = round(y - t);
      return round(round(0.5 * d) * d);
    },
    derivative: ({ round }, y, t) => round(y - t),
    over: 'sum',
    degree: 2,
  });
}
