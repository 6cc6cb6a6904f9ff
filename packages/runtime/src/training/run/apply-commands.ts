import { setTimeout as sleep } from 'node:timers/promises';
import { refuseOptimizerBeyondFloats } from '@gradloom/core/internal';
import { isDone } from './early-stopping.ts';
import type { SteerEvent } from './events.ts';
import { changeBaseRate } from './learning-rates.ts';
import { refuseMoreChanges } from './rate-changes.ts';
import { isAborted, type RunState } from './state.ts';
import type { Command, PendingCommand } from './steering.ts';

/** Milliseconds between two exchanges of paused ranks: a rank that waited for minutes would exceed its time limit. */
const PAUSE_MS = 250;

/**
 * Applies the commands that have arrived, between two spans; while the run pauses, also later ones. With a cluster,
 * ranks exchange their warnings, whether they have received a signal, and the commands to rank 0.
 */
export async function applyCommands(state: RunState): Promise<void> {
  const { plan, lockstep, reporter, steering } = state;
  for (;;) {
    const pending = takeCommands(state);
    let commands: readonly Command[] = pending.map(({ command }) => command);
    if (lockstep.cluster !== null) {
      const isAborted = plan.signal?.aborted ?? false;
      const reports = await lockstep.fromAll({ isAborted, warnings: reporter.takeWarnings(), commands });
      reporter.reportAll(reports.map(({ warnings }) => warnings));
      state.isAborted = reports.some(({ isAborted }) => isAborted);
      commands = reports[0].commands;
    }
    for (const [k, command] of commands.entries()) await applyCommand(state, command, pending.at(k));
    if (!state.isPaused || isAborted(state)) return;
    await (lockstep.cluster === null ? steering.waitForCommand(plan.signal) : sleep(PAUSE_MS));
  }
}

/**
 * Takes the queued commands, and rejects those that the run cannot follow. A run that went back takes none until it has
 * repeated its steps up to the bad one: a run with the same rates from the start must come to the same bad step.
 */
function takeCommands({ plan, progress, badStep, rateChanges, lockstep, steering }: RunState): PendingCommand[] {
  const { step, reached = 0 } = progress;
  if (step < reached || badStep !== undefined || isDone(plan, progress)) return [];
  return steering.takeQueued().filter(({ command: { rate }, reject }) => {
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

/** Applies a command on every rank. On rank 0, `pending` settles the promise of its sender. */
async function applyCommand(state: RunState, { action, rate }: Command, pending?: PendingCommand): Promise<void> {
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
    pending?.reject(new Error(`steer: ${reason}, expected a run that writes them`));
    return;
  }
  const event: SteerEvent = { type: 'steer', step, action, ...(rate === undefined ? {} : { rate }) };
  if (rate !== undefined) state.rateChangeEvents.push(event);
  emit(event);
  pending?.resolve(event);
}

/** After going back, reports the repeated changes of the learning rate whose step is done again. */
export function reportPending(state: RunState): void {
  const { progress, emit } = state;
  const isPassed = ({ step }: SteerEvent): boolean => step <= progress.step;
  for (const event of state.pendingReports.filter(isPassed)) emit(event);
  state.pendingReports = state.pendingReports.filter((event) => !isPassed(event));
}
