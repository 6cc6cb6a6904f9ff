import { pow } from '../math/pow.ts';
import { onlyKeys } from '../text/check.ts';
import { positive } from '../text/range.ts';
import { epochOf } from './epoch-of.ts';
import type { ScheduleIn } from './schedule.ts';

/** Options of the exponential schedule. */
export interface ExponentialOptions {
  /** γ > 0: the factor from one epoch to the next. @default 0.95 */
  gamma?: number;
}

/** γ^epoch, as PyTorch's ExponentialLR has it. */
export function exponential(options: ExponentialOptions = {}): ScheduleIn {
  onlyKeys('schedule exponential', options, ['gamma']);
  const gamma = positive('schedule exponential', 'gamma', options.gamma ?? 0.95);
  return ({ stepsPerEpoch }) => ({
    initialState: [],
    needsTotalSteps: false,
    factor: (step) => pow(gamma, epochOf(step, stepsPerEpoch)),
  });
}
