import { pow } from '../math/pow.ts';
import { onlyKeys, positiveInteger } from '../text/check.ts';
import { positive } from '../text/range.ts';
import { epochOf } from './epoch-of.ts';
import type { ScheduleIn } from './schedule.ts';

/** What the step schedule takes. */
export interface StepOptions {
  /** Epochs from one drop to the next. @default 10 */
  everyEpochs?: number;
  /** γ > 0: the factor of each drop. @default 0.1 */
  gamma?: number;
}

/** γ^⌊epoch / everyEpochs⌋, as PyTorch's StepLR has it. */
export function step(options: StepOptions = {}): ScheduleIn {
  onlyKeys('schedule step', options, ['everyEpochs', 'gamma']);
  const everyEpochs = positiveInteger('schedule step', 'everyEpochs', options.everyEpochs ?? 10);
  const gamma = positive('schedule step', 'gamma', options.gamma ?? 0.1);
  return ({ stepsPerEpoch }) => ({
    initialState: [],
    needsTotalSteps: false,
    factor: (at) => pow(gamma, Math.floor(epochOf(at, stepsPerEpoch) / everyEpochs)),
  });
}
