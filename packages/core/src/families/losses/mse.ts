import { type NoOptions, noOptions } from '../family.ts';
import { elementwiseLoss } from './elementwise.ts';
import type { Loss } from './loss.ts';

/** (y - t)², mean over outputs, as PyTorch's MSELoss. */
export function mse(options: NoOptions = {}): Loss {
  noOptions('mse', options);
  return elementwiseLoss({
    name: 'mse',
    value: ({ round }, y, t) => {
      const d = round(y - t);
      return round(d * d);
    },
    derivative: ({ round }, y, t) => round(2 * round(y - t)),
    over: 'mean',
    degree: 2,
  });
}
