import { RING } from '../../engine/memory/arena.ts';
import type { RunPlan } from './plan.ts';
import { baseRateAfter } from './rate-changes.ts';
import type { RunState } from './state.ts';

/** What the learning rates of a run follow from, and the first step without a written one. */
export interface LearningRateState extends Pick<RunState, 'writtenRatesEnd'> {
  readonly plan: Pick<RunPlan, 'optimizer' | 'schedule'>;
  readonly arena: Pick<RunState['arena'], 'learningRates' | 'scheduleState'>;
  readonly progress: Pick<RunState['progress'], 'rate' | 'rollbacks'>;
  readonly rateChanges: ReadonlyMap<number, number>;
}

/** Writes the learning rates of the steps before `limit`, which stay valid: schedules observe only between spans. */
export function writeLearningRates(state: LearningRateState, limit: number): void {
  const { learningRates } = state.arena;
  for (; state.writtenRatesEnd < limit; state.writtenRatesEnd++) {
    learningRates[state.writtenRatesEnd % RING] = learningRateAt(state, state.writtenRatesEnd);
  }
}

function learningRateAt({ plan, arena, progress, rateChanges }: LearningRateState, step: number): number {
  const { optimizer, schedule } = plan;
  const rate =
    progress.rate ?? baseRateAfter(rateChanges, step, optimizer) * schedule.factor(step, arena.scheduleState);
  return rate / 2 ** (progress.rollbacks ?? 0);
}

/** Halves the learning rate at the start of a bad step's epoch, after going back to it. */
export function halveLearningRate(state: RunState): void {
  const { progress } = state;
  progress.rollbacks = (progress.rollbacks ?? 0) + 1;
  state.writtenRatesEnd = progress.step;
  state.halvingStep = Number.POSITIVE_INFINITY;
}

/** Changes the optimizer's rate from the next step on. Rates of later steps that are already written are replaced. */
export function changeBaseRate(state: RunState, rate: number): void {
  const { step } = state.progress;
  state.rateChanges.set(step, rate);
  state.writtenRatesEnd = Math.min(state.writtenRatesEnd, step);
}
