import { type Call, createRandom, initializeParameters, type NetworkSpec } from '@gradloom/core';
import { barrier, complete, createList, host, link, type Program } from '@gradloom/core/internal';
import type { BackendChoice, Dataset, TrainOptions } from '@gradloom/runtime';
import type { Connection, SharedNumbers } from '../../packages/runtime/src/cluster/cluster.ts';
import { gatherLeaves, rowsOf } from '../../packages/runtime/src/engine/step/batch.ts';
import { createContext, type RunContext } from '../../packages/runtime/src/engine/step/context.ts';
import { gatherCalls } from '../../packages/runtime/src/engine/step/rank-gather.ts';
import { finishSteps, stepCalls } from '../../packages/runtime/src/engine/step/step-program.ts';
import { type ExchangeAct, type ExchangePlan, exchange } from '../../packages/runtime/src/engine/step/sync.ts';
import { resetControl } from '../../packages/runtime/src/engine/threads/barrier.ts';
import { nodeEnvironment } from '../../packages/runtime/src/engine/threads/node-environment.ts';
import { planRun } from '../../packages/runtime/src/training/run/plan.ts';
import { type PreparedRun, prepareRun } from '../../packages/runtime/src/training/run/prepare.ts';
import { firstDifference } from './bits.ts';

/** Ranks of one run in this thread, each with its own memory. */
export interface RankGroup {
  readonly ranks: readonly Rank[];
  /** Takes the next step on all ranks. Returns its loss and norm, as recorded by rank 0. */
  step(looks?: boolean): { loss: number; norm: number };
  /** Ends a span after the last step. */
  gather(looks?: boolean): void;
}

export interface Rank extends PreparedRun {
  readonly contexts: readonly RunContext[]; // of the rank's threads
}

export interface RankGroupOptions {
  readonly spec: NetworkSpec;
  readonly dataset: Dataset;
  readonly options: TrainOptions & { steps: number };
  readonly threadsOf: readonly number[]; // number of threads of each rank
  readonly backend: BackendChoice;
  readonly seed: number; // seed of the order in which threads continue
  readonly leastBucket?: number; // in parameters; default: one bucket holds all
}

/** Starts a run on ranks that exchange messages by copying. */
export function createRankGroup(group: RankGroupOptions): RankGroup {
  const { spec, dataset, options, threadsOf, backend, leastBucket = Number.POSITIVE_INFINITY } = group;
  const ranks = threadsOf.map((threads, rank): Rank => {
    const connection: Connection = {
      rank,
      ranks: threadsOf.length,
      timeLimitMs: 0,
      path: '',
      ledger: new SharedArrayBuffer(0),
    };
    const planAlone = complete(planRun(spec, { train: dataset }, { ...options, backend, threads }));
    const shape = { connection, threadsOf, overlap: true, leastBucket };
    const run = complete(
      prepareRun({ ...planAlone, threads, ranks: threadsOf.length === 1 ? null : shape }, { train: dataset }),
    );
    const { arena, setup, plan } = run;
    for (const array of [arena.gSum, arena.rankGradients, arena.rankNotes, arena.squares, arena.lossSums])
      array.fill(Number.NaN);
    initializeParameters(plan.network, arena.theta, plan.seed);
    if (arena.evaluatedTheta !== arena.theta) arena.evaluatedTheta.set(arena.theta);
    resetControl(setup.control);
    const contexts = Array.from({ length: threads }, (_, thread) => createContext(setup, thread, nodeEnvironment));
    for (const context of contexts) context.spanSteps = options.steps;
    return { ...run, contexts };
  });
  const random = createRandom(group.seed, 'rank-group');
  const known = new Map<string, readonly (readonly Act[])[]>();
  let next = 0;
  const epochLosses: number[] = [];

  /** The acts of each thread of all ranks in a step on `rows` rows. */
  function actsOf(rows: number, looks: boolean): readonly (readonly Act[])[] {
    const key = `${rows} ${looks}`;
    const acts =
      known.get(key) ??
      ranks.flatMap(({ contexts }) => contexts.map((context) => actsOfThread(context, contexts.length, rows, looks)));
    known.set(key, acts);
    return acts;
  }

  return {
    ranks,
    gather(looks = false) {
      const rows = rowsOf(ranks[0].setup, next - 1);
      const acts = ranks.map(({ contexts: [first] }) => actsOfCalls(first, gatherCalls(first, rows, looks)));
      runAll(
        acts,
        ranks.map(({ contexts: [context] }, rank) => ({ rank, context })),
        () => random.uniform(),
      );
    },
    step(looks = false) {
      const step = next++;
      for (const { plan, arena, orders, contexts } of ranks) {
        const { optimizer, schedule } = plan;
        if (orders !== null) complete(orders.prepare(Math.floor(step / plan.context.stepsPerEpoch), 1));
        for (const context of contexts) {
          context.learningRate[0] = optimizer.lr * schedule.factor(step, arena.scheduleState);
          optimizer.hyper(context.hyper, context.learningRate, arena.scalars);
          context.hypers.set(context.hyper);
          context.hyperRow[0] = 0;
          context.step = step;
          context.stepAndRow[0] = step;
          context.stepResult[0] = step;
        }
      }
      const threads = ranks.flatMap(({ contexts }, rank) => contexts.map((context) => ({ rank, context })));
      runAll(actsOf(rowsOf(ranks[0].setup, step), looks), threads, () => random.uniform());
      for (const { contexts } of ranks) if (contexts.length === 1) finishSteps(contexts[0], 1);
      const { losses, norms } = ranks[0].arena;
      epochLosses.push(losses[step]);
      if ((step + 1) % ranks[0].plan.context.stepsPerEpoch === 0) {
        const mean = epochLosses.reduce((sum, loss) => sum + loss, 0) / epochLosses.length;
        for (const { plan, arena } of ranks) plan.schedule.observe?.(arena.scheduleState, mean, 1);
        epochLosses.length = 0;
      }
      return { loss: losses[step], norm: norms[step] };
    },
  };
}

