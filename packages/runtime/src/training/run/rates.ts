import { RING } from '../../engine/memory/arena.ts';
import type { RunPlan } from './plan.ts';
import { rateAfter } from './rate-changes.ts';
import type { RunState } from './state.ts';

/** What the learning rates of a run follow from, and the first step without a written one. */
export interface RateState extends Pick<RunState, 'ratesEnd'> {
  readonly plan: Pick<RunPlan, 'optimizer' | 'schedule'>;
  readonly arena: Pick<RunState['arena'], 'learningRates' | 'scheduleState'>;
  readonly progress: Pick<RunState['progress'], 'rate' | 'rollbacks'>;
  readonly rateChanges: ReadonlyMap<number, number>;
}

/**
 * Writes the learning rates of the steps before `limit`. A schedule observes only at the end of a span, so factors
 * already written stay valid.
 */
export function setRates(state: RateState, limit: number): void {
  const { learningRates } = state.arena;
  for (; state.ratesEnd < limit; state.ratesEnd++) {
    learningRates[state.ratesEnd % RING] = rateAt(state, state.ratesEnd);
  }
}

function rateAt({ plan, arena, progress, rateChanges }: RateState, step: number): number {
  const { optimizer, schedule } = plan;
  const rate = progress.rate ?? rateAfter(rateChanges, step, optimizer) * schedule.factor(step, arena.scheduleState);
  return rate / 2 ** (progress.rollbacks ?? 0);
}

/** Halves the learning rate at the start of a bad step's epoch, after going back to it. */
export function halveRate(state: RunState): void {
  const { progress } = state;
  progress.rollbacks = (progress.rollbacks ?? 0) + 1;
  state.ratesEnd = progress.step;
  state.halvesAt = Number.POSITIVE_INFINITY;
}

/** Changes the optimizer's rate from the next step on. Rates of later steps that are already written are replaced. */
export function changeRate(state: RunState, rate: number): void {
  const { step } = state.progress;
  state.rateChanges.set(step, rate);
  state.ratesEnd = Math.min(state.ratesEnd, step);
}

/** Replaces the schedule's rate by `rate` for steps without a written rate; null returns to the schedule. */
export function setRate({ progress }: RunState, rate: number | null): void {
  if (rate === null) delete progress.rate;
  else progress.rate = rate;
}
