import { pow } from '../math/pow.ts';
import { onlyKeys, positiveInteger } from '../text/check.ts';
import { OptionError } from '../text/option-error.ts';
import { positive } from '../text/range.ts';
import { show } from '../text/show.ts';
import type { ScheduleIn } from './schedule.ts';

/** Options of the step schedule. */
export interface StepOptions {
  /** Epochs from one drop to the next. @default 10 */
  everyEpochs?: number;
  /** Steps from one drop to the next, instead of epochs. */
  everySteps?: number;
  /** γ > 0: the factor of each drop. @default 0.1 */
  gamma?: number;
}

/** γ^⌊epoch / everyEpochs⌋, or γ^⌊step / everySteps⌋: PyTorch's StepLR, stepped at each epoch or at each batch. */
export function step(options: StepOptions = {}): ScheduleIn {
  onlyKeys('schedule step', options, ['everyEpochs', 'everySteps', 'gamma']);
  const { everyEpochs, everySteps } = options;
  if (everyEpochs !== undefined && everySteps !== undefined) {
    const problem = `has ${show(everySteps)}, and epochs are given too, expected one of the two`;
    throw new OptionError('schedule step', 'everySteps', problem);
  }
  const name = everySteps === undefined ? 'everyEpochs' : 'everySteps';
  const every = positiveInteger('schedule step', name, everySteps ?? everyEpochs ?? 10);
  const gamma = positive('schedule step', 'gamma', options.gamma ?? 0.1);
  return ({ stepsPerEpoch }) => ({
    initialState: [],
    needsTotalSteps: false,
    factor: (at) => pow(gamma, Math.floor(at / (everySteps === undefined ? every * stepsPerEpoch : every))),
  });
}
