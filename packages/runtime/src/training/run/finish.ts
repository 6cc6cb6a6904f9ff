import type { Lockstep } from '../../cluster/lockstep.ts';
import type { Evaluation } from '../../engine/evaluation/evaluate-dataset.ts';
import { readProfiles } from '../../engine/step/clock.ts';
import { cloneArray, inTurns } from '../../system/turns/in-turns.ts';
import { isDone } from './early-stopping.ts';
import { evaluate } from './evaluate-epoch.ts';
import type { TrainResult } from './results.ts';
import type { RunState } from './state.ts';
import { trainingResult } from './training-result.ts';

/** After the last step or the signal: evaluates the test rows, writes the last checkpoint, and returns the result. */
export async function finish(state: RunState): Promise<TrainResult> {
  const { plan, setup, lockstep, progress, epochLog, stepLog, history, early, keeper, tuner, useful } = state;
  stepLog.close();
  // A stopped run writes its checkpoint first. A completed one evaluates first, since its checkpoint contains the
  // figures.
  const done = isDone(plan, progress);
  if (!done) await keeper?.keep();
  await inTurns(history.take());
  const test = await evaluateBest(state);
  if (done) {
    if (test !== undefined) progress.test = test;
    await keeper?.keep();
  }
  const newest = await lockstep.fromFirst(keeper?.newest());
  const best = early?.best;
  const parameters = await inTurns(best === undefined ? history.handOut() : cloneArray(best));
  const result = await inTurns(trainingResult({ plan, setup, parameters, progress, epochLog, test }));
  await refuseOthers(lockstep, result);
  return {
    ...result,
    trials: tuner?.choice.trials ?? [],
    ...(newest === undefined ? {} : { checkpoint: newest }),
    ...(setup.times === null ? {} : { profiles: readProfiles(setup.times, useful) }),
  };
}

/** Evaluates the test set with the weights of the result: the last ones, or the best with early stopping. */
async function evaluateBest(state: RunState): Promise<Evaluation | undefined> {
  const { early } = state;
  if (early?.best === undefined) return evaluate(state, 'test');
  await inTurns(early.exchange());
  const test = await evaluate(state, 'test');
  await inTurns(early.exchange());
  return test;
}

/** @throws Error if a rank has other weights: then nothing that ranks have written or measured is reliable. */
async function refuseOthers({ fromAll }: Lockstep, { fingerprint }: TrainResult): Promise<void> {
  const all = await fromAll(fingerprint);
  const other = all.findIndex((one) => one !== all[0]);
  if (other === -1) return;
  const short = (one: string): string => `${one.slice(0, 12)}…`;
  const problem = `weights have the fingerprint ${short(all[other])} on rank ${other}, expected ${short(all[0])} as on rank 0`;
  throw new Error(`train: ${problem} (a fault of the network or the memory, or a bug of Gradloom)`);
}
