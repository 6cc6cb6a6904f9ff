import type { Schedule } from './schedule.ts';

/**
 * The schedule `schedule` after a warm-up of `warmupSteps` steps, in which the factor rises linearly towards the first
 * factor of `schedule`: (step + 1) / (warmupSteps + 1) of it. `schedule` counts its steps from the end of the warm-up.
 * [Goyal et al. 2017, §2.2](https://arxiv.org/abs/1706.02677)
 */
export function warmup(warmupSteps: number, schedule: Schedule): Schedule {
  return {
    ...schedule,
    factor: (step, state) =>
      step < warmupSteps
        ? ((step + 1) / (warmupSteps + 1)) * schedule.factor(0, state)
        : schedule.factor(step - warmupSteps, state),
  };
}