/** An act of a thread: a piece of its program, or a wait between two pieces. */
type Act =
  | { readonly kind: 'program'; readonly program: Program }
  | { readonly kind: 'barrier'; readonly completion: (() => void) | undefined }
  | { readonly kind: ExchangeAct; readonly planned: ExchangePlan };

function actsOfThread(context: RunContext, threads: number, rows: number, looks: boolean): Act[] {
  const { calls, fixedPass } = stepCalls(context, threads, rows, looks);
  if (fixedPass === null) return actsOfCalls(context, calls, !looks);
  // Done once per span, before its first step.
  const gathering = createList();
  gathering.emit(
    host,
    () => void gatherLeaves(context, context.step, fixedPass.first, fixedPass.count, fixedPass.workspace),
  );
  return actsOfCalls(context, [...gathering.calls, ...calls], !looks);
}

function actsOfCalls(context: RunContext, calls: readonly Call[], fuses = true): Act[] {
  const acts: Act[] = [];
  let piece: Call[] = [];
  const close = (): void => {
    if (piece.length > 0) acts.push({ kind: 'program', program: link(piece, context.kernels, null, { fuses }) });
    piece = [];
  };
  for (const call of calls) {
    const { op, args } = call;
    if (op.name === barrier.name) {
      close();
      const [completion] = args as [completion?: () => void];
      acts.push({ kind: 'barrier', completion });
    } else if (op.name === exchange.name) {
      close();
      const [planned, kind] = args as [ExchangePlan, ExchangeAct];
      if (context.thread === 0) acts.push({ kind, planned });
    } else {
      piece.push(call);
    }
  }
  close();
  return acts;
}

interface Thread {
  readonly rank: number;
  readonly context: RunContext;
}

