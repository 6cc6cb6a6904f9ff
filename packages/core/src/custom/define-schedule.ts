import type { ScheduleSpec } from '../families/schedules/index.ts';
import type { ScheduleContext, ScheduleIn } from '../families/schedules/schedule.ts';
import { type PartBase, type PartDefaults, type PartOptions, readPartOptions } from './part-options.ts';

/** Definition of a user's own schedule. */
export interface ScheduleDefinition<D extends PartDefaults = PartDefaults> extends PartBase<D> {
  /** The learning rate in `step`, counted from 0, as a factor on the optimizer's learning rate. */
  factor(step: number, context: ScheduleContext, options: PartOptions<D>): number;
  /**
   * Whether the factors of early steps depend on the length of the run, so that a resumed run cannot be made longer.
   * @default true
   */
  readonly needsTotalSteps?: boolean;
}

/** Return value of `defineSchedule`. */
export interface SchedulePart<D extends PartDefaults = PartDefaults> extends ScheduleDefinition<D> {
  /** Family of the part. */
  readonly part: 'schedule';
  /** Spec of the schedule with options, for `train(..., { schedule })`. */
  spec(options?: Partial<PartOptions<D>>): ScheduleSpec;
}

/**
 * Defines a schedule, for a module of `train(..., { modules })`:
 *
 * ```ts
 * export const linear = defineSchedule({ name: 'linear', factor: (step, { totalSteps }) => 1 - step / totalSteps });
 * ```
 */
export const defineSchedule = <const D extends PartDefaults = Record<never, never>>(
  definition: ScheduleDefinition<D>,
): SchedulePart<D> => ({
  ...definition,
  part: 'schedule',
  // Cast, as ScheduleSpec does not know the name.
  spec: (options = {}) => ({ kind: definition.name, ...options }) as unknown as ScheduleSpec,
});

/** Converts the definition to a schedule for runs. */
export function scheduleOf(definition: ScheduleDefinition, partOptions: object): ScheduleIn {
  const options = readPartOptions(definition, partOptions);
  const { needsTotalSteps = true } = definition;
  return (context) => ({
    initialState: [],
    needsTotalSteps,
    factor: (step) => definition.factor(step, context, options),
  });
}
