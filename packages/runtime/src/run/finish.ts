import { readProfiles } from '../measure/clock.ts';
import { inTurns } from '../turns/in-turns.ts';
import { evaluate } from './evaluate-epoch.ts';
import type { TrainResult } from './results.ts';
import type { RunState } from './state.ts';
import { trainingResult } from './training-result.ts';

/** After the last step or the signal: evaluates the test rows, keeps the last checkpoint, and returns the result. */
export async function finish(state: RunState): Promise<TrainResult> {
  const { plan, setup, progress, epochLog, stepLog, history, keeper, tuner, useful } = state;
  const { totalSteps } = plan.context;
  stepLog.close();
  // Of a run that is stopped nothing is left to do but this; of one that is done, the last figures belong to it.
  if (progress.step < totalSteps) await keeper?.keep();
  await inTurns(history.take());
  const test = await evaluate(state, 'test');
  if (progress.step === totalSteps) {
    if (test !== undefined) progress.test = test;
    await keeper?.keep();
  }
  const newest = keeper?.newest();
  const parameters = await inTurns(history.handOut());
  const result = await inTurns(trainingResult({ plan, setup, parameters, progress, epochLog, test }));
  return {
    ...result,
    trials: tuner?.choice.trials ?? [],
    ...(newest === undefined ? {} : { checkpoint: newest }),
    ...(setup.times === null ? {} : { profiles: readProfiles(setup.times, useful) }),
  };
}
