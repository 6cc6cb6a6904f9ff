import { availableParallelism } from 'node:os';
import {
  areDone,
  type CallRows,
  type OutputsTask,
  offerChunks,
  type SharedRows,
} from '../engine/evaluation/answer-chunks.ts';
import { CONTROL, MAX_THREADS, release, resetControl } from '../engine/threads/barrier.ts';
import { createPool, type Pool } from '../engine/threads/pool.ts';
import type { BadRow, InferenceSetup } from '../engine/threads/protocol.ts';
import { runTeam } from '../engine/threads/span.ts';

/**
 * Time that threads wait for the next call of their model before another model's task, or none, is theirs. A process
 * ends that much later. Between calls that are further apart they sleep anyway, and to wake takes longer than a task.
 */
export const LINGER_MS = 10;

/** Time that the calling thread waits, without a turn of the event loop, for the chunks that others compute. */
const WAIT_MS = 1;

/** The threads with which all models of this process answer, and the runs of models that have used them. */
let sharedPool: { pool: Promise<Pool>; readonly threads: number } | null = null;
const runs = new Set<number>();

/** Lets the shared threads hold the memory of `run`, until `forget` or until no one refers to `model` any more. */
export function remember(model: object, run: number): void {
  runs.add(run);
  collectedRuns.register(model, run);
}

const collectedRuns = new FinalizationRegistry((run: number) => void forget(run));

/** Lets the threads free the memory of a model. The last one ends the threads. */
export async function forget(run: number): Promise<void> {
  runs.delete(run);
  const pool = await sharedPool?.pool.catch(() => undefined);
  pool?.live.delete(run);
  if (runs.size > 0) return;
  sharedPool = null;
  await pool?.close();
}

export const cores = (): number => Math.min(availableParallelism(), MAX_THREADS);

/** A pool of at least `threads` threads, held until `letClose`. More threads than there are replace the old ones. */
async function holdPool(threads: number): Promise<[pool: Pool, letClose: () => void]> {
  if (sharedPool === null || sharedPool.threads < threads) {
    const oldPool = sharedPool;
    const newPool = { pool: createPool({ threads }), threads };
    sharedPool = newPool;
    newPool.pool.catch(() => {
      if (sharedPool === newPool) sharedPool = null;
    });
    void oldPool?.pool.then((pool) => pool.close()).catch(() => {});
  }
  const pool = await sharedPool.pool;
  for (const run of runs) pool.live.add(run);
  return [pool, pool.hold()]; // at once: a call that needs more threads closes it
}

/** Threads that compute the outputs of one model, call after call. */
interface AnsweringTeam extends SharedRows {
  readonly others: number;
  /** Settles when all have left, with the rows that a layer has refused. */
  readonly left: Promise<(BadRow | undefined)[]>;
  /** Begins the next call. */
  begin(call: CallRows): void;
  /** Lets the threads leave once no chunk is left. */
  leave(): void;
}

/** The team that waits for the next call of its model. */
let lingering: AnsweringTeam | null = null;

/** Number of teams that wait for threads: then no other team lingers. */
let waiting = 0;

/** The last team of each model: the next one has the same memory. */
const lastTeams = new WeakMap<InferenceSetup, AnsweringTeam>();

/**
 * Computes the outputs of a call by `others` threads and by `help` in this thread, which takes chunks too; without
 * `help` this thread is free meanwhile. Calls of one model take turns. Resolves to the rows that a layer has refused.
 * @throws ThreadError (rejects) for a thread that fails.
 */
export async function answerTogether(
  setup: InferenceSetup,
  others: number,
  rows: SharedRows,
  call: CallRows,
  help?: () => BadRow | undefined,
): Promise<(BadRow | undefined)[]> {
  const { control } = setup;
  // Threads without help are asked to leave at once, and one that still ends the call before would do so.
  let team = help === undefined ? null : lingering;
  if (team?.x === rows.x && team.lengths === rows.lengths && team.others === others) team.begin(call);
  else team = await openTeam(setup, others, rows, call);
  let lingers = false;
  let badHere: BadRow | undefined;
  try {
    badHere = help?.();
    lingers = help !== undefined && areSoonDone(control) && waiting === 0;
  } finally {
    if (!lingers) {
      team.leave();
      await team.left.catch(() => {}); // even if `help` fails: the others still use the memory
    }
  }
  if (!lingers) return [badHere, ...(await team.left)];
  lingering = team;
  return [badHere];
}

/** Opens a team whose threads begin with a call. */
async function openTeam(
  setup: InferenceSetup,
  others: number,
  rows: SharedRows,
  call: CallRows,
): Promise<AnsweringTeam> {
  const { control } = setup;
  lingering?.leave();
  await lastTeams.get(setup)?.left.catch(() => {});
  const [pool, letClose] = await holdPool(Math.max(others, cores()));
  waiting++;
  const acquiredTeam = pool.acquire(others).finally(() => waiting--);
  acquiredTeam.catch(letClose);
  const threads = await acquiredTeam;
  resetControl(control);
  offerChunks(control, call);
  const liveRuns = [...pool.live];
  const tasks = Array.from({ length: others }, (_, thread): OutputsTask => {
    return { kind: 'outputs', setup, live: liveRuns, thread, threads: others, ...rows };
  });
  const wake = () => release(control, Atomics.load(control, CONTROL.generation));
  const team: AnsweringTeam = {
    ...rows,
    others,
    left: runTeam(threads, tasks, control).finally(() => {
      stopLingering();
      letClose();
    }),
    begin(next) {
      timer.refresh();
      offerChunks(control, next);
      wake();
    },
    leave() {
      stopLingering();
      Atomics.store(control, CONTROL.request, 1);
      wake();
    },
  };
  team.left.catch(() => {}); // a thread that dies between calls fails none
  const timer = setTimeout(team.leave, LINGER_MS).unref();
  const stopLingering = () => {
    clearTimeout(timer);
    if (lingering === team) lingering = null;
  };
  lastTeams.set(setup, team);
  return team;
}

/** Waits a moment until all rows of a call are done. Returns false if they are not, or a thread has refused one. */
function areSoonDone(control: Int32Array): boolean {
  const endMs = performance.now() + WAIT_MS;
  while (!areDone(control)) if (performance.now() > endMs) return false;
  return Atomics.load(control, CONTROL.request) === 0;
}
