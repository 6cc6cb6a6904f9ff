import { defineOptions, number, type OptionsOf } from '../../checks/options/index.ts';
import { pow } from '../../math/pow.ts';
import type { ScheduleIn } from './schedule.ts';

const share = number('a number above 0 and up to 1', (x) => x > 0 && x <= 1);

const rangeTestOptions = defineOptions('schedule range-test', {
  /** In (0, 1]: the factor of the first step. @default 1e-8 */
  startFactor: share(1e-8),
});

/** Options of the range-test schedule. */
export interface RangeTestOptions extends OptionsOf<typeof rangeTestOptions.table> {}

/**
 * Rises from startFactor at the first step to 1 at the last, by the same factor each step: the sweep of a learning-rate
 * range test, as used by `gradloom lr-find`. [Smith 2017](https://arxiv.org/abs/1506.01186)
 */
export function rangeTest(options: RangeTestOptions = {}): ScheduleIn {
  const { startFactor } = rangeTestOptions.read(options);
  return ({ totalSteps }) => ({
    initialState: [],
    needsTotalSteps: true,
    factor: (step) => (step >= totalSteps - 1 ? 1 : pow(startFactor, 1 - step / (totalSteps - 1))),
  });
}
