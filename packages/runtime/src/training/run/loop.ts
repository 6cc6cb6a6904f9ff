import { namesOf } from '../../cluster/cluster-error.ts';
import { lossUnit } from '../../engine/evaluation/own-units.ts';
import type { SpanResult } from '../../engine/threads/span.ts';
import { inTurns } from '../../system/turns/in-turns.ts';
import { weightsAreFinite } from '../faults/finite-weights.ts';
import { endAt, goBack } from '../faults/go-back.ts';
import { epochStart } from '../faults/history.ts';
import { isDone } from './early-stopping.ts';
import { finish } from './finish.ts';
import { nextSpan, trainSpan } from './next-span.ts';
import type { OpenedRun, RunSurroundings } from './open-run.ts';
import { halveRate, setRates } from './rates.ts';
import { reportLook, reportSpan, reportThreads } from './report.ts';
import type { TrainResult } from './results.ts';
import { startEvent } from './start-run.ts';
import { openState, type RunState } from './state.ts';

/** Runs all steps of a run, or those before the signal. */
export async function runSteps(run: OpenedRun, surroundings: RunSurroundings): Promise<TrainResult> {
  const state = await startRun(run, surroundings);
  await runSpans(state);
  return await finish(state);
}

/** Opens a run in its state before the first step. */
export async function startRun(run: OpenedRun, surroundings: RunSurroundings): Promise<RunState> {
  const state = await openState(run, surroundings);
  const { progress, tuner, emit } = state;
  emit(startEvent(run, progress));
  if (tuner !== null) progress.threads = tuner.choice.threads;
  await hearRanks(state);
  return state;
}

/** Runs span after span until the last step, the signal or a failure. */
async function runSpans(state: RunState): Promise<void> {
  const { plan, progress } = state;
  while (!isDone(plan, progress) && !isAborted(state)) await advance(state);
}

/** Whether a signal has ended the run; with a cluster, when all ranks know of it. */
export const isAborted = ({ plan, lockstep, isAborted: byAll }: RunState): boolean =>
  lockstep.cluster === null ? (plan.signal?.aborted ?? false) : byAll;

/** Exchanges between spans what each rank must tell the others: warnings, and whether it has received a signal. */
async function hearRanks(state: RunState): Promise<void> {
  const { plan, lockstep, notices } = state;
  if (lockstep.cluster === null) return;
  const said = await lockstep.fromAll({ isAborted: plan.signal?.aborted ?? false, warnings: notices.take() });
  notices.tell(said.map(({ warnings }) => warnings));
  state.isAborted = said.some(({ isAborted }) => isAborted);
}

/**
 * Runs the next span, which ends before step `until` at the latest; between spans all threads are idle, and events are
 * emitted. After a bad step, it goes back instead.
 */
export async function advance(state: RunState, until = Number.POSITIVE_INFINITY): Promise<void> {
  const unwatch = watchSignal(state);
  try {
    await advanceSpan(state, until);
    await hearRanks(state);
  } finally {
    unwatch();
  }
}

async function advanceSpan(state: RunState, until: number): Promise<void> {
  const { plan, arena, progress, history, spanLength, keeper } = state;
  if (progress.step === state.halvesAt) halveRate(state);
  if (progress.step === state.ending?.step) throw await endAt(state, state.ending);
  const span = await nextSpan(state, until);
  setRates(state, span.limit);
  await inTurns(history.take());
  spanLength.begin();
  const done = await trainSpan(state, span);
  spanLength.end();
  if (done.bad || !(await weightsAreFinite(arena))) {
    await goBack(state, span.first, done);
    return;
  }
  toUnits(state, done);
  if (span.probe) await reportLook(state);
  await reportSpan(state, done);
  history.passTo(epochStart(progress.step, plan.context.stepsPerEpoch));
  if (!span.probe) reportThreads(state, done);
  if (!isDone(plan, progress)) await keeper?.keepIfDue();
}

/** Converts the losses of a span to the units of the targets, before anything reads them. */
function toUnits({ plan, arena }: RunState, { steps }: SpanResult): void {
  const unit = lossUnit(plan.loss, plan.data.train.preprocessing);
  if (unit !== 1) for (let k = 0; k < steps; k++) arena.losses[k] *= unit;
}

/**
 * Time in which ranks that are no slower than this one deliver their data. Short, since a launcher ends its processes
 * soon after a signal.
 */
const PATIENCE_MS = 50;

/**
 * On rank 0, watches collective work after a signal, which may mean that another rank has died: rank 0 would then wait
 * for it in vain until it is ended too. Warns which rank is missing, and from which checkpoint the run can resume. This
 * is done at once, since reports of other ranks arrive only after the waiting. Returns a function that ends the watch,
 * and rethrows what a listener of the warning has thrown.
 */
export function watchSignal({ plan, lockstep, progress, keeper, emit }: RunState): () => void {
  const { cluster } = lockstep;
  const { signal, resume } = plan;
  if (cluster === null || !lockstep.isFirst || signal === undefined) return () => {};
  let timer: NodeJS.Timeout | undefined;
  let thrown: { readonly error: unknown } | null = null;
  const say = (ranks: readonly number[], what: (ranks: string) => string): void => {
    const names = `${namesOf(ranks, cluster.ranks)} (${ranks.map((rank) => cluster.hosts[rank]).join(', ')})`;
    const newest = keeper?.newest();
    const at = newest?.step ?? resume?.progress.step;
    const place = newest === undefined ? '' : `, ${newest.path}`;
    const kept = at === undefined ? 'there is no checkpoint' : `the newest checkpoint is that of step ${at}${place}`;
    try {
      emit({ type: 'warning', message: `${what(names)}; ${kept}` });
    } catch (error) {
      thrown = { error }; // thrown in a timer, it would end the process
    }
  };
  const begin = (): void => {
    const dead = cluster.dead();
    if (dead.length > 0) say(dead, (ranks) => `${ranks} died after step ${progress.step}`);
    else timer = setTimeout(sayAwaited, PATIENCE_MS);
  };
  const sayAwaited = (): void => {
    const ranks = cluster.awaited();
    if (ranks.length > 0) say(ranks, (ranks) => `after step ${progress.step} the run waits for ${ranks}`);
  };
  if (signal.aborted) begin();
  signal.addEventListener('abort', begin);
  return () => {
    clearTimeout(timer);
    signal.removeEventListener('abort', begin);
    if (thrown !== null) throw thrown.error;
  };
}
