import { OptionError } from '@gradloom/core';
import { blockCount } from '@gradloom/core/internal';
import { RING } from '../arena.ts';
import type { CheckpointEntry, CheckpointPlace } from '../checkpoints/checkpoint-folder.ts';
import { createKeeper } from '../checkpoints/keeper.ts';
import { restoreArena } from '../checkpoints/resume.ts';
import { writeCheckpoint } from '../checkpoints/write-checkpoint.ts';
import type { DataSplits, Dataset } from '../datasets/dataset.ts';
import { type BadStep, diagnoseStep, findBadStep } from '../faults/bad-step.ts';
import { badWeight } from '../faults/bad-weight.ts';
import { createHistory, epochStart } from '../faults/history.ts';
import { createRecovery, runFailure } from '../faults/recovery.ts';
import { evaluateDataset } from '../inference/evaluate-dataset.ts';
import { readProfiles } from '../measure/clock.ts';
import { leavesOf } from '../team-part.ts';
import { openTeam } from '../threads/opening.ts';
import type { Pool } from '../threads/pool.ts';
import type { DiagnosisTask } from '../threads/protocol.ts';
import { runSpan, type SpanResult } from '../threads/span.ts';
import { createBusyMeter } from '../tuning/busy.ts';
import { createSpanLength } from '../tuning/span-length.ts';
import { createTuner, ROUND_MS } from '../tuning/tune.ts';
import { cloneArray, findNotFinite } from '../turns/arrays.ts';
import { inTurns } from '../turns/in-turns.ts';
import { createEpochLog } from './epoch-log.ts';
import { createLook } from './look.ts';
import type { PreparedRun } from './prepare.ts';
import { type Evaluation, type TrainEvent, TrainingError, type TrainResult } from './results.ts';
import { startEvent, startingProgress } from './start-run.ts';
import { createStepLog } from './step-log.ts';
import { trainingResult } from './training-result.ts';
import { lossWarning } from './warnings.ts';

/** If 1/1024 of the rate still diverges, the rate is not the problem. */
const MOST_ROLLBACKS = 10;

/** Of an epoch that is evaluated. */
type Evaluations = Pick<Extract<TrainEvent, { type: 'epoch' }>, 'validation' | 'test'>;

const ADVICE = 'a lower learning rate or clipping of the gradient norm may help';

/**
 * Runs span after span until the last step, the signal or a failure; between spans all threads are idle, and events are
 * emitted.
 */
