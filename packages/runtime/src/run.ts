import { blockCount } from '@gradloom/core';
import { RING } from './arena.ts';
import { createBusyMeter } from './busy.ts';
import type { Progress } from './checkpoints/checkpoint.ts';
import { createKeeper } from './checkpoints/keeper.ts';
import { restoreArena } from './checkpoints/resume.ts';
import { readProfiles } from './clock.ts';
import type { DataSplits } from './datasets/dataset.ts';
import { describeBadStep, describeOverflow } from './diagnose.ts';
import { createEpochLog } from './epoch-log.ts';
import { evaluateDataset } from './evaluate-dataset.ts';
import { allFinite } from './finite.ts';
import { createLook } from './look.ts';
import type { RunPlan } from './options.ts';
import type { Pool } from './pool.ts';
import type { PreparedRun } from './prepare.ts';
import type { RunSetup } from './protocol.ts';
import { type TrainEvent, TrainingError, type TrainResult } from './results.ts';
import { createSnapshot } from './snapshot.ts';
import { runSpan, SPAN_MS, type SpanResult } from './span.ts';
import { trainingResult } from './training-result.ts';
import { createTuner, ROUND_MS } from './tune.ts';

/** Span after span until the last step, the signal or a failure; between spans all threads idle, and reports are made. */
export async function runEpochs(
  pool: Pool,
  plan: RunPlan,
  { setup, arena, orders }: PreparedRun,
  data: DataSplits,
  emit: (event: TrainEvent) => void,
  signal: AbortSignal | undefined,
): Promise<TrainResult> {
  const { threads, batch, totalEpochs, schedule, optimizer, resume } = plan;
  const { totalSteps, stepsPerEpoch } = plan.context;
  // A thread without a shard and without a block would only make the others wait for it.
  const useful = Math.min(threads, Math.max(plan.shards, blockCount(plan.network.parameterCount)));
  const tuner = plan.tunesThreads ? createTuner(useful) : null;
  const snapshot = createSnapshot(arena);
  const meter = createBusyMeter(setup.workTimes, threads);
  const look = plan.probe === null ? null : createLook(plan.network, setup, arena, plan.probe);
  // Behind the look: figures of how far weights have moved count from the start of the run.
  if (resume !== null) restoreArena(arena, resume);
  const log = createEpochLog(totalEpochs, resume?.arrays);
  const rows = data.train.rows;
  const progress = startingProgress(plan);
  const keeper = createKeeper({ plan, data, setup, arena, progress, log, emit });
  let lastSteps = 0;
  let ratesEnd = progress.step;

  emit(startEvent(plan, setup, progress));
  if (tuner !== null) progress.threads = tuner.choice.threads;

  while (progress.step < totalSteps && !signal?.aborted) {
    const { step } = progress;
    const epoch = Math.floor(step / stepsPerEpoch);
    // A look has its step for itself: its figures belong to the weights between two spans.
    const probe = look?.isDue(step) ?? false;
    const ring = probe ? 1 : RING;
    const nextLook = look?.next(step) ?? totalSteps;
    const nextKeep = keeper?.next(step) ?? totalSteps;
    const limit = Math.min(totalSteps, step + ring, nextLook, nextKeep, nextStop(epoch), ordersReady(epoch));
    setRates(limit);
    snapshot.take();
    if (probe) look?.begin();
    const span = await spanOrRestore(step, limit, probe);
    if (span.bad || !allFinite(arena.theta)) await failAt(step, step + span.steps - 1, span.bad);
    if (probe && look !== null) emit(look.read(step));
    progress.elapsedMs += span.elapsedMs;
    lastSteps = span.steps;
    meter.note(teamSize(), span.steps, span.elapsedMs);
    await report(span);
    if (tuner !== null && !probe) {
      const isNew = tuner.note(span.steps, span.elapsedMs);
      progress.threads = tuner.choice.threads;
      if (isNew) emit({ type: 'threads', step: progress.step, ...tuner.choice });
    }
    if (progress.step < totalSteps) keeper?.keepIfDue();
  }

  // Of a run that is stopped nothing is left to do but this; of one that is done, the last figures belong to it.
  if (progress.step < totalSteps) keeper?.keep();
  const test = data.test === undefined ? undefined : await evaluateDataset(pool, setup, data.test, threads);
  if (progress.step === totalSteps) {
    if (test !== undefined) progress.test = test;
    keeper?.keep();
  }
  const newest = keeper?.newest();
  const result = trainingResult({ plan, setup, arena, progress, log, test });
  return {
    ...result,
    trials: tuner?.choice.trials ?? [],
    ...(newest === undefined ? {} : { checkpoint: newest }),
    ...(setup.times === null ? {} : { profiles: readProfiles(setup.times, useful) }),
  };

  /** The step at which the run must come back between spans: an evaluation that is due, or an epoch that the schedule watches. */
  function nextStop(epoch: number): number {
    const every = data.validation !== undefined ? plan.evaluateEvery : schedule.observe !== undefined ? 1 : totalEpochs;
    return (Math.floor(epoch / every) + 1) * every * stepsPerEpoch;
  }

  /** A schedule watches at the end of a span, so what it makes of the steps before that stays true. */
  function setRates(limit: number): void {
    for (; ratesEnd < limit; ratesEnd++) {
      arena.rates[ratesEnd % RING] = optimizer.lr * schedule.factor(ratesEnd, arena.scheduleState);
    }
  }

  function ordersReady(epoch: number): number {
    if (orders === null) return totalSteps;
    return orders.prepare(epoch, 1 + Math.ceil((2 * lastSteps) / stepsPerEpoch)) * stepsPerEpoch;
  }

  function teamSize(): number {
    return tuner?.threads ?? useful;
  }

  async function spanOrRestore(first: number, limit: number, probe: boolean): Promise<SpanResult> {
    try {
      const atMostMs = tuner?.trying ? ROUND_MS : SPAN_MS;
      const team = teamSize();
      const timedShare = meter.timedShare(team);
      return await runSpan(pool, setup, { first, limit, threads: team, probe, timedShare, atMostMs, signal });
    } catch (error) {
      snapshot.restore();
      keeper?.keep();
      throw new Error(`train: ${error instanceof Error ? error.message : error} (in steps ${first} to ${limit - 1})`, {
        cause: error,
      });
    }
  }

  /**
   * Goes back to the state before the first bad step, and says what is bad in it: the last of the span where its loss or
   * norm is, unless an update before had taken a weight out of range, which no loss has to show.
   */
  async function failAt(first: number, last: number, bad: boolean): Promise<never> {
    let before = first; // the weights are finite before this step
    let after = last + 1;
    if (bad) {
      await replay(first, last);
      if (allFinite(arena.theta)) throw new TrainingError(describeBadStep(setup, last), last, copyOf(arena.theta));
      after = last;
    }
    // A weight that is not finite stays so: what lies between is halved.
    while (after - before > 1) {
      const middle = Math.floor((before + after) / 2);
      await replay(first, middle);
      if (allFinite(arena.theta)) before = middle;
      else after = middle;
    }
    await replay(first, before + 1);
    const message = describeOverflow(plan.network, arena.theta, before);
    await replay(first, before);
    throw new TrainingError(message, before, copyOf(arena.theta));
  }

  /** The state before step `end`, from that before `first`, which the snapshot holds. */
  async function replay(first: number, end: number): Promise<void> {
    snapshot.restore();
    for (let from = first; from < end; ) {
      from += (await runSpan(pool, setup, { first: from, limit: end, threads: useful })).steps;
    }
  }

  async function report({ steps }: SpanResult): Promise<void> {
    let lossSum = 0;
    for (let k = 0; k < steps; k++) {
      lossSum += arena.losses[k];
      log.add(arena.losses[k], arena.norms[k]);
      progress.samples += Math.min(batch, rows - (progress.step % stepsPerEpoch) * batch);
      progress.step++;
      if (progress.step % stepsPerEpoch === 0 || progress.step === totalSteps) await endEpoch();
    }
    const { step, samples, elapsedMs } = progress;
    const samplesPerSecond = (samples / elapsedMs) * 1000;
    const busy = meter.read();
    const figures = { loss: lossSum / steps, samplesPerSecond, ...(busy === undefined ? {} : { busy }) };
    emit({ type: 'progress', step, totalSteps, ...figures });
  }

  async function endEpoch(): Promise<void> {
    const { step, elapsedMs } = progress;
    const epoch = Math.ceil(step / stepsPerEpoch);
    const isWhole = step === epoch * stepsPerEpoch;
    const { trainLoss, gradientNorm } = log.end(isWhole);
    const evaluated = data.validation !== undefined && (epoch % plan.evaluateEvery === 0 || step === totalSteps);
    if (evaluated) {
      progress.validation = await evaluateDataset(pool, setup, data.validation, threads);
      keeper?.watch(progress.validation.loss);
    }
    const { validation } = progress;
    const learningRate = optimizer.lr * schedule.factor(step - 1, arena.scheduleState);
    // Only a value of this epoch: an older one, or another kind in its place, would pass for a lack of progress.
    const every = data.validation === undefined ? 1 : plan.evaluateEvery;
    if (isWhole && epoch % every === 0) {
      schedule.observe?.(arena.scheduleState, validation?.loss ?? trainLoss, every);
    }
    if (evaluated || log.due(epoch)) {
      const about = { epoch, step, trainLoss, gradientNorm, learningRate, elapsedMs };
      emit({ type: 'epoch', ...about, ...(evaluated && validation !== undefined ? { validation } : {}) });
    }
  }
}

