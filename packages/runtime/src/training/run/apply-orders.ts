import { setTimeout as sleep } from 'node:timers/promises';
import { refuseOptimizerBeyondFloats } from '@gradloom/core/internal';
import { isDone } from './early-stopping.ts';
import type { SteerEvent } from './events.ts';
import { changeBaseRate } from './learning-rates.ts';
import { refuseMoreChanges } from './rate-changes.ts';
import { isAborted, type RunState } from './state.ts';
import type { Order, WaitingOrder } from './steering.ts';

/** Milliseconds between two exchanges of ranks that pause: the others would not wait for them for minutes. */
const PAUSE_MS = 250;

/**
 * Applies the orders that have arrived, between two spans; while the run pauses, also later ones. With a cluster, ranks
 * tell each other what they must know: warnings, whether they have received a signal, and the orders to rank 0.
 */
export async function applyOrders(state: RunState): Promise<void> {
  const { plan, lockstep, reporter, steering } = state;
  for (;;) {
    const waiting = takeOrders(state);
    let orders: readonly Order[] = waiting.map(({ order }) => order);
    if (lockstep.cluster !== null) {
      const isAborted = plan.signal?.aborted ?? false;
      const reports = await lockstep.fromAll({ isAborted, warnings: reporter.takeWarnings(), orders });
      reporter.reportAll(reports.map(({ warnings }) => warnings));
      state.isAborted = reports.some(({ isAborted }) => isAborted);
      orders = reports[0].orders;
    }
    for (const [k, order] of orders.entries()) await applyOrder(state, order, waiting.at(k));
    if (!state.isPaused || isAborted(state)) return;
    await (lockstep.cluster === null ? steering.waitForOrder(plan.signal) : sleep(PAUSE_MS));
  }
}

/**
 * Takes the orders that take hold now, and refuses those that the run cannot follow. A run that went back first repeats
 * its steps up to the bad one: a run with the same rates from the start must come to the same bad step.
 */
function takeOrders({ plan, progress, badStep, rateChanges, lockstep, steering }: RunState): WaitingOrder[] {
  const { step, reached = 0 } = progress;
  if (step < reached || badStep !== undefined || isDone(plan, progress)) return [];
  return steering.takeQueued().filter(({ order: { rate }, reject }) => {
    try {
      if (!lockstep.isFirst) throw new Error(`steer: the order is to rank ${lockstep.rank}, expected one to rank 0`);
      if (rate === undefined) return true;
      refuseOptimizerBeyondFloats('train', plan.optimizer, rate, plan.elementType);
      refuseMoreChanges(rateChanges, step);
      return true;
    } catch (error) {
      reject(error);
      return false;
    }
  });
}

/** Applies an order, on every rank. On rank 0, `waiting` is the entry of its sender. */
async function applyOrder(state: RunState, { action, rate }: Order, waiting?: WaitingOrder): Promise<void> {
  const { progress, checkpointer, emit } = state;
  const { step } = progress;
  if (action === 'pause') state.isPaused = true;
  if (action === 'continue') state.isPaused = false;
  if (action === 'stop') state.isStopped = true;
  if (rate !== undefined) changeBaseRate(state, rate);
  // A run that continues from an older checkpoint would not know of the change.
  if (rate !== undefined || action === 'checkpoint') await checkpointer?.write();
  if (action === 'checkpoint' && checkpointer?.newest()?.step !== step) {
    const reason =
      checkpointer === null ? 'the run keeps no checkpoints' : `no checkpoint of step ${step} could be written`;
    waiting?.reject(new Error(`steer: ${reason}, expected a run that writes them`));
    return;
  }
  const event: SteerEvent = { type: 'steer', step, action, ...(rate === undefined ? {} : { rate }) };
  if (rate !== undefined) state.rateChangeEvents.push(event);
  emit(event);
  waiting?.resolve(event);
}

/** After going back, reports the repeated changes of the learning rate whose step is done again. */
export function reportPending(state: RunState): void {
  const { progress, emit } = state;
  const isPassed = ({ step }: SteerEvent): boolean => step <= progress.step;
  for (const event of state.pendingReports.filter(isPassed)) emit(event);
  state.pendingReports = state.pendingReports.filter((event) => !isPassed(event));
}
