import { defineOptions, nonNegative, type OptionsOf } from '../../checks/options/index.ts';
import { anneal, type ScheduleIn } from './schedule.ts';

const cosineOptions = defineOptions('schedule cosine', {
  /** m >= 0: the factor at the end of the run and beyond. @default 0 */
  minFactor: nonNegative(0),
});

/** Options of the cosine schedule. */
export interface CosineOptions extends OptionsOf<typeof cosineOptions.table> {}

/**
 * m + (1 - m)(1 + cos(πt/T))/2 at step t of T, as PyTorch's CosineAnnealingLR when it is stepped at each batch.
 * [Loshchilov & Hutter 2017, eq. 5](https://arxiv.org/abs/1608.03983)
 */
export function cosine(options: CosineOptions = {}): ScheduleIn {
  const { minFactor } = cosineOptions.read(options);
  return ({ totalSteps }) => ({
    initialState: [],
    needsTotalSteps: true,
    factor: (step) => anneal(1, minFactor, step / totalSteps),
  });
}
