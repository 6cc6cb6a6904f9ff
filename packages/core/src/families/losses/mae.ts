import { type NoOptions, noOptions } from '../family.ts';
import { elementwiseLoss } from './elementwise.ts';
import type { Loss } from './loss.ts';

/** |y - t|, mean over outputs, as PyTorch's L1Loss. The derivative at y = t is taken as 0. */
export function mae(options: NoOptions = {}): Loss {
  noOptions('mae', options);
  return elementwiseLoss({
    name: 'mae',
    value: ({ round }, y, t) => Math.abs(round(y - t)),
    // y - t is 0, or NaN, which must stay visible
    derivative: ({ round }, y, t) => (y > t ? 1 : y < t ? -1 : round(y - t)),
    over: 'mean',
    degree: 1,
  });
}
