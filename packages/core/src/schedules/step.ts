import { pow } from '../math/pow.ts';
import { onlyKeys, positiveInteger } from '../text/check.ts';
import { positive } from '../text/range.ts';
import { epochOf } from './epoch-of.ts';
import type { ScheduleIn } from './schedule.ts';

export interface StepOptions {
  everyEpochs?: number; // default 10
  gamma?: number; // γ, default 0.1
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
