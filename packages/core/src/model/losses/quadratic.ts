import { type NoOptions, noOptions } from '../family.ts';
import { elementwiseLoss } from './elementwise.ts';
import type { Loss } from './loss.ts';

/** ½(y - t)², summed over outputs. [Nielsen 2015, eq. 6](http://neuralnetworksanddeeplearning.com/chap1.html) */
export function quadratic(options: NoOptions = {}): Loss {
  noOptions('quadratic', options);
  return elementwiseLoss({
    name: 'quadratic',
    value: (y, t) => 0.5 * (y - t) * (y - t),
    derivative: (y, t) => y - t,
    over: 'sum',
    degree: 2,
  });
}
