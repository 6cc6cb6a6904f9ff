import type { Elements, Pausable } from '@gradloom/core';
import { leafCount } from '@gradloom/core/internal';
import type { Lockstep } from '../../cluster/lockstep.ts';
import { backendRecord, isFused } from '../../engine/backends/backend.ts';
import type { Evaluation } from '../../engine/evaluation/evaluate-dataset.ts';
import { readProfiles } from '../../engine/step/clock.ts';
import type { RunSetup } from '../../engine/threads/protocol.ts';
import { fingerprintInTurns } from '../../system/files/hash.ts';
import { cloneArray, inTurns } from '../../system/turns/in-turns.ts';
import type { Progress } from '../checkpoints/checkpoint.ts';
import { restoreArrays } from '../lockstep/state-shares.ts';
import { isDone, stopsEarly } from './early-stopping.ts';
import { createEpochLog, type EpochLog } from './epoch-log.ts';
import { evaluate } from './evaluate-epoch.ts';
import type { OpenedRun } from './open-run.ts';
import type { RunPlan } from './plan.ts';
import { clusterFacts, startEvent } from './report.ts';
import type { TrainResult } from './results.ts';
import type { RunState } from './state.ts';

/** After the last step or the signal: evaluates the test rows, writes the last checkpoint, and returns the result. */
export async function finish(state: RunState): Promise<TrainResult> {
  const { plan, setup, lockstep, progress, epochLog, history, earlyStopping, checkpointer, tuner, usefulThreads } =
    state;
  state.stepLog.close();
  // A stopped run writes its checkpoint first; a completed one evaluates first, for the figures in its checkpoint.
  const isComplete = isDone(plan, progress);
  if (!isComplete) await checkpointer?.write();
  await inTurns(history.save());
  const test = await evaluateTestSet(state);
  if (isComplete) {
    if (test !== undefined) progress.test = test;
    await checkpointer?.write();
  }
  const newest = await lockstep.fromFirst(checkpointer?.newest());
  const bestResult = earlyStopping?.best;
  const parameters = await inTurns(bestResult === undefined ? history.handOut() : cloneArray(bestResult));
  const result = await inTurns(trainingResult({ plan, setup, parameters, progress, epochLog, test }));
  await refuseOtherWeights(lockstep, result);
  return {
    ...result,
    trials: tuner?.choice.trials ?? [],
    ...(newest === undefined ? {} : { checkpoint: newest }),
    ...(setup.times === null ? {} : { profiles: readProfiles(setup.times, usefulThreads) }),
  };
}

/** Evaluates the test set with the weights of the result: the last ones, or the best with early stopping. */
async function evaluateTestSet(state: RunState): Promise<Evaluation | undefined> {
  const { earlyStopping } = state;
  if (earlyStopping?.best === undefined) return evaluate(state, 'test');
  await inTurns(earlyStopping.exchange());
  const test = await evaluate(state, 'test');
  await inTurns(earlyStopping.exchange());
  return test;
}

/** @throws Error if a rank has other weights: then nothing that ranks have written or measured is reliable. */
async function refuseOtherWeights({ fromAll }: Lockstep, { fingerprint }: TrainResult): Promise<void> {
  const fingerprints = await fromAll(fingerprint);
  const otherRank = fingerprints.findIndex((weights) => weights !== fingerprints[0]);
  if (otherRank === -1) return;
  const short = (hash: string): string => `${hash.slice(0, 12)}…`;
  const problem = `weights have the fingerprint ${short(fingerprints[otherRank])} on rank ${otherRank}, expected ${short(fingerprints[0])} as on rank 0`;
  throw new Error(`train: ${problem} (a fault of the network or the memory, or a bug of Gradloom)`);
}

export interface ResultParts {
  plan: RunPlan;
  setup: RunSetup;
  parameters: Elements; // [P] a copy of its own
  progress: Readonly<Progress>;
  epochLog: EpochLog;
  test: Evaluation | undefined;
}

/** The result of a run, from its final state. */
export function* trainingResult(parts: ResultParts): Pausable<TrainResult> {
  const { plan, setup, parameters, progress, epochLog, test } = parts;
  const { stepsPerEpoch } = plan.context;
  const { step, samples, elapsedMs, threads } = progress;
  const { bestStep, validation = progress.validation } = progress.early ?? {};
  const { preprocessing } = plan.data.train;
  const epochLosses = epochLog.losses();
  return {
    spec: plan.network.spec,
    parameters,
    precision: plan.elementType,
    fingerprint: yield* fingerprintInTurns(parameters, plan.parts.modules),
    fused: isFused(setup.backend),
    loss: setup.loss,
    ...(plan.parts.modules.length === 0 ? {} : { parts: plan.parts }),
    ...(preprocessing === undefined ? {} : { preprocessing }),
    stopped: reasonToStop(plan, progress),
    steps: step,
    epochs: step / stepsPerEpoch,
    ...(bestStep === undefined ? {} : { bestStep, bestEpoch: bestStep / stepsPerEpoch }),
    epochLosses,
    trainLoss: epochLosses.at(-1) ?? Number.NaN,
    ...(validation === undefined ? {} : { validation }),
    ...(test === undefined ? {} : { test }),
    threads,
    trials: [],
    gradientThreads: progress.gradientThreads,
    leaves: leafCount(plan.batch, plan.leafRows),
    ...clusterFacts(plan),
    batch: plan.batch,
    backend: backendRecord(setup.backend),
    seed: plan.seed,
    rollbacks: progress.rollbacks ?? 0,
    elapsedMs,
    samplesPerSecond: elapsedMs === 0 ? 0 : (samples / elapsedMs) * 1000,
  };
}

function reasonToStop(plan: RunPlan, progress: Readonly<Progress>): TrainResult['stopped'] {
  if (progress.step >= plan.context.totalSteps) return 'completed';
  return stopsEarly(plan, progress) ? 'early' : 'aborted';
}

/** The result of a run whose checkpoint is already complete; null if there is something left to do. */
export async function finishedRun(run: OpenedRun): Promise<TrainResult | null> {
  const { plan, setup, arena, shares, reporter } = run;
  const { resume, totalEpochs } = plan;
  if (resume === null || !isDone(plan, resume.progress)) return null;
  const { progress } = resume;
  if (plan.data.test !== undefined && progress.test === undefined) return null;
  await restoreArrays(arena, resume.arrays, shares);
  reporter.emit(startEvent(run, progress));
  const epochLog = createEpochLog(totalEpochs, resume.arrays);
  if (resume.best !== undefined) await shares.broadcast(arena.evaluatedTheta, resume.best);
  const parameters = await inTurns(cloneArray(arena.evaluatedTheta));
  return await inTurns(trainingResult({ plan, setup, parameters, progress, epochLog, test: progress.test }));
}
