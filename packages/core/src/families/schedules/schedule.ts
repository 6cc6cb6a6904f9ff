import { cos } from '../../math/sin.ts';

/** Facts about the run that a schedule may depend on. */
export interface ScheduleContext {
  /** Steps of the whole run. */
  readonly totalSteps: number;
  /** Steps of an epoch: rows / batch size, rounded up. */
  readonly stepsPerEpoch: number;
}

/** The learning rate of a step, as a factor on the optimizer's own. A pure function. */
export interface Schedule {
  /** Factor for `step`, counted from 0. */
  factor(step: number, state: Float64Array): number;
  /** Numbers carried from epoch to epoch, with their values in the first epoch; empty for all schedules but plateau. */
  readonly initialState: readonly number[];
  /** Whether the factors of early steps depend on `totalSteps`, so that a resumed run cannot be made longer. */
  readonly needsTotalSteps: boolean;
  /** Called with the watched loss after epochs that have one, and the epochs since then. Overwrites `state`. */
  observe?(state: Float64Array, value: number, epochs: number): void;
}

/** Creates the schedule when the length of the run is known. */
export type ScheduleIn = (context: ScheduleContext) => Schedule;

/** Whole epochs before `step`. */
export const epochOf = (step: number, stepsPerEpoch: number): number => Math.floor(step / stepsPerEpoch);

const PI = 3.141592653589793;

/** Goes from `start` at share 0 to `end` at share 1 and beyond, along half a period of the cosine. */
export const anneal = (start: number, end: number, progress: number): number =>
  progress >= 1 ? end : end + ((start - end) / 2) * (1 + cos(PI * progress));
