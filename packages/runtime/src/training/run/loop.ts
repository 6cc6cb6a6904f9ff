import { namesOf } from '../../cluster/cluster-error.ts';
import { lossUnit } from '../../engine/evaluation/target-units.ts';
import { RING } from '../../engine/memory/arena.ts';
import { runSpan, type SpanOptions, type SpanResult } from '../../engine/threads/span.ts';
import { inTurns } from '../../system/turns/in-turns.ts';
import { endAt, goBack, orEndRun, restore } from '../faults/go-back.ts';
import { epochStart, stateIsFinite } from '../faults/history.ts';
import { RowRefusal } from '../lockstep/do-together.ts';
import { ROUND_MS } from '../tuning/tune.ts';
import { applyCommands, reportPending } from './apply-commands.ts';
import { isDone } from './early-stopping.ts';
import { finish } from './finish.ts';
import { halveLearningRate, writeLearningRates } from './learning-rates.ts';
import type { OpenedRun, RunResources } from './open-run.ts';
import { reportProbe, reportSpan, reportThreads, startEvent } from './report.ts';
import type { TrainResult } from './results.ts';
import { evaluationAfter } from './scheduled-steps.ts';
import { isAborted, type NextSpan, openState, type RunState, teamSize } from './state.ts';

/** Runs all steps of a run, or those before the signal. */
export async function runSteps(run: OpenedRun, resources: RunResources): Promise<TrainResult> {
  const state = await startRun(run, resources);
  while (!isDone(state.plan, state.progress) && !isAborted(state)) await advance(state);
  return await finish(state);
}

/** Opens a run in its state before the first step. */
export async function startRun(run: OpenedRun, resources: RunResources): Promise<RunState> {
  const state = await openState(run, resources);
  const { progress, tuner, emit } = state;
  emit(startEvent(run, progress));
  if (tuner !== null) progress.threads = tuner.choice.threads;
  await applyCommands(state);
  return state;
}

/** Runs the next span, which ends before step `until`, and emits its events; goes back after a bad step. */
export async function advance(state: RunState, until = Number.POSITIVE_INFINITY): Promise<void> {
  const unwatch = watchSignal(state);
  try {
    await advanceSpan(state, until);
    await applyCommands(state);
  } finally {
    unwatch();
  }
}

async function advanceSpan(state: RunState, until: number): Promise<void> {
  const { plan, arena, lockstep, progress, history, spanLength, checkpointer } = state;
  if (progress.step === state.halvingStep) halveLearningRate(state);
  if (progress.step === state.badStep?.step) throw await endAt(state, state.badStep);
  const span = await nextSpan(state, until);
  writeLearningRates(state, span.limit);
  await inTurns(history.save());
  spanLength.begin();
  const result = await trainSpan(state, span);
  spanLength.end();
  if (result.isBad || !(await stateIsFinite(arena, lockstep))) {
    await goBack(state, span.first, result);
    return;
  }
  convertLosses(state, result);
  if (span.probe) await reportProbe(state);
  await reportSpan(state, result);
  reportPending(state);
  history.keepForReplay(epochStart(progress.step, plan.context.stepsPerEpoch));
  if (!span.probe) reportThreads(state, result);
  if (!isDone(plan, progress)) await checkpointer?.writeIfDue();
}

/** Converts the losses of a span to the units of the targets, before anything reads them. */
function convertLosses({ plan, arena }: RunState, { steps }: SpanResult): void {
  const unit = lossUnit(plan.loss, plan.data.train.preprocessing);
  if (unit !== 1) for (let k = 0; k < steps; k++) arena.losses[k] *= unit;
}

/** Time to wait for the data of other ranks after a signal: short, as launchers end processes soon after one. */
const DELIVERY_MS = 50;

/**
 * On rank 0, watches collective work after a signal, which may mean that another rank has died: rank 0 would then wait
 * for it in vain until it is ended too. Warns which rank is missing, and from which checkpoint the run can resume. This
 * is done at once, since reports of other ranks arrive only after the waiting. Returns a function that ends the watch,
 * and rethrows what a listener of the warning has thrown.
 */
export function watchSignal({ plan, lockstep, progress, checkpointer, emit }: RunState): () => void {
  const { cluster } = lockstep;
  const { signal, resume } = plan;
  if (cluster === null || !lockstep.isFirst || signal === undefined) return () => {};
  let timer: NodeJS.Timeout | undefined;
  let thrown: { readonly error: unknown } | null = null;
  const warnOf = (ranks: readonly number[], sentence: (rankNames: string) => string): void => {
    const rankNames = `${namesOf(ranks, cluster.ranks)} (${ranks.map((rank) => cluster.hosts[rank]).join(', ')})`;
    const newest = checkpointer?.newest();
    const step = newest?.step ?? resume?.progress.step;
    const path = newest === undefined ? '' : `, ${newest.path}`;
    const advice =
      step === undefined ? 'there is no checkpoint' : `the newest checkpoint is that of step ${step}${path}`;
    try {
      emit({ type: 'warning', message: `${sentence(rankNames)}; ${advice}` });
    } catch (error) {
      thrown = { error }; // thrown in a timer, it would end the process
    }
  };
  const warnOfMissing = (): void => {
    const deadRanks = cluster.dead();
    if (deadRanks.length > 0) warnOf(deadRanks, (rankNames) => `${rankNames} died after step ${progress.step}`);
    else timer = setTimeout(warnOfAwaited, DELIVERY_MS);
  };
  const warnOfAwaited = (): void => {
    const ranks = cluster.awaited();
    if (ranks.length > 0) warnOf(ranks, (rankNames) => `after step ${progress.step} the run waits for ${rankNames}`);
  };
  if (signal.aborted) warnOfMissing();
  signal.addEventListener('abort', warnOfMissing);
  return () => {
    clearTimeout(timer);
    signal.removeEventListener('abort', warnOfMissing);
    if (thrown !== null) throw thrown.error;
  };
}