export async function runEpochs(
  pool: Pool,
  run: PreparedRun,
  data: DataSplits,
  place: CheckpointPlace | null,
  emit: (event: TrainEvent) => void,
  signal: AbortSignal | undefined,
): Promise<TrainResult> {
  const { plan, setup, arena, orders, means } = run;
  const { threads, batch, totalEpochs, schedule, optimizer, resume } = plan;
  const { totalSteps, stepsPerEpoch } = plan.context;
  // A thread without a leaf and without a block would only make the others wait for it.
  const leaves = leavesOf(plan, batch);
  const useful = Math.min(threads, Math.max(leaves, blockCount(plan.network.parameterCount)));
  const tuner = plan.tunesThreads ? createTuner(useful) : null;
  const meter = createBusyMeter(setup.workTimes, threads);
  const log = createEpochLog(totalEpochs, resume?.arrays);
  const rows = data.train.rows;
  const progress = startingProgress(plan);
  const steps = createStepLog(totalSteps, emit, plan.onNan === 'rollback' ? stepsPerEpoch : null);
  const recovery = createRecovery(plan.retries, (retry) => emit({ type: 'recovery', step: progress.step, ...retry }));
  await open();
  const look = plan.probe === null ? null : await inTurns(createLook(plan.network, setup, arena, plan.probe));
  // Behind the look: figures of how far weights have moved count from the start of the run.
  if (resume !== null) await inTurns(restoreArena(arena, resume));
  const history = await inTurns(createHistory(arena, progress, log, plan.onNan === 'rollback', resume?.earlier));
  const write = (entry: CheckpointEntry) => writeCheckpoint(pool, setup, entry, tellWriter);
  const keeper = createKeeper({ plan, place, data, setup, arena, progress, log, steps, history, emit, write });
  const warned = new Set<string>(); // parts of the data whose loss was not finite
  const spanLength = createSpanLength();
  let lastSteps = 0;
  let ratesEnd = progress.step;
  let told = progress.step; // steps whose epochs and looks were reported
  let halvesAt = Number.POSITIVE_INFINITY; // start of the epoch of a bad step, on the way back to it
  let ending: BadStep | undefined; // that ends the run, on the way back to it
  await inTurns(history.take());

  emit(startEvent(run, progress));
  if (tuner !== null) progress.threads = tuner.choice.threads;

  while (progress.step < totalSteps && !signal?.aborted) {
    const { step } = progress;
    if (step === halvesAt) halveRate();
    if (ending?.step === step) throw await endAt(ending);
    const epoch = Math.floor(step / stepsPerEpoch);
    // A look has its step for itself: its figures belong to the weights between two spans.
    const probe = look?.isDue(step) ?? false;
    const ring = probe ? 1 : RING;
    const nextLook = look?.next(step) ?? totalSteps;
    const nextKeep = keeper?.next(step) ?? totalSteps;
    const goesTo = Math.min(halvesAt, ending?.step ?? totalSteps, await ordersReady(epoch));
    const limit = Math.min(totalSteps, step + ring, nextLook, nextKeep, nextStop(epoch), goesTo);
    setRates(limit);
    await inTurns(history.take());
    spanLength.begin();
    const span = await trainSpan(step, limit, probe);
    spanLength.end();
    if (span.bad || !(await weightsAreFinite())) {
      await goBack(step, step + span.steps - 1, span.bad);
      continue;
    }
    if (probe && look !== null && step >= told) emit(await inTurns(look.read(step, history.parameters)));
    progress.elapsedMs += span.elapsedMs;
    lastSteps = span.steps;
    meter.note(teamSize(), span.steps, span.elapsedMs);
    await report(span);
    told = Math.max(told, progress.step);
    history.passTo(epochStart(progress.step, stepsPerEpoch));
    if (tuner !== null && !probe) {
      const isNew = tuner.note(span.steps, span.elapsedMs);
      progress.threads = tuner.choice.threads;
      if (isNew) emit({ type: 'threads', step: progress.step, ...tuner.choice });
    }
    if (progress.step < totalSteps) await keeper?.keepIfDue();
  }

  steps.close();
  // Of a run that is stopped nothing is left to do but this; of one that is done, the last figures belong to it.
  if (progress.step < totalSteps) await keeper?.keep();
  await inTurns(history.take());
  const test = data.test === undefined ? undefined : await evaluate('test', data.test);
  if (progress.step === totalSteps) {
    if (test !== undefined) progress.test = test;
    await keeper?.keep();
  }
  const newest = keeper?.newest();
  const result = await inTurns(trainingResult({ plan, setup, arena, progress, log, test }));
  return {
    ...result,
    trials: tuner?.choice.trials ?? [],
    ...(newest === undefined ? {} : { checkpoint: newest }),
    ...(setup.times === null ? {} : { profiles: readProfiles(setup.times, useful) }),
  };

  /** Opens the threads, which draw the starting weights. If they fail nothing is lost, so no checkpoint is written. */
  async function open(): Promise<void> {
    const draws = plan.parameters === null && (resume === null || plan.probe !== null);
    const work = () => recovery.attempt(progress.step, () => openTeam(pool, setup, useful, draws));
    const finite = await work().catch((error: unknown) => {
      throw runFailure(error, `before step ${progress.step}`);
    });
    if (finite) return;
    const about = `at the start ${badWeight(plan.network, arena.theta)},`;
    throw new OptionError('train', 'init', 'expected finite numbers', { about });
  }

  function tellWriter(reason: string): void {
    const message = `the main thread writes the checkpoint of step ${progress.step}, since no worker thread can (${reason})`;
    emit({ type: 'warning', message });
  }

  async function weightsAreFinite(): Promise<boolean> {
    return (await inTurns(findNotFinite(arena.theta))) === undefined;
  }

  /**
   * The step at which the run must come back between spans: an evaluation that is due, or an epoch that the schedule
   * watches.
   */
  function nextStop(epoch: number): number {
    const watched = schedule.observe !== undefined ? 1 : plan.evaluateTest ? plan.evaluateEvery : totalEpochs;
    const every = data.validation !== undefined ? plan.evaluateEvery : watched;
    return (Math.floor(epoch / every) + 1) * every * stepsPerEpoch;
  }

  /** A schedule observes at the end of a span, so its earlier factors stay valid. */
  function setRates(limit: number): void {
    for (; ratesEnd < limit; ratesEnd++) {
      arena.rates[ratesEnd % RING] = rateAt(ratesEnd);
    }
  }

  function rateAt(step: number): number {
    return (optimizer.lr * schedule.factor(step, arena.scheduleState)) / 2 ** (progress.rollbacks ?? 0);
  }

  async function ordersReady(epoch: number): Promise<number> {
    if (orders === null) return totalSteps;
    return (await inTurns(orders.prepare(epoch, 1 + Math.ceil((2 * lastSteps) / stepsPerEpoch)))) * stepsPerEpoch;
  }

  function teamSize(): number {
    return tuner?.threads ?? useful;
  }

  function trainSpan(first: number, limit: number, probe: boolean): Promise<SpanResult> {
    const atMostMs = tuner?.trying ? ROUND_MS : spanLength.ms;
    const team = teamSize();
    progress.gradientThreads = Math.max(progress.gradientThreads, Math.min(team, leaves));
    const options = { first, limit, threads: team, probe, timedShare: meter.timedShare(team), atMostMs, signal };
    const work = () => recovery.attempt(first, () => runSpan(pool, setup, options), restore);
    return orGiveUp(work, `in steps ${first} to ${limit - 1}`);
  }

  async function evaluate(part: 'validation' | 'test', dataset: Dataset): Promise<Evaluation> {
    const { step } = progress;
    const attempt = <T>(work: () => Promise<T>) => recovery.attempt(step, work);
    const { network, loss } = plan;
    const work = () => evaluateDataset(pool, setup, dataset, { network, loss, threads, chunks: means.chunks, attempt });
    const evaluation = await orGiveUp(work, `in the evaluation after step ${step}`);
    if (!Number.isFinite(evaluation.loss) && !warned.has(part)) {
      warned.add(part);
      emit({ type: 'warning', message: lossWarning(part, evaluation.loss, step) });
    }
    return evaluation;
  }

  async function orGiveUp<T>(work: () => Promise<T>, place: string): Promise<T> {
    try {
      return await work();
    } catch (error) {
      throw await giveUp(error, place);
    }
  }

  /** Restores and saves the state before the span, for a resume; returns the error that ends the run. */
  async function giveUp(error: unknown, place: string): Promise<Error> {
    await restore();
    await keeper?.keep();
    return runFailure(error, place);
  }

  function restore(): Promise<void> {
    return inTurns(history.restore());
  }

  /** After a span that was not finite: goes back to its start to end before the bad step, or further for a rollback. */
  async function goBack(first: number, last: number, isSeen: boolean): Promise<void> {
    const diagnose = (step: number, of: DiagnosisTask['of']) =>
      recovery.attempt(first, () => diagnoseStep(pool, setup, step, of));
    const replay = (end: number) => recovery.attempt(first, () => replayOnce(first, end));
    const find = () => findBadStep({ first, last, isSeen, replay, weightsAreFinite, diagnose });
    const bad = await orGiveUp(find, `while looking for the bad step among ${first} to ${last}`);
    const rollbacks = (progress.rollbacks ?? 0) + 1;
    const to = epochStart(bad.step, stepsPerEpoch);
    const goesBack = plan.onNan === 'rollback' && !bad.isData && rollbacks <= MOST_ROLLBACKS;
    if (!goesBack || !(await inTurns(history.backTo(to)))) {
      await restore();
      ending = bad;
      return;
    }
    ratesEnd = progress.step;
    halvesAt = to;
    told = Math.min(told, to);
    steps.goBack(to);
    const reason = bad.message.replace(/^train: /, '');
    const factor = 1 / 2 ** rollbacks;
    emit({ type: 'rollback', step: bad.step, to, factor, rollbacks, limit: MOST_ROLLBACKS, reason });
  }

  /** The error that ends the run before a bad step; a checkpoint of the state is kept. */
  async function endAt({ step, message, isData }: BadStep): Promise<TrainingError> {
    steps.close();
    await keeper?.keep();
    const { rollbacks } = progress;
    const advice = rollbacks === undefined ? ADVICE : `the learning rate had already been halved ${rollbacks} times`;
    const newest = keeper?.newest();
    const parameters = await inTurns(cloneArray(arena.theta));
    const checkpoint = newest?.step === step ? newest : undefined;
    return new TrainingError(`${message}${isData ? '' : ` (${advice})`}`, step, parameters, checkpoint);
  }

  function halveRate(): void {
    progress.rollbacks = (progress.rollbacks ?? 0) + 1;
    ratesEnd = progress.step;
    halvesAt = Number.POSITIVE_INFINITY;
  }

  /** The state before step `end`, from that before `first`, which was noted last. */
  async function replayOnce(first: number, end: number): Promise<void> {
    await restore();
    for (let from = first; from < end; ) {
      from += (await runSpan(pool, setup, { first: from, limit: end, threads: useful })).steps;
    }
  }

  async function report({ steps: done }: SpanResult): Promise<void> {
    const { losses, norms, rates } = arena;
    steps.add(Math.max(told, progress.step), { first: progress.step, steps: done, losses, norms, rates });
    let lossSum = 0;
    for (let k = 0; k < done; k++) {
      lossSum += arena.losses[k];
      log.add(arena.losses[k], arena.norms[k]);
      progress.samples += Math.min(batch, rows - (progress.step % stepsPerEpoch) * batch);
      progress.step++;
      if (progress.step % stepsPerEpoch !== 0 && progress.step !== totalSteps) continue;
      // A promise for each of ten thousand epochs of one step would take as long as their steps.
      endEpoch(isEvaluated(progress.step) ? await evaluateEpoch() : null);
    }
    const { step, samples, elapsedMs } = progress;
    const samplesPerSecond = (samples / elapsedMs) * 1000;
    const busy = meter.read();
    const figures = { loss: lossSum / done, samplesPerSecond, elapsedMs, ...(busy === undefined ? {} : { busy }) };
    emit({ type: 'progress', step, totalSteps, ...figures });
  }

  function isEvaluated(step: number): boolean {
    const isAny = data.validation !== undefined || plan.evaluateTest;
    return isAny && (epochOf(step) % plan.evaluateEvery === 0 || step === totalSteps);
  }

  async function evaluateEpoch(): Promise<Evaluations> {
    if (data.validation !== undefined) {
      progress.validation = await evaluate('validation', data.validation);
      keeper?.watch(progress.validation.loss);
    }
    const { validation } = progress;
    const test = plan.evaluateTest && data.test !== undefined ? await evaluate('test', data.test) : undefined;
    return { ...(validation === undefined ? {} : { validation }), ...(test === undefined ? {} : { test }) };
  }

  function endEpoch(evaluated: Evaluations | null): void {
    const { step, elapsedMs, validation } = progress;
    const epoch = epochOf(step);
    const isWhole = step === epoch * stepsPerEpoch;
    const { trainLoss, gradientNorm } = log.end(isWhole);
    const learningRate = arena.rates[(step - 1) % RING];
    // Only a value of this epoch: an older one, or another kind in its place, would pass for a lack of progress.
    const every = data.validation === undefined ? 1 : plan.evaluateEvery;
    if (isWhole && epoch % every === 0) {
      schedule.observe?.(arena.scheduleState, validation?.loss ?? trainLoss, every);
    }
    if (step > told && (evaluated !== null || log.due(epoch))) {
      const about = { epoch, step, trainLoss, gradientNorm, learningRate, elapsedMs };
      emit({ type: 'epoch', ...about, ...evaluated });
    }
  }

  /** The epoch, counted from 1, that step `step` ends or lies in. */
  function epochOf(step: number): number {
    return Math.ceil(step / stepsPerEpoch);
  }
}
