import { onlyKeys } from '../text/check.ts';
import { count, fraction, nonNegative } from '../text/range.ts';
import type { ScheduleIn } from './schedule.ts';

export interface PlateauOptions {
  gamma?: number; // γ, default 0.1 (PyTorch's factor)
  patienceEpochs?: number; // epochs without improvement that are put up with, default 10
  threshold?: number; // share by which a value must fall below the best to count as better, default 1e-4
  minFactor?: number; // default 0
}

/**
 * 1 at first; times γ after each run of more than `patienceEpochs` epochs in which the watched value was not below
 * best · (1 - threshold), as PyTorch's ReduceLROnPlateau has it in mode min without cooldown.
 */
export function plateau(options: PlateauOptions = {}): ScheduleIn {
  onlyKeys('schedule plateau', options, ['gamma', 'patienceEpochs', 'threshold', 'minFactor']);
  const gamma = fraction('schedule plateau', 'gamma', options.gamma ?? 0.1);
  const patienceEpochs = count('schedule plateau', 'patienceEpochs', options.patienceEpochs ?? 10);
  const threshold = fraction('schedule plateau', 'threshold', options.threshold ?? 1e-4);
  const minFactor = nonNegative('schedule plateau', 'minFactor', options.minFactor ?? 0);
  return () => ({
    initialState: [1, Number.POSITIVE_INFINITY, 0], // factor, best value, epochs since
    needsTotalSteps: false,
    factor: (_step, state) => state[0],
    observe(state, value, epochs) {
      if (value < state[1] * (1 - threshold)) {
        state[1] = value;
        state[2] = 0;
      } else {
        state[2] += epochs;
      }
      if (state[2] > patienceEpochs) {
        state[0] = Math.max(minFactor, state[0] * gamma);
        state[2] = 0;
      }
    },
  });
}
