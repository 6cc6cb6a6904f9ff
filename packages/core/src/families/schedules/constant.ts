import { type NoOptions, noOptions } from '../family.ts';
import type { ScheduleIn } from './schedule.ts';

/** Factor 1 at every step. */
export function constant(options: NoOptions = {}): ScheduleIn {
  noOptions('schedule constant', options);
  return () => ({ initialState: [], needsTotalSteps: false, factor: () => 1 });
}
