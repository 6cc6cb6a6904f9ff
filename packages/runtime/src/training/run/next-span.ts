import { RING } from '../../engine/memory/arena.ts';
import { runSpan, type SpanOptions, type SpanResult } from '../../engine/threads/span.ts';
import { inTurns } from '../../system/turns/in-turns.ts';
import { orGiveUp, restore } from '../faults/give-up.ts';
import { Refusal } from '../lockstep/do-together.ts';
import { ROUND_MS } from '../tuning/tune.ts';
import type { RunState } from './state.ts';

/** Steps between two pauses of a run. */
export interface NextSpan {
  readonly first: number; // first step
  readonly limit: number; // step to stop before; time or the signal may end the span earlier
  readonly probe: boolean; // whether its step is probed
}

/** Plans the next steps before `until` that need no pause between them; creates the row orders for them. */
export async function nextSpan(state: RunState, until: number): Promise<NextSpan> {
  const { plan, look, keeper, halvesAt, ending } = state;
  const { totalSteps, stepsPerEpoch } = plan.context;
  const first = state.progress.step;
  const epoch = Math.floor(first / stepsPerEpoch);
  // A probed step has a span of its own: its figures belong to the weights between two spans.
  const probe = look?.isDue(first) ?? false;
  const ring = probe ? 1 : RING;
  const nextLook = look?.next(first) ?? totalSteps;
  const nextKeep = keeper?.next(first) ?? totalSteps;
  const goesTo = Math.min(halvesAt, ending?.step ?? totalSteps, await ordersReady(state, epoch));
  const limit = Math.min(totalSteps, first + ring, nextLook, nextKeep, nextStop(state, epoch), goesTo, until);
  return { first, limit: await agreedLimit(state, limit), probe };
}

/**
 * The earliest limit of all ranks: those that are short of memory hold the orders of fewer epochs.
 * @throws Error if the program of a rank does not do the same as that of rank 0.
 */
async function agreedLimit({ lockstep, progress }: RunState, limit: number): Promise<number> {
  const { step, rate = null } = progress;
  const all = await lockstep.fromAll({ step, rate, limit });
  for (const [rank, own] of all.entries()) {
    for (const name of ['step', 'rate'] as const) {
      // A rank that makes another call may have sent any value.
      const [its, first] = [own?.[name], all[0]?.[name]];
      if (its === first && first !== undefined) continue;
      const problem = `${name} has ${its ?? 'none'} on rank ${rank}, expected that of rank 0, ${first ?? 'none'}`;
      throw new Error(`train: ${problem} (every rank has to make the same calls)`);
    }
  }
  return Math.min(...all.map((own) => own.limit));
}

/**
 * The step at which the run must pause: the next evaluation, or the end of an epoch if the schedule observes epochs.
 */
function nextStop({ plan }: RunState, epoch: number): number {
  const { schedule, evaluateTest, evaluateEvery, totalEpochs, data, context } = plan;
  const watched = schedule.observe !== undefined ? 1 : evaluateTest ? evaluateEvery : totalEpochs;
  const every = data.validation !== undefined ? evaluateEvery : watched;
  return (Math.floor(epoch / every) + 1) * every * context.stepsPerEpoch;
}

/** The first step whose row order is not created yet. */
async function ordersReady({ plan, orders, lastSteps }: RunState, epoch: number): Promise<number> {
  const { totalSteps, stepsPerEpoch } = plan.context;
  if (orders === null) return totalSteps;
  return (await inTurns(orders.prepare(epoch, 1 + Math.ceil((2 * lastSteps) / stepsPerEpoch)))) * stepsPerEpoch;
}

/** Threads of the next span. */
export const teamSize = ({ tuner, useful }: RunState): number => tuner?.threads ?? useful;

/** Runs a span on the threads of the run; restarts it if a thread fails. */
export function trainSpan(state: RunState, span: NextSpan): Promise<SpanResult> {
  const { plan, progress, recovery, tuner, meter, spanLength, leaves } = state;
  const { first, limit } = span;
  const threads = teamSize(state);
  progress.gradientThreads = Math.max(progress.gradientThreads, Math.min(threads, leaves));
  const atMostMs = tuner?.trying ? ROUND_MS : spanLength.ms;
  const options = { ...span, threads, timedShare: meter.timedShare(threads), atMostMs, signal: plan.signal };
  const work = () =>
    recovery.attempt(
      first,
      () => runRefusable(state, options),
      () => restore(state),
    );
  return orGiveUp(state, () => refusedAlike(work), `in steps ${first} to ${limit - 1}`);
}

/** Runs a span. With a cluster, rejects if a layer of this rank refuses a row, which other ranks do not see. */
async function runRefusable({ pool, setup, lockstep }: RunState, options: SpanOptions): Promise<SpanResult> {
  const done = await runSpan(pool, setup, options);
  if (done.isRefused && lockstep.cluster !== null) throw new Refusal(done.steps);
  return done;
}

/** The result of a span on all ranks if a row of one of them was refused. */
async function refusedAlike(work: () => Promise<SpanResult>): Promise<SpanResult> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    return { steps: error.steps, bad: true, isRefused: true, elapsedMs: 0 };
  }
}
