import { availableParallelism } from 'node:os';
import { OptionError } from '@gradloom/core';
import { checkKeys, option, show } from '@gradloom/core/internal';
import { MAX_THREADS } from './barrier.ts';
import { toMessage } from './messages.ts';
import type { Task } from './protocol.ts';
import { startWorkerGroup, type WorkerGroup, type WorkerGroupShape } from './worker-group.ts';

/**
 * Worker threads that runs share: `train(spec, data, { pool })`. A run uses its whole team of threads at once; runs
 * that need the same threads take turns, first come, first served. Create it with `createPool`, and end it with
 * `close`.
 */
export interface Pool {
  /** Number of threads: the maximum for a run. */
  readonly threads: number;
  /** Refuses new runs, waits for the current ones, and ends the threads. Closing a pool again has no effect. */
  close(): Promise<void>;
  /** Ends the threads at once, and resolves when all have ended. Current runs fail. */
  destroy(): Promise<void>;
  /** Current runs; threads free the memory of all others. @internal */
  readonly live: Set<number>;
  /**
   * Makes `close` wait until the returned function is called: for the whole call of `train`, which begins long before
   * its first span. @throws Error if the pool is already closing.
   * @internal
   */
  hold(): () => void;
  /** Waits until so many threads are free. Release it when every task has settled. @internal */
  acquire(threads: number): Promise<Team>;
}

export interface Team {
  /** Starts one task on each thread of the team; each promise settles with its task. */
  run<Answer>(tasks: readonly Task<Answer>[]): Promise<Answer>[];
  /**
   * `broken`: a thread has failed, so the pool starts new threads and ends the old ones when the other teams are done.
   * Resolves when no thread works for this team any more.
   */
  release(broken?: boolean): Promise<void>;
}

/** Options of `createPool`. */
export interface PoolOptions {
  /** Number of threads, at most 512. @default all cores */
  threads?: number;
  /** Node flags of the threads. @default those of this process */
  execArgv?: readonly string[];
  /** JavaScript heap limit of a thread in MiB. The numbers of a run are not part of it. @default Node's limit */
  heapMiB?: number;
}

/**
 * Starts a pool of threads.
 * @throws Error (rejects) if `threads` is not a whole number from 1 to 512, if the system has no room for so many, or
 * if they do not start within a minute.
 */
export async function createPool(options: PoolOptions = {}): Promise<Pool> {
  checkKeys('createPool', options, ['threads', 'execArgv', 'heapMiB']);
  const threads = option.positiveInteger.check('createPool', 'threads', options.threads ?? availableParallelism());
  if (threads > MAX_THREADS)
    throw new OptionError('createPool', 'threads', `has ${threads}, expected at most ${MAX_THREADS}`);
  const shape: WorkerGroupShape = { ...options, threads };
  if (options.execArgv !== undefined && !isListOfTexts(options.execArgv)) {
    throw new OptionError('createPool', 'execArgv', `has ${show(options.execArgv)}, expected a list of flags of Node`);
  }
  if (options.heapMiB !== undefined) option.positiveInteger.check('createPool', 'heapMiB', options.heapMiB);
  let workers: WorkerGroup | null = await startWorkerGroup(shape);
  let opening: Promise<WorkerGroup> | undefined; // the next group of workers, while it starts
  let freeThreads = threads;
  let isDestroyed = false;
  let closing: Promise<void> | undefined;
  let holds = 0; // number of runs that hold the pool
  let onLastRelease: (() => void) | undefined; // called when the pool closes and no run holds it any more
  const retiredGroups = new Set<WorkerGroup>(); // replaced groups with threads that still work
  const queue: { teamSize: number; begin: () => void; fail: (error: Error) => void }[] = [];

  /** Teams are served in order and as a whole: two runs that each held half of the threads would deadlock. */
  function admit(): void {
    while (queue.length > 0 && queue[0].teamSize <= freeThreads) {
      freeThreads -= queue[0].teamSize;
      queue.shift()?.begin();
    }
  }

  async function replaceWorkers(oldWorkers: WorkerGroup): Promise<void> {
    // `end` would wait for tasks, which `destroy` has ended.
    if (isDestroyed) return oldWorkers.stop();
    if (workers === oldWorkers) workers = null;
    retiredGroups.add(oldWorkers);
    await oldWorkers.end();
    retiredGroups.delete(oldWorkers);
  }

  /** Replaces a failed group of workers: all teams that need a new one wait for the same. */
  async function nextWorkers(): Promise<WorkerGroup> {
    opening ??= startWorkerGroup(shape);
    try {
      workers = await opening;
    } finally {
      opening = undefined;
    }
    if (isDestroyed) throw new Error('pool: was destroyed while a run waited for its threads');
    return workers;
  }

  async function openTeam(teamSize: number): Promise<Team> {
    let teamWorkers: WorkerGroup;
    try {
      teamWorkers = workers ?? (await nextWorkers());
    } catch (error) {
      freeThreads += teamSize;
      admit();
      throw error;
    }
    teamWorkers.teams++;
    return {
      // The cast: a thread's answer has the type that the task declares. A message that cannot be made is a task that
      // fails: the others have started, and wait for it.
      run: <Answer>(tasks: readonly Task<Answer>[]) =>
        tasks.map(async (task) => (await teamWorkers.piscina.run(toMessage(task))) as Answer),
      async release(isBroken = false) {
        teamWorkers.teams--;
        const replacement = isBroken ? replaceWorkers(teamWorkers) : undefined;
        if (teamWorkers.teams === 0) teamWorkers.onIdle();
        freeThreads += teamSize;
        admit();
        await replacement;
      },
    };
  }

  async function closeWhenReleased(): Promise<void> {
    if (holds > 0) {
      await new Promise<void>((resolve) => {
        onLastRelease = resolve;
      });
    }
    await pool.destroy();
  }

  const pool: Pool = {
    threads,
    live: new Set(),
    hold() {
      if (isDestroyed) throw new Error('pool: has been destroyed, expected an open one');
      if (closing !== undefined)
        throw new Error('pool: has been closed, expected an open one (close it after the last run)');
      holds++;
      return () => {
        holds--;
        if (holds === 0) onLastRelease?.();
      };
    },
    acquire(teamSize) {
      if (isDestroyed) return Promise.reject(new Error('pool: has been destroyed, expected an open one'));
      if (teamSize > threads) {
        return Promise.reject(
          new Error(`pool: a run has ${teamSize} threads, expected at most ${threads} (threads of the pool)`),
        );
      }
      return new Promise<Team>((resolve, reject) => {
        queue.push({ teamSize, begin: () => resolve(openTeam(teamSize)), fail: reject });
        admit();
      });
    },
    close() {
      closing ??= closeWhenReleased();
      return closing;
    },
    async destroy() {
      isDestroyed = true;
      onLastRelease?.();
      for (const { fail } of queue.splice(0)) fail(new Error('pool: was destroyed while a run waited for its threads'));
      await opening?.catch(() => {});
      await Promise.all([workers, ...retiredGroups].map((group) => group?.stop()));
    },
  };
  pools.add(pool);
  return pool;
}

const isListOfTexts = (value: unknown): boolean =>
  Array.isArray(value) && value.every((entry) => typeof entry === 'string');

/** Pools created by this module: a run needs teams that start together, which other pools do not guarantee. */
const pools = new WeakSet<Pool>();

export const isPool = (value: unknown): value is Pool => pools.has(value as Pool);
