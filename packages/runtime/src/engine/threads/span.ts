import { reasonOf } from '@gradloom/core/internal';
import { abortTeam, CONTROL, resetControl } from './barrier.ts';
import type { Pool, Team } from './pool.ts';
import {
  DECISION,
  type OpeningTask,
  type RunSetup,
  type SpanTask,
  type Task,
  type TeamSetup,
  type TeamTask,
} from './protocol.ts';
import { START_LIMIT_MS } from './worker-group.ts';

/** Length of a span of a small network: reports come soon, and the 1-3 ms to start and end it hardly count. */
export const SPAN_MS = 200;

/** A thread threw, ended or did not arrive. No other thread of its team uses the memory of the run any more. */
export class ThreadError extends Error {
  readonly problem: string; // the message without 'pool: '
  readonly steps: number; // steps that the team had done

  constructor(problem: string, steps: number, cause: unknown) {
    super(`pool: ${problem}`, { cause });
    this.problem = problem;
    this.steps = steps;
  }
}

/** Time for threads to return after an abort before they are terminated: a pass of a large network takes seconds. */
const SETTLE_LIMIT_MS = 10_000;

export interface SpanResult {
  readonly steps: number; // steps done, including the bad one
  readonly isBad: boolean; // the last step's loss or norm was not finite, or a layer refused one of its rows
  readonly isRefused: boolean; // a layer refused one of its rows
  readonly elapsedMs: number;
}

export interface SpanOptions {
  readonly first: number; // first step
  readonly limit: number; // step to stop before
  readonly threads: number;
  readonly probe?: boolean;
  readonly timedShare?: number; // share of steps that are timed
  readonly maxMs?: number; // default SPAN_MS
  readonly signal?: AbortSignal | undefined;
}

/**
 * Runs steps from `first` until `limit`, `maxMs` or the signal. Rejects with a ThreadError if a thread throws, exits
 * or does not arrive; then no thread uses the memory of the run any more, and its contents are invalid.
 */
export async function runSpan(pool: Pool, setup: RunSetup, options: SpanOptions): Promise<SpanResult> {
  const { first, limit, threads, probe = false, timedShare = 0, maxMs = SPAN_MS, signal } = options;
  const { control } = setup;
  const team = await pool.acquire(threads);
  resetControl(control);
  const request = () => Atomics.store(control, CONTROL.request, 1);
  if (signal?.aborted) request();
  signal?.addEventListener('abort', request);
  const timer = setTimeout(request, maxMs);
  const begin = performance.now();
  try {
    const liveRuns = [...pool.live];
    const tasks = Array.from({ length: threads }, (_, thread): SpanTask => {
      return { kind: 'span', setup, live: liveRuns, thread, threads, first, limit, probe, timedShare };
    });
    const isRefused = (await runTeam(team, tasks, control)).includes('refused');
    return {
      steps: Atomics.load(control, CONTROL.steps) + (isRefused ? 1 : 0),
      isBad: isRefused || Atomics.load(control, CONTROL.decision) === DECISION.bad,
      isRefused,
      elapsedMs: performance.now() - begin,
    };
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener('abort', request);
  }
}

/** Runs one task on each thread of a team of `threads`, as `runTeam` does. Resolves to their answers, in order. */
export async function runOnTeam<Answer, Setup extends TeamSetup>(
  pool: Pool,
  setup: Setup,
  threads: number,
  taskOf: (teamTask: TeamTask<Setup>) => Task<Answer>,
): Promise<Answer[]> {
  const team = await pool.acquire(threads);
  resetControl(setup.control);
  const liveRuns = [...pool.live];
  const tasks = Array.from({ length: threads }, (_, thread) => taskOf({ setup, live: liveRuns, thread, threads }));
  return runTeam(team, tasks, setup.control);
}

/**
 * Lets each thread build its context and touch its memory before the first span: the system provides a page when it is
 * first touched, which takes as long as some steps. With `drawsWeights`, the threads divide the
 * tensors, since orthogonal initialization takes seconds. Resolves to whether all drawn weights are finite; rejects as
 * `runSpan` does.
 */
export async function openTeam(pool: Pool, setup: RunSetup, threads: number, drawsWeights: boolean): Promise<boolean> {
  const areFinite = await runOnTeam(
    pool,
    setup,
    threads,
    (teamTask): OpeningTask => ({ kind: 'opening', ...teamTask, drawsWeights }),
  );
  return areFinite.every(Boolean);
}

/**
 * Runs one task on each thread of a team that checks in at `control`, waits until every one has settled (after a
 * failure the others may still write for 100 ms), and releases the team. After a failure, the pool starts new threads,
 * and this rejects with the first failure when the old threads have ended, including those that did not settle within
 * `settleLimitMs`.
 */
export async function runTeam<Answer>(
  team: Team,
  tasks: readonly Task<Answer>[],
  control: Int32Array,
  settleLimitMs = SETTLE_LIMIT_MS,
): Promise<Answer[]> {
  let failure: ThreadError | undefined;
  let giveUp = () => {};
  const stuck = new Promise<void>((resolve) => {
    giveUp = resolve;
  });
  let settleTimer: NodeJS.Timeout | undefined;
  const fail = (problem: string, cause?: unknown) => {
    if (failure !== undefined) return;
    failure = new ThreadError(problem, Atomics.load(control, CONTROL.steps), cause);
    abortTeam(control);
    settleTimer = setTimeout(giveUp, settleLimitMs);
  };
  const startTimer = setTimeout(() => {
    const arrivedThreads = Atomics.load(control, CONTROL.checkedIn);
    if (arrivedThreads < tasks.length)
      fail(`only ${arrivedThreads} of ${tasks.length} threads started to work within ${START_LIMIT_MS} ms`);
  }, START_LIMIT_MS);
  const running = team.run(tasks);
  for (const task of running) {
    task.catch((cause: unknown) => fail(`a worker thread failed: ${reasonOf(cause)}`, cause));
  }
  const settledTasks = await Promise.race([Promise.allSettled(running), stuck]);
  clearTimeout(startTimer);
  clearTimeout(settleTimer);
  await team.release(failure !== undefined);
  if (failure !== undefined) throw failure;
  return (settledTasks ?? []).flatMap((task) => (task.status === 'fulfilled' ? [task.value] : []));
}
