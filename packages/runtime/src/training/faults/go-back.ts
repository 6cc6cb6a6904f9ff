import { runSpan, type SpanResult } from '../../engine/threads/span.ts';
import { inTurns } from '../../system/turns/in-turns.ts';
import { TrainingError } from '../run/results.ts';
import type { RunState } from '../run/state.ts';
import { type BadStep, diagnoseStep, findBadStep } from './bad-step.ts';
import type { DiagnosisTask } from './diagnose.ts';
import { isEarlier } from './first-finding.ts';
import { orGiveUp, restore } from './give-up.ts';
import { epochStart, stateIsFinite } from './history.ts';

/** Most halvings of the learning rate: if 1/1024 of it still diverges, the rate is not the problem. */
const MOST_ROLLBACKS = 10;

const ADVICE = 'a lower learning rate, clipping of the gradient norm, or smaller inputs and targets may help';

/**
 * Called after a span from step `first` that was not finite. Goes back to the start of the span, from where the run
 * ends before the bad step, or to an earlier state for a rollback.
 */
export async function goBack(state: RunState, first: number, span: SpanResult): Promise<void> {
  const { plan, progress, history, stepLog, emit } = state;
  const bad = await badStepOf(state, first, span);
  const rollbacks = (progress.rollbacks ?? 0) + 1;
  const to = epochStart(bad.step, plan.context.stepsPerEpoch);
  const goesBack = plan.onNan === 'rollback' && !bad.isData && rollbacks <= MOST_ROLLBACKS;
  if (!goesBack || !(await inTurns(history.backTo(to)))) {
    await restore(state);
    state.ending = bad;
    return;
  }
  progress.reached = Math.max(progress.reached ?? 0, bad.step + 1);
  state.ratesEnd = progress.step;
  state.halvesAt = to;
  state.told = Math.min(state.told, to);
  stepLog.goBack(to);
  state.retold = state.steers.filter(({ step }) => step > to);
  const reason = bad.message.replace(/^train: /, '');
  const factor = 1 / 2 ** rollbacks;
  emit({ type: 'rollback', step: bad.step, to, factor, rollbacks, limit: MOST_ROLLBACKS, reason });
}

function badStepOf(state: RunState, first: number, { steps, bad }: SpanResult): Promise<BadStep> {
  const { pool, setup, lockstep, arena, recovery } = state;
  const last = first + steps - 1;
  const search = {
    first,
    last,
    isSeen: bad,
    replay: (end: number) => recovery.attempt(first, () => replayOnce(state, first, end)),
    stateIsFinite: () => stateIsFinite(arena, lockstep),
    diagnose: async (step: number, of: DiagnosisTask['of']) => {
      const own = await recovery.attempt(first, () => diagnoseStep(pool, setup, step, of));
      const faults = await lockstep.fromAll(own);
      return faults.reduce((first, one) => (isEarlier(one.at, first.at) ? one : first));
    },
  };
  return orGiveUp(state, () => findBadStep(search), `while looking for the bad step among ${first} to ${last}`);
}

/** Restores the state before step `end`, by replaying from the last saved state, before `first`. */
async function replayOnce(state: RunState, first: number, end: number): Promise<void> {
  const { pool, setup, useful } = state;
  await restore(state);
  for (let from = first; from < end; ) {
    from += (await runSpan(pool, setup, { first: from, limit: end, threads: useful })).steps;
  }
}

/** Creates the error that ends the run before a bad step; keeps a checkpoint of the state. */
export async function endAt(state: RunState, { step, message, isData }: BadStep): Promise<TrainingError> {
  const { progress, lockstep, stepLog, history, keeper } = state;
  stepLog.close();
  await keeper?.keep();
  const { rollbacks } = progress;
  const advice = rollbacks === undefined ? ADVICE : `the learning rate had already been halved ${rollbacks} times`;
  const newest = await lockstep.fromFirst(keeper?.newest());
  await inTurns(history.take());
  const parameters = await inTurns(history.handOut());
  const checkpoint = newest?.step === step ? newest : undefined;
  return new TrainingError(`${message}${isData ? '' : ` (${advice})`}`, step, parameters, checkpoint);
}
