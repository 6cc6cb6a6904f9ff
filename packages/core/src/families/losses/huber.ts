import { defineOptions, type OptionsOf, positive } from '../../checks/options/index.ts';
import { elementwiseLoss } from './elementwise.ts';
import type { Loss } from './loss.ts';

export const huberOptions = defineOptions('huber', {
  /** δ > 0: the error above which the loss grows linearly, in units of the targets. @default 1 */
  delta: positive(1),
});

/** Options of the Huber loss. */
export interface HuberOptions extends OptionsOf<typeof huberOptions.table> {}

/**
 * ½d² if |d| <= δ, else δ(|d| - ½δ), where d = y - t; mean over outputs, as PyTorch's HuberLoss. [Huber
 * 1964](https://doi.org/10.1214/aoms/1177703732)
 */
export function huber(options: HuberOptions = {}): Loss {
  const { delta } = huberOptions.read(options);
  return elementwiseLoss({
    name: 'huber',
    variant: { name: 'huber', parameter: delta },
    value: ({ round }, y, t) => {
      const limit = round(delta);
      const d = Math.abs(round(y - t));
      return d > limit ? round(limit * round(d - round(0.5 * limit))) : round(round(0.5 * d) * d);
    },
    derivative: ({ round }, y, t) => Math.max(-round(delta), Math.min(round(delta), round(y - t))),
    over: 'mean',
    degree: 2, // for errors in units of δ
  });
}
