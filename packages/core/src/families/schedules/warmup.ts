import type { Schedule } from './schedule.ts';

/**
 * The schedule `then` after a warm-up of `warmupSteps` steps, in which the factor rises linearly towards the first
 * factor of `then`: (step + 1) / (warmupSteps + 1) of it. `then` counts its steps from the end of the warm-up.
 * [Goyal et al. 2017, §2.2](https://arxiv.org/abs/1706.02677)
 */
export function warmup(warmupSteps: number, then: Schedule): Schedule {
  return {
    ...then,
    factor: (step, state) =>
      step < warmupSteps
        ? ((step + 1) / (warmupSteps + 1)) * then.factor(0, state)
        : then.factor(step - warmupSteps, state),
  };
}
