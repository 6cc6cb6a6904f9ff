import { InputError } from '@gradloom/core';
import { ClusterError } from '../../cluster/cluster-error.ts';
import { runOnTeam, runSpan, type SpanResult, ThreadError } from '../../engine/threads/span.ts';
import { inTurns } from '../../system/turns/in-turns.ts';
import { TrainingError } from '../run/results.ts';
import type { RunState } from '../run/state.ts';
import type { DiagnosisTask } from './diagnose.ts';
import { type BadStep, isEarlier } from './earliest-fault.ts';
import { epochStart, stateIsFinite } from './history.ts';
import { runFailure } from './recovery.ts';

/** Maximum number of halvings of the learning rate: if 1/1024 of it still diverges, the rate is not the problem. */
const MAX_ROLLBACKS = 10;

const ADVICE = 'a lower learning rate, clipping of the gradient norm, or smaller inputs and targets may help';

/**
 * Called after a span from step `first` that was not finite. Goes back to the start of the span, from where the run
 * ends before the bad step, or to an earlier state for a rollback.
 */
export async function goBack(state: RunState, first: number, span: SpanResult): Promise<void> {
  const { plan, progress, history, stepLog, emit } = state;
  const last = first + span.steps - 1;
  const search = () => findBadStep(state, first, last, span.isBad);
  const badStep = await orEndRun(state, search, `while looking for the bad step among ${first} to ${last}`);
  const rollbacks = (progress.rollbacks ?? 0) + 1;
  const rollbackStep = epochStart(badStep.step, plan.context.stepsPerEpoch);
  const goesBack = plan.onNan === 'rollback' && !badStep.isData && rollbacks <= MAX_ROLLBACKS;
  if (!goesBack || !(await inTurns(history.restoreBefore(rollbackStep)))) {
    await restore(state);
    state.badStep = badStep;
    return;
  }
  progress.reached = Math.max(progress.reached ?? 0, badStep.step + 1);
  state.writtenRatesEnd = progress.step;
  state.halvingStep = rollbackStep;
  state.reportedSteps = Math.min(state.reportedSteps, rollbackStep);
  stepLog.goBack(rollbackStep);
  state.pendingReports = state.rateChangeEvents.filter(({ step }) => step > rollbackStep);
  const factor = 1 / 2 ** rollbacks;
  emit({
    type: 'rollback',
    step: badStep.step,
    to: rollbackStep,
    factor,
    rollbacks,
    limit: MAX_ROLLBACKS,
    reason: badStep.message,
  });
}

/** Restores the state before step `end`, by replaying from the last saved state, before `first`. */
async function replayOnce(state: RunState, first: number, end: number): Promise<void> {
  const { pool, setup, usefulThreads } = state;
  await restore(state);
  for (let from = first; from < end; ) {
    from += (await runSpan(pool, setup, { first: from, limit: end, threads: usefulThreads })).steps;
  }
}

/** Creates the error that ends the run before a bad step; keeps a checkpoint of the state. */
export async function endAt(state: RunState, { step, message, isData }: BadStep): Promise<TrainingError> {
  const { progress, lockstep, stepLog, history, checkpointer } = state;
  stepLog.close();
  await checkpointer?.write();
  const { rollbacks } = progress;
  const advice = rollbacks === undefined ? ADVICE : `the learning rate had already been halved ${rollbacks} times`;
  const newest = await lockstep.fromFirst(checkpointer?.newest());
  await inTurns(history.save());
  const parameters = await inTurns(history.handOut());
  const checkpoint = newest?.step === step ? newest : undefined;
  return new TrainingError(`train: ${message}${isData ? '' : ` (${advice})`}`, step, parameters, checkpoint);
}

/** Returns the result of `work`. If it fails, throws the error that ends the run: it says when, by `context`. */
export async function orEndRun<T>(state: RunState, work: () => Promise<T>, context: string): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof ClusterError) throw error;
    // Keeps the state before the span in a checkpoint, unless this rank alone failed: others would not send theirs.
    await restore(state);
    const isOfAll = error instanceof ThreadError || error instanceof InputError;
    if (isOfAll || state.lockstep.cluster === null) await state.checkpointer?.write();
    throw runFailure(error, context);
  }
}

/** Restores the state before the span. */
export const restore = ({ history }: RunState): Promise<void> => inTurns(history.restore());

/**
 * Goes back to the state before the first bad step of a span, and describes the problem. If its loss or norm is not
 * finite (`isLossBad`), the last step is bad, unless an earlier update already took a weight or a number of the
 * optimizer's state out of range, which the loss may not show.
 */
async function findBadStep(state: RunState, first: number, last: number, isLossBad: boolean): Promise<BadStep> {
  const { pool, setup, lockstep, arena, recovery } = state;
  const replay = (end: number) => recovery.attempt(first, () => replayOnce(state, first, end));
  async function diagnose(step: number, symptom: DiagnosisTask['symptom']): Promise<BadStep> {
    const diagnosis = { kind: 'diagnosis', step, symptom } as const;
    const work = () => runOnTeam(pool, setup, 1, (member): DiagnosisTask => ({ ...diagnosis, ...member }));
    const [fault] = await recovery.attempt(first, work);
    const faults = await lockstep.fromAll(fault);
    return { step, ...faults.reduce((a, b) => (isEarlier(b.position, a.position) ? b : a)) };
  }
  let lastFinite = first; // last step known to start with a finite state
  let firstBad = last + 1; // first step known to start with a state that is not finite
  if (isLossBad) {
    await replay(last);
    if (await stateIsFinite(arena, lockstep)) return await diagnose(last, 'loss');
    firstBad = last;
  }
  // Bisection works, since a number that is not finite stays so.
  while (firstBad - lastFinite > 1) {
    const middle = Math.floor((lastFinite + firstBad) / 2);
    await replay(middle);
    if (await stateIsFinite(arena, lockstep)) lastFinite = middle;
    else firstBad = middle;
  }
  await replay(lastFinite + 1);
  const overflow = await diagnose(lastFinite, 'update');
  await replay(lastFinite);
  return overflow;
}