/** Lets threads continue one act at a time, in random order, until all are done. */
function runAll(acts: readonly (readonly Act[])[], threads: readonly Thread[], draw: () => number): void {
  const at = threads.map(() => 0);
  const arrived = new Map<number, number[]>(); // threads at the barrier of each rank
  const post = createPost();
  for (;;) {
    const ready = threads.flatMap((thread, k) => (canGoOn(k, thread) ? [k] : []));
    if (ready.length === 0) break;
    const k = ready[Math.floor(draw() * ready.length)];
    goOn(k, threads[k]);
  }
  const stuck = threads.filter((_, k) => at[k] < acts[k].length);
  if (stuck.length > 0) throw new Error(`runAll: threads of ranks ${stuck.map(({ rank }) => rank)} wait for ever`);
  post.check();

  function canGoOn(k: number, { rank }: Thread): boolean {
    const act = acts[k][at[k]];
    if (act === undefined || arrived.get(rank)?.includes(k) === true) return false;
    return act.kind !== 'wait' || post.isDone(rank, act.planned);
  }

  function goOn(k: number, { rank }: Thread): void {
    const act = acts[k][at[k]];
    if (act.kind === 'barrier') {
      const here = [...(arrived.get(rank) ?? []), k];
      arrived.set(rank, here);
      if (here.length < threads.filter((other) => other.rank === rank).length) return;
      act.completion?.();
      for (const other of here) at[other]++;
      arrived.set(rank, []);
      return;
    }
    if (act.kind === 'program') act.program.run();
    else if (act.kind === 'start') post.start(rank, act.planned);
    else if (act.kind === 'wait') post.finish(rank, act.planned);
    at[k]++;
  }
}

interface Posted {
  readonly numbers: SharedNumbers;
  readonly sent: SharedNumbers; // contents when sending began
  isDone: boolean;
}

/**
 * Exchanges messages as badly as MPI may: receive buffers are overwritten at once, first with wrong numbers, and send
 * buffers must not change until the exchange is done.
 */
function createPost() {
  const lines = new Map<string, Record<'send' | 'receive', Posted[]>>();
  const underWay = new Map<string, { planned: ExchangePlan; posted: Posted[] }>();
  const keyOf = (rank: number, { channel }: ExchangePlan): string => `${rank} ${channel}`;
  const lineOf = (from: number, to: number, channel: number) => {
    const key = `${from} ${to} ${channel}`;
    const line = lines.get(key) ?? { send: [], receive: [] };
    lines.set(key, line);
    return line;
  };
  return {
    start(rank: number, planned: ExchangePlan): void {
      if (underWay.has(keyOf(rank, planned))) throw new Error(`start: channel ${planned.channel} is under way`);
      const posted = planned.transfers.map(({ kind, peer, numbers }) => {
        const one: Posted = { numbers, sent: copyOf(numbers), isDone: false };
        if (kind === 'receive') (numbers as Float64Array).fill(Number.NaN);
        const [from, to] = kind === 'send' ? [rank, peer] : [peer, rank];
        const line = lineOf(from, to, planned.channel);
        line[kind].push(one);
        while (line.send.length > 0 && line.receive.length > 0) deliver(line);
        return one;
      });
      underWay.set(keyOf(rank, planned), { planned, posted });
    },
    isDone: (rank: number, planned: ExchangePlan): boolean =>
      underWay.get(keyOf(rank, planned))?.posted.every(({ isDone }) => isDone) ?? true,
    finish(rank: number, planned: ExchangePlan): void {
      const { posted, planned: started } = underWay.get(keyOf(rank, planned)) ?? { posted: [], planned };
      if (started !== planned) throw new Error(`finish: channel ${planned.channel} has another exchange under way`);
      for (const [k, { kind }] of planned.transfers.entries()) {
        if (kind !== 'send') continue;
        const changed = firstDifference(posted[k].numbers, posted[k].sent);
        if (changed !== null) throw new Error(`finish: what rank ${rank} sent has changed meanwhile: ${changed}`);
      }
      underWay.delete(keyOf(rank, planned));
    },
    check(): void {
      if (underWay.size > 0) throw new Error(`check: exchanges ${[...underWay.keys()]} were never waited for`);
    },
  };
}

/** A copy of `numbers` in separate memory. */
const copyOf = (numbers: SharedNumbers): SharedNumbers => numbers.slice() as ArrayLike<number> as SharedNumbers;

function deliver({ send, receive }: Record<'send' | 'receive', Posted[]>): void {
  const [from, to] = [send.shift(), receive.shift()];
  if (from === undefined || to === undefined) return;
  if (from.sent.length !== to.numbers.length) {
    throw new Error(`deliver: a message has ${from.sent.length} numbers, expected ${to.numbers.length}`);
  }
  to.numbers.set(from.sent as never);
  from.isDone = true;
  to.isDone = true;
}
