import { defineOptions, fraction, inRange, type OptionsOf } from '../../checks/options/index.ts';
import { anneal, type ScheduleIn } from './schedule.ts';

const divisor = inRange(1);

const oneCycleOptions = defineOptions('schedule one-cycle', {
  /** Share of the run in which the rate rises, in [0, 1) (pct_start in PyTorch). @default 0.3 */
  riseShare: fraction(0.3),
  /** At least 1: the first factor is 1 / startDivisor. @default 25 */
  startDivisor: divisor(25),
  /** At least 1: the last factor is the first / endDivisor. @default 1e4 */
  endDivisor: divisor(1e4),
});

/** Options of the one-cycle schedule. */
export interface OneCycleOptions extends OptionsOf<typeof oneCycleOptions.table> {}

/**
 * Rises from 1 / startDivisor to 1, then falls to 1 / (startDivisor · endDivisor) at the last step, both along a
 * cosine. The optimizer's learning rate is the highest one. Counts steps as PyTorch's OneCycleLR, but does not cycle
 * the momentum. [Smith & Topin 2018](https://arxiv.org/abs/1708.07120)
 */
export function oneCycle(options: OneCycleOptions = {}): ScheduleIn {
  const { riseShare, startDivisor, endDivisor } = oneCycleOptions.read(options);
  const first = 1 / startDivisor;
  const last = first / endDivisor;
  return ({ totalSteps }) => {
    const peak = riseShare * totalSteps - 1; // usually between two steps
    const end = totalSteps - 1;
    return {
      initialState: [],
      needsTotalSteps: true,
      factor: (step) =>
        step <= peak && peak > 0 ? anneal(first, 1, step / peak) : anneal(1, last, (step - peak) / (end - peak)),
    };
  };
}