/** The result of a run whose checkpoint has it all, as it was then; null where there is something left to do. */
export function finishedRun(
  plan: RunPlan,
  { setup, arena }: PreparedRun,
  data: DataSplits,
  emit: (event: TrainEvent) => void,
): TrainResult | null {
  const { resume, context, totalEpochs } = plan;
  if (resume === null || resume.progress.step < context.totalSteps) return null;
  const { progress } = resume;
  if (data.test !== undefined && progress.test === undefined) return null;
  restoreArena(arena, resume);
  emit(startEvent(plan, setup, progress));
  const log = createEpochLog(totalEpochs, resume.arrays);
  return trainingResult({ plan, setup, arena, progress, log, test: progress.test });
}

function startEvent(plan: RunPlan, { backend }: RunSetup, { step, threads }: Progress): TrainEvent {
  const { network, shards, batch, context, tunesThreads } = plan;
  const start = { type: 'start', parameters: network.parameterCount, threads, tunesThreads } as const;
  return { ...start, shards, batch, backend, ...context, step };
}

/** That of the checkpoint, with the threads of this sitting; what a shorter run found in its end is not the longer one's. */
function startingProgress({ resume, askedThreads: threads }: RunPlan): Progress {
  if (resume === null) return { step: 0, samples: 0, elapsedMs: 0, threads };
  const { test: _, ...progress } = resume.progress;
  return { ...progress, threads };
}

const copyOf = (theta: Float64Array): Float64Array => Float64Array.from(theta);
