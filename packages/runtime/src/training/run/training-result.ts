import type { Elements, Pausable } from '@gradloom/core';
import { leafCount } from '@gradloom/core/internal';
import { backendRecord, isFused } from '../../engine/backends/backend.ts';
import type { Evaluation } from '../../engine/evaluation/evaluate-dataset.ts';
import type { RunSetup } from '../../engine/threads/protocol.ts';
import { fingerprintInTurns } from '../../system/files/hash.ts';
import type { Progress } from '../checkpoints/checkpoint.ts';
import { clusterFacts } from './cluster-facts.ts';
import { stopsEarly } from './early-stopping.ts';
import type { EpochLog } from './epoch-log.ts';
import type { RunPlan } from './plan.ts';
import type { TrainResult } from './results.ts';

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
  const { totalSteps, stepsPerEpoch } = plan.context;
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
    stopped: step >= totalSteps ? 'completed' : stopsEarly(plan, progress) ? 'early' : 'aborted',
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
    leaves: leafCount(plan.batch, plan.leaf),
    ...clusterFacts(plan),
    batch: plan.batch,
    backend: backendRecord(setup.backend),
    seed: plan.seed,
    rollbacks: progress.rollbacks ?? 0,
    elapsedMs,
    samplesPerSecond: elapsedMs === 0 ? 0 : (samples / elapsedMs) * 1000,
  };
}
