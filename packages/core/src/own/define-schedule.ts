import type { ScheduleContext, ScheduleIn, ScheduleSpec } from '../families/schedules/index.ts';
import { type PartBase, type PartDefaults, type PartOptions, readPartOptions } from './part-options.ts';

/** A schedule of one's own. */
export interface ScheduleDefinition<D extends PartDefaults = PartDefaults> extends PartBase<D> {
  /** The learning rate in `step`, counted from 0, as a factor on the rate of the optimizer. */
  factor(step: number, context: ScheduleContext, options: PartOptions<D>): number;
  /**
   * Whether another length of the run would change the factors of its early steps; a resume can then not make the run
   * longer.
   * @default true
   */
  readonly needsTotalSteps?: boolean;
}

/** What `defineSchedule` returns. */
export interface SchedulePart<D extends PartDefaults = PartDefaults> extends ScheduleDefinition<D> {
  /** Its family. */
  readonly part: 'schedule';
  /** The schedule with some options, for `train(..., { schedule })`. */
  spec(options?: Partial<PartOptions<D>>): ScheduleSpec;
}

/**
 * A schedule for a module of `train(..., { modules })`:
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
  // The name is one that ScheduleSpec does not know.
  spec: (options = {}) => ({ kind: definition.name, ...options }) as unknown as ScheduleSpec,
});

/** The schedule as a run uses it. */
export function scheduleOf(definition: ScheduleDefinition, given: object): ScheduleIn {
  const options = readPartOptions(definition, given);
  const { needsTotalSteps = true } = definition;
  return (context) => ({
    initialState: [],
    needsTotalSteps,
    factor: (step) => definition.factor(step, context, options),
  });
}
