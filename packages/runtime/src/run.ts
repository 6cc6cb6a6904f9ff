import { blockCount } from '@gradloom/core';
import { RING } from './arena.ts';
import { readProfiles } from './clock.ts';
import type { DataSplits } from './datasets/dataset.ts';
import { describeBadStep } from './diagnose.ts';
import { createEpochLog } from './epoch-log.ts';
import { evaluateDataset } from './evaluate-dataset.ts';
import { fingerprint } from './fingerprint.ts';
import { createLook } from './look.ts';
import type { RunPlan } from './options.ts';
import type { Pool } from './pool.ts';
import type { PreparedRun } from './prepare.ts';
import { type Evaluation, type TrainEvent, TrainingError, type TrainResult } from './results.ts';
import { createSnapshot } from './snapshot.ts';
import { runSpan, type SpanResult } from './span.ts';

/** Span after span until the last step, the signal or a failure; between spans all threads idle, and reports are made. */
export async function runEpochs(
  pool: Pool,
  plan: RunPlan,
  { setup, arena, orders }: PreparedRun,
  data: DataSplits,
  emit: (event: TrainEvent) => void,
  signal: AbortSignal | undefined,
): Promise<TrainResult> {
  const { threads, batch, totalEpochs, schedule, optimizer } = plan;
  const { totalSteps, stepsPerEpoch } = plan.context;
  // A thread without a shard and without a block would only make the others wait for it.
  const team = Math.min(threads, Math.max(plan.shards, blockCount(plan.network.parameterCount)));
  const snapshot = createSnapshot(arena);
  const look = plan.probe === null ? null : createLook(plan.network, setup, arena, plan.probe);
  const log = createEpochLog(totalEpochs);
  const rows = data.train.rows;
  let step = 0;
  let elapsedMs = 0;
  let samples = 0;
  let lastSteps = 0;
  let validation: Evaluation | undefined;

  emit({
    type: 'start',
    parameters: plan.network.parameterCount,
    threads: plan.askedThreads,
    shards: plan.shards,
    batch,
    backend: setup.backend,
    totalSteps,
    stepsPerEpoch,
  });

  while (step < totalSteps && !signal?.aborted) {
    const epoch = Math.floor(step / stepsPerEpoch);
    // A look has its step for itself: its figures belong to the weights between two spans.
    const probe = look?.isDue(step) ?? false;
    const ring = probe ? 1 : RING;
    const nextLook = look?.next(step) ?? totalSteps;
    const limit = Math.min(totalSteps, step + ring, nextLook, nextStop(epoch), ordersReady(epoch));
    snapshot.take();
    if (probe) look?.begin();
    const span = await spanOrRestore(step, limit, probe);
    if (span.bad) await failAt(step, step + span.steps - 1);
    if (probe && look !== null) emit(look.read(step));
    elapsedMs += span.elapsedMs;
    lastSteps = span.steps;
    await report(span);
  }

  const parameters = Float64Array.from(arena.theta);
  const test = data.test === undefined ? undefined : await evaluateDataset(pool, setup, data.test, threads);
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
    threads: plan.askedThreads,
    shards: plan.shards,
    batch,
    backend: setup.backend,
    seed: plan.seed,
    elapsedMs,
    samplesPerSecond: elapsedMs === 0 ? 0 : (samples / elapsedMs) * 1000,
    ...(setup.times === null ? {} : { profiles: readProfiles(setup.times, team) }),
  };

  /** The step at which the run must come back between spans: an evaluation that is due, or an epoch that the schedule watches. */
  function nextStop(epoch: number): number {
    const every = data.validation !== undefined ? plan.evaluateEvery : schedule.observe !== undefined ? 1 : totalEpochs;
    return (Math.floor(epoch / every) + 1) * every * stepsPerEpoch;
  }

  function ordersReady(epoch: number): number {
    if (orders === null) return totalSteps;
    return orders.prepare(epoch, 1 + Math.ceil((2 * lastSteps) / stepsPerEpoch)) * stepsPerEpoch;
  }

  async function spanOrRestore(first: number, limit: number, probe: boolean): Promise<SpanResult> {
    try {
      return await runSpan(pool, setup, { first, limit, threads: team, probe, signal });
    } catch (error) {
      snapshot.restore();
      throw new Error(`train: ${error instanceof Error ? error.message : error} (in steps ${first} to ${limit - 1})`, {
        cause: error,
      });
    }
  }

  /** Goes back to the state before the bad step, runs that step once with checks on, and says what it found. */
  async function failAt(first: number, bad: number): Promise<never> {
    snapshot.restore();
    for (let from = first; from < bad; ) {
      from += (await runSpan(pool, setup, { first: from, limit: bad, threads: team })).steps;
    }
    const parameters = Float64Array.from(arena.theta);
    throw new TrainingError(describeBadStep(setup, bad), bad, parameters);
  }

  async function report({ steps }: SpanResult): Promise<void> {
    let lossSum = 0;
    for (let k = 0; k < steps; k++) {
      lossSum += arena.losses[k];
      log.add(arena.losses[k], arena.norms[k]);
      step++;
      samples += Math.min(batch, rows - ((step - 1) % stepsPerEpoch) * batch);
      if (step % stepsPerEpoch === 0 || step === totalSteps) await endEpoch();
    }
    const samplesPerSecond = (samples / elapsedMs) * 1000;
    emit({ type: 'progress', step, totalSteps, loss: lossSum / steps, samplesPerSecond });
  }

  async function endEpoch(): Promise<void> {
    const epoch = Math.ceil(step / stepsPerEpoch);
    const { trainLoss, gradientNorm } = log.end();
    const evaluated = data.validation !== undefined && (epoch % plan.evaluateEvery === 0 || step === totalSteps);
    if (evaluated) validation = await evaluateDataset(pool, setup, data.validation, threads);
    const learningRate = optimizer.lr * schedule.factor(step - 1, arena.scheduleState);
    // Only a value of this epoch: an older one, or another kind in its place, would pass for a lack of progress.
    const every = data.validation === undefined ? 1 : plan.evaluateEvery;
    if (step === epoch * stepsPerEpoch && epoch % every === 0) {
      schedule.observe?.(arena.scheduleState, validation?.loss ?? trainLoss, every);
    }
    if (evaluated || log.due(epoch)) {
      const about = { epoch, step, trainLoss, gradientNorm, learningRate, elapsedMs };
      emit({ type: 'epoch', ...about, ...(evaluated && validation !== undefined ? { validation } : {}) });
    }
  }
}
