import { type NoOptions, noOptions } from '../family.ts';
import { elementwiseLoss } from './elementwise.ts';
import type { Loss } from './loss.ts';

/** (y - t)², mean over outputs, as PyTorch's MSELoss has it. */
export function mse(options: NoOptions = {}): Loss {
  noOptions('mse', options);
  return elementwiseLoss({
    name: 'mse',
    value: (y, t) => (y - t) * (y - t),
    derivative: (y, t) => 2 * (y - t),
    over: 'mean',
    degree: 2,
  });
}
