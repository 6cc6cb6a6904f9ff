import { defineOptions, type OptionsOf, positive } from '../../checks/options/index.ts';
import { pow } from '../../math/pow.ts';
import { epochOf, type ScheduleIn } from './schedule.ts';

const exponentialOptions = defineOptions('schedule exponential', {
  /** γ > 0: the factor from one epoch to the next. @default 0.95 */
  gamma: positive(0.95),
});

/** Options of the exponential schedule. */
export interface ExponentialOptions extends OptionsOf<typeof exponentialOptions.table> {}

/** γ^epoch, as PyTorch's ExponentialLR. */
export function exponential(options: ExponentialOptions = {}): ScheduleIn {
  const { gamma } = exponentialOptions.read(options);
  return ({ stepsPerEpoch }) => ({
    initialState: [],
    needsTotalSteps: false,
    factor: (step) => pow(gamma, epochOf(step, stepsPerEpoch)),
  });
}
