import { count, defineOptions, type OptionsOf } from '../../checks/options/index.ts';
import { createMember, type Family, type SpecOf } from '../family.ts';
import { constant } from './constant.ts';
import { cosine } from './cosine.ts';
import { exponential } from './exponential.ts';
import { oneCycle } from './one-cycle.ts';
import { plateau } from './plateau.ts';
import { rangeTest } from './range-test.ts';
import type { Schedule, ScheduleContext, ScheduleIn } from './schedule.ts';
import { step } from './step.ts';

const table = {
  constant,
  step,
  exponential,
  cosine,
  'one-cycle': oneCycle,
  plateau,
  'range-test': rangeTest,
} satisfies Record<string, (options: never) => ScheduleIn>;

/** The name of a schedule. */
export type ScheduleName = keyof typeof table;

/** All schedules. To add one, write a file and list it here. */
export const schedules: { readonly [K in keyof typeof table]: (typeof table)[K] } = table;

/** For example 'cosine', or { kind: 'cosine', minFactor: 0.01, warmupSteps: 100 }. Every kind takes a warm-up. */
export type ScheduleSpec = ScheduleName | (Exclude<SpecOf<typeof schedules>, string> & WarmupOptions);

export const warmupOptions = defineOptions('schedule', {
  /** Steps in which the rate rises by equal amounts before the schedule begins. @default 0 */
  warmupSteps: count(0, 'steps of linear warm-up before the schedule'),
});

/** Options of every schedule. */
export interface WarmupOptions extends OptionsOf<typeof warmupOptions.table> {}

/** Creates a schedule. @throws OptionError naming the nearest known schedule or option. */
export function createSchedule(
  spec: ScheduleSpec,
  context: ScheduleContext,
  custom: { readonly schedules: Family<ScheduleIn> } = { schedules: {} },
): Schedule {
  const create = (member: unknown): ScheduleIn => createMember('schedule', schedules, member, custom.schedules);
  if (typeof spec !== 'object' || spec === null) return create(spec)(context);
  const { warmupSteps: steps, ...rest } = spec;
  const { warmupSteps } = warmupOptions.read({ warmupSteps: steps });
  const totalSteps = Math.max(1, context.totalSteps - warmupSteps);
  const schedule = create(rest)({ ...context, totalSteps });
  return warmupSteps === 0 ? schedule : warmup(warmupSteps, schedule);
}

/**
 * The schedule `schedule` after a warm-up of `warmupSteps` steps, in which the factor rises linearly towards the first
 * factor of `schedule`: (step + 1) / (warmupSteps + 1) of it. `schedule` counts its steps from the end of the warm-up.
 * [Goyal et al. 2017, §2.2](https://arxiv.org/abs/1706.02677)
 */
function warmup(warmupSteps: number, schedule: Schedule): Schedule {
  return {
    ...schedule,
    factor: (step, state) =>
      step < warmupSteps
        ? ((step + 1) / (warmupSteps + 1)) * schedule.factor(0, state)
        : schedule.factor(step - warmupSteps, state),
  };
}
