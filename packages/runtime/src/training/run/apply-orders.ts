import { isDone } from './early-stopping.ts';
import type { SteerEvent } from './events.ts';
import { changeBaseRate } from './learning-rates.ts';
import { refuseMoreChanges } from './rate-changes.ts';
import { refuseLearningRate } from './refuse-conflicts.ts';
import type { RunState } from './state.ts';
import type { Order, WaitingOrder } from './steering.ts';

/**
 * The orders that take hold now, without those that the run cannot follow. A run that went back first repeats its steps
 * up to the bad one: a run that is given the same rates from the start must come to the same bad step.
 */
export function takeOrders({ plan, progress, badStep, rateChanges, lockstep, steering }: RunState): WaitingOrder[] {
  const { step, reached = 0 } = progress;
  if (step < reached || badStep !== undefined || isDone(plan, progress)) return [];
  return steering.takeQueued().filter(({ order: { rate }, refuse }) => {
    try {
      if (!lockstep.isFirst) throw new Error(`steer: the order is to rank ${lockstep.rank}, expected one to rank 0`);
      if (rate === undefined) return true;
      refuseLearningRate(plan.optimizer, rate, plan.elementType);
      refuseMoreChanges(rateChanges, step);
      return true;
    } catch (error) {
      refuse(error);
      return false;
    }
  });
}

/** Follows an order, on every rank. `waiting` is its sender's, on rank 0. */
export async function applyOrder(state: RunState, { action, rate }: Order, waiting?: WaitingOrder): Promise<void> {
  const { progress, checkpointer, emit } = state;
  const { step } = progress;
  if (action === 'pause') state.isPaused = true;
  if (action === 'continue') state.isPaused = false;
  if (action === 'stop') state.isStopped = true;
  if (rate !== undefined) changeBaseRate(state, rate);
  // A run that continues from an older checkpoint would not know of the change.
  if (rate !== undefined || action === 'checkpoint') await checkpointer?.keep();
  if (action === 'checkpoint' && checkpointer?.newest()?.step !== step) {
    const reason =
      checkpointer === null ? 'the run keeps no checkpoints' : `no checkpoint of step ${step} could be written`;
    waiting?.refuse(new Error(`steer: ${reason}, expected a run that writes them`));
    return;
  }
  const event: SteerEvent = { type: 'steer', step, action, ...(rate === undefined ? {} : { rate }) };
  if (rate !== undefined) state.rateChangeEvents.push(event);
  emit(event);
  waiting?.done(event);
}

/** Reports the changes of the rate again that a run has passed which went back behind them. */
export function reportPending(state: RunState): void {
  const { progress, emit } = state;
  const isPassed = ({ step }: SteerEvent): boolean => step <= progress.step;
  for (const event of state.pendingReports.filter(isPassed)) emit(event);
  state.pendingReports = state.pendingReports.filter((event) => !isPassed(event));
}