/** The next steps before `until` that need no pause between them; prepares the order of their rows. */
async function nextSpan(state: RunState, until: number): Promise<NextSpan> {
  const { plan, layerProbe, checkpointer, halvingStep, badStep } = state;
  const { totalSteps, stepsPerEpoch } = plan.context;
  const first = state.progress.step;
  const epoch = Math.floor(first / stepsPerEpoch);
  // A probed step is a span of its own: its figures belong to the weights before it.
  const isProbed = layerProbe?.isDue(first) ?? false;
  const maxSteps = isProbed ? 1 : RING;
  const nextProbe = layerProbe?.next(first) ?? totalSteps;
  const nextCheckpoint = checkpointer?.next(first) ?? totalSteps;
  const nextFault = Math.min(halvingStep, badStep?.step ?? totalSteps); // after going back
  const pauses = [nextProbe, nextCheckpoint, nextPause(state), nextFault, until];
  const limit = Math.min(totalSteps, first + maxSteps, await prepareOrders(state, epoch), ...pauses);
  return { first, limit: await agreedLimit(state, limit), probe: isProbed };
}

/**
 * The earliest limit of all ranks: those that are short of memory hold the orders of fewer epochs.
 * @throws Error if the program of a rank does not do the same as that of rank 0.
 */
async function agreedLimit({ lockstep, progress }: RunState, limit: number): Promise<number> {
  const { step, rate = null } = progress;
  const messages = await lockstep.fromAll({ step, rate, limit });
  for (const [rank, message] of messages.entries()) {
    for (const name of ['step', 'rate'] as const) {
      // A rank that makes another call may have sent any value.
      const [value, first] = [message?.[name], messages[0]?.[name]];
      if (value === first && first !== undefined) continue;
      const problem = `${name} has ${value ?? 'none'} on rank ${rank}, expected that of rank 0, ${first ?? 'none'}`;
      throw new Error(`train: ${problem} (every rank has to make the same calls)`);
    }
  }
  return Math.min(...messages.map((message) => message.limit));
}

/** The step at which the run must pause: for an evaluation, a text, or an epoch that a schedule observes. */
function nextPause({ plan, progress, textLog }: RunState): number {
  const { schedule, evaluateTest, evaluateEvery, totalEpochs, data, context } = plan;
  const testEvery = evaluateTest ? evaluateEvery : totalEpochs;
  // Without a validation set, a schedule observes the training loss of each epoch.
  const everyWithoutValidation = schedule.observe === undefined ? testEvery : 1;
  const interval = data.validation === undefined ? everyWithoutValidation : evaluateEvery;
  const evaluation = evaluationAfter(progress.step, interval, context.stepsPerEpoch);
  return Math.min(evaluation, textLog?.next(progress.step) ?? evaluation);
}

/** Creates the row orders of epochs from `epoch`. Returns the first step after them. */
async function prepareOrders({ plan, orders, lastSpanSteps }: RunState, epoch: number): Promise<number> {
  const { totalSteps, stepsPerEpoch } = plan.context;
  if (orders === null) return totalSteps;
  // Spans have about the same length: twice as many steps suffice for the next.
  const epochs = 1 + Math.ceil((2 * lastSpanSteps) / stepsPerEpoch);
  return (await inTurns(orders.prepare(epoch, epochs))) * stepsPerEpoch;
}

/** Runs a span on the threads of the run; restarts it if a thread fails. */
function trainSpan(state: RunState, span: NextSpan): Promise<SpanResult> {
  const { plan, progress, recovery, tuner, meter, spanLength, leaves } = state;
  const { first, limit } = span;
  const threads = teamSize(state);
  progress.gradientThreads = Math.max(progress.gradientThreads, Math.min(threads, leaves));
  const maxMs = tuner?.isTrial ? ROUND_MS : spanLength.ms;
  const options = { ...span, threads, timedShare: meter.timedShare(threads), maxMs, signal: plan.signal };
  const undo = () => restore(state);
  const work = () => recovery.attempt(first, () => runRefusable(state, options), undo).catch(refusedSpan);
  return orEndRun(state, work, `in steps ${first} to ${limit - 1}`);
}

/** Runs a span. With a cluster, rejects if a layer of this rank refuses a row, which other ranks do not see. */
async function runRefusable({ pool, setup, lockstep }: RunState, options: SpanOptions): Promise<SpanResult> {
  const result = await runSpan(pool, setup, options);
  if (result.isRefused && lockstep.cluster !== null) throw new RowRefusal(result.steps);
  return result;
}

/** The result of a span on all ranks if a row of one of them was refused. @throws any other error. */
function refusedSpan(error: unknown): SpanResult {
  if (!(error instanceof RowRefusal)) throw error;
  return { steps: error.steps, isBad: true, isRefused: true, elapsedMs: 0 };
}
