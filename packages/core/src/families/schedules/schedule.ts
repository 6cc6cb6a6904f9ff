import { cos } from '../../math/sin.ts';

/** What a schedule may depend on besides the step. */
export interface ScheduleContext {
  /** Steps of the whole run. */
  readonly totalSteps: number;
  /** Steps of an epoch: rows over batch size, rounded up. */
  readonly stepsPerEpoch: number;
}

/** The learning rate of a step, as a factor on the optimizer's own rate. Pure. */
export interface Schedule {
  /** Factor for `step`, counted from 0. */
  factor(step: number, state: Float64Array): number;
  /** Numbers carried between epochs, as the first epoch reads them; empty for all but plateau. */
  readonly initialState: readonly number[];
  /**
   * True if another `totalSteps` would change the factors of early steps: a resume can then not make the run longer.
   */
  readonly needsTotalSteps: boolean;
  /**
   * Called with the watched loss at the end of epochs that have one, `epochs` after the last call. Overwrites `state`.
   */
  observe?(state: Float64Array, value: number, epochs: number): void;
}

/** Creates the schedule once the length of the run is known. */
export type ScheduleIn = (context: ScheduleContext) => Schedule;

/** Whole epochs before `step`. */
export const epochOf = (step: number, stepsPerEpoch: number): number => Math.floor(step / stepsPerEpoch);

const PI = 3.141592653589793;

/** From `start` at share 0 to `end` at share 1 and beyond, along half a period of the cosine. */
export const anneal = (start: number, end: number, share: number): number =>
  share >= 1 ? end : end + ((start - end) / 2) * (1 + cos(PI * share));
