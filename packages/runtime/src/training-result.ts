import type { Arena } from './arena.ts';
import type { Progress } from './checkpoints/checkpoint.ts';
import type { EpochLog } from './epoch-log.ts';
import { fingerprint } from './fingerprint.ts';
import type { RunPlan } from './plan.ts';
import type { RunSetup } from './protocol.ts';
import type { Evaluation, TrainResult } from './results.ts';

export interface ResultParts {
  plan: RunPlan;
  setup: RunSetup;
  arena: Arena;
  progress: Readonly<Progress>;
  log: EpochLog;
  test: Evaluation | undefined;
}

/** What a run gives back, from the state it ended in. */
export function trainingResult({ plan, setup, arena, progress, log, test }: ResultParts): TrainResult {
  const { totalSteps, stepsPerEpoch } = plan.context;
  const { step, samples, elapsedMs, threads, validation } = progress;
  const parameters = Float64Array.from(arena.theta);
  const epochLosses = log.losses();
  return {
    spec: setup.spec,
    parameters,
    fingerprint: fingerprint(parameters),
    loss: setup.loss,
    stopped: step < totalSteps ? 'aborted' : 'completed',
    steps: step,
    epochs: step / stepsPerEpoch,
    epochLosses,
    trainLoss: epochLosses.at(-1) ?? Number.NaN,
    ...(validation === undefined ? {} : { validation }),
    ...(test === undefined ? {} : { test }),
    threads,
    trials: [],
    shards: plan.shards,
    batch: plan.batch,
    backend: setup.backend,
    seed: plan.seed,
    rollbacks: progress.rollbacks ?? 0,
    elapsedMs,
    samplesPerSecond: elapsedMs === 0 ? 0 : (samples / elapsedMs) * 1000,
  };
}
