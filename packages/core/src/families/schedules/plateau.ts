import { count, defineOptions, fraction, nonNegative, type OptionsOf } from '../../checks/options/index.ts';
import type { ScheduleIn } from './schedule.ts';

const plateauOptions = defineOptions('schedule plateau', {
  /** γ in [0, 1): multiplier of the factor at each reduction (factor in PyTorch). @default 0.1 */
  gamma: fraction(0.1),
  /** Epochs without improvement before the factor is reduced. @default 10 */
  patienceEpochs: count(10),
  /** Share by which the watched loss must fall below the best to count as an improvement, in [0, 1). @default 1e-4 */
  threshold: fraction(1e-4),
  /** Lower limit of the factor. @default 0 */
  minFactor: nonNegative(0),
});

/** Options of the plateau schedule. */
export interface PlateauOptions extends OptionsOf<typeof plateauOptions.table> {}

/**
 * 1 at first; multiplied by γ after more than `patienceEpochs` epochs in a row in which the watched loss was not below
 * best · (1 - threshold), as PyTorch's ReduceLROnPlateau in mode min without cooldown.
 */
export function plateau(options: PlateauOptions = {}): ScheduleIn {
  const { gamma, patienceEpochs, threshold, minFactor } = plateauOptions.read(options);
  return () => ({
    initialState: [1, Number.POSITIVE_INFINITY, 0], // factor, best value, epochs without improvement
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
