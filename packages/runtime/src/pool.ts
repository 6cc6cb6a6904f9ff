import { availableParallelism } from 'node:os';
import { extname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { OptionError, onlyKeys, positiveInteger, show } from '@gradloom/core';
import { Piscina } from 'piscina';
import type { WorkerTask } from './protocol.ts';

/** Longest that a thread may take to start or to come to a span. */
export const START_LIMIT_MS = 60_000;

/** Worker threads that runs share: each span takes its whole team at once, first come, first served. */
export interface Pool {
  readonly threads: number;
  /** Names of the runs that go on; a thread forgets the memory of all others. */
  readonly live: Set<number>;
  /** Waits until the team is free. Release it when every task has settled. */
  acquire(team: number): Promise<Team>;
  /** Ends the threads, and resolves when all have ended. Runs that still go on fail. */
  destroy(): Promise<void>;
}

export interface Team {
  /** Starts one task on each thread of the team; each promise settles with its task. */
  run(tasks: readonly WorkerTask[]): Promise<unknown>[];
  /**
   * `broken`: a thread has failed, so the pool starts new ones and ends the old when the other teams are done. Resolves when
   * none of the team's threads works for it any more.
   */
  release(broken?: boolean): Promise<void>;
}

export interface PoolOptions {
  threads?: number; // default: all cores
  execArgv?: readonly string[]; // flags of Node for the threads, default: those of this process
  heapMiB?: number; // most that the JavaScript of a thread may take, default: as Node has it; a run's numbers lie outside
}

/** More cannot be meant: each is an engine of its own, and V8 ends the process where the system has no room for one. */
const MOST_THREADS = 512;

/** @throws Error (rejects) where `threads` is no whole number from 1 to 512, or the threads do not start within a minute. */
export async function createPool(options: PoolOptions = {}): Promise<Pool> {
  onlyKeys('createPool', options, ['threads', 'execArgv', 'heapMiB']);
  const threads = positiveInteger('createPool', 'threads', options.threads ?? availableParallelism());
  if (threads > MOST_THREADS)
    throw new OptionError('createPool', 'threads', `has ${threads}, expected at most ${MOST_THREADS}`);
  const shape: CrewShape = { ...options, threads };
  if (options.execArgv !== undefined && !isListOfTexts(options.execArgv)) {
    throw new OptionError('createPool', 'execArgv', `has ${show(options.execArgv)}, expected a list of flags of Node`);
  }
  if (options.heapMiB !== undefined) positiveInteger('createPool', 'heapMiB', options.heapMiB);
  let crew = await startCrew(shape);
  let free = threads;
  let destroyed = false;
  const leaving = new Set<Crew>(); // replaced, but with threads that still work
  const waiting: { team: number; begin: () => void; fail: (error: Error) => void }[] = [];

  /** In order of arrival, and only whole teams: two runs that each held half of the threads would wait for ever. */
  function admit(): void {
    while (waiting.length > 0 && waiting[0].team <= free) {
      free -= waiting[0].team;
      waiting.shift()?.begin();
    }
  }

  async function replaceCrew(old: Crew): Promise<void> {
    // Its tasks were settled when its threads were told to end, which is not yet when they have.
    if (destroyed) return old.stop();
    // Of two teams that fail at once, both wait for the end of the old threads, and one starts the new.
    if (crew === old) crew = openCrew(shape);
    leaving.add(old);
    await old.end();
    leaving.delete(old);
  }

  function open(team: number): Team {
    const mine = crew;
    mine.teams++;
    return {
      run: (tasks) => tasks.map((task) => mine.piscina.run(task)),
      async release(broken = false) {
        mine.teams--;
        const replaced = broken ? replaceCrew(mine) : undefined;
        if (mine.teams === 0) mine.idle();
        free += team;
        admit();
        await replaced;
      },
    };
  }

  const pool: Pool = {
    threads,
    live: new Set(),
    acquire(team) {
      if (destroyed) return Promise.reject(new Error('pool: has been destroyed, expected one in use'));
      if (team > threads) {
        return Promise.reject(
          new Error(`pool: a run has ${team} threads, expected at most ${threads} (threads of the pool)`),
        );
      }
      return new Promise<Team>((resolve, reject) => {
        waiting.push({ team, begin: () => resolve(open(team)), fail: reject });
        admit();
      });
    },
    async destroy() {
      destroyed = true;
      for (const { fail } of waiting.splice(0))
        fail(new Error('pool: was destroyed while a run waited for its threads'));
      await Promise.all([crew, ...leaving].map((one) => one.stop()));
    },
  };
  pools.add(pool);
  return pool;
}

const isListOfTexts = (value: unknown): boolean =>
  Array.isArray(value) && value.every((entry) => typeof entry === 'string');

/** Pools made here: a run needs teams that start together, which another pool does not promise. */
const pools = new WeakSet<Pool>();

export const isPool = (value: Pool): boolean => pools.has(value);

type CrewShape = PoolOptions & { readonly threads: number };

/** One Piscina and the teams that work on it. */
interface Crew {
  readonly piscina: Piscina<WorkerTask, unknown>;
  teams: number;
  idle: () => void;
  /** Ends the threads once no team works on them. */
  end(): Promise<void>;
  /** Ends the threads, and resolves when all have ended: then none writes any more. */
  stop(): Promise<void>;
}

function openCrew({ threads, execArgv, heapMiB }: CrewShape): Crew {
  const worker = new URL(`./worker${extname(import.meta.url)}`, import.meta.url);
  // Left out, Node passes this process's flags on. Named, it refuses those of V8, such as --max-old-space-size.
  const flags = execArgv === undefined ? {} : { execArgv: [...execArgv] };
  const limits = heapMiB === undefined ? {} : { resourceLimits: { maxOldGenerationSizeMb: heapMiB } };
  const piscina = new Piscina<WorkerTask, unknown>({
    filename: fileURLToPath(worker),
    minThreads: threads,
    maxThreads: threads,
    concurrentTasksPerWorker: 1,
    ...flags,
    ...limits,
    recordTiming: false,
    workerHistogram: false,
  });
  let ending: Promise<void> | undefined;
  let stopping: Promise<void> | undefined;
  const crew: Crew = {
    piscina,
    teams: 0,
    idle: () => {},
    end() {
      ending ??= idle().then(crew.stop);
      return ending;
    },
    stop() {
      stopping ??= piscina.destroy();
      return stopping;
    },
  };
  async function idle(): Promise<void> {
    if (crew.teams === 0) return;
    await new Promise<void>((resolve) => {
      crew.idle = resolve;
    });
  }
  // Without a listener, a thread that dies between tasks would end the process; the next span finds out by itself.
  piscina.on('error', () => {});
  return crew;
}

/** Threads that have started: one that cannot even load rejects here, with its reason, instead of hanging the first span. */
async function startCrew(shape: CrewShape): Promise<Crew> {
  const { threads } = shape;
  const crew = openCrew(shape);
  let timer: NodeJS.Timeout | undefined;
  const failed = new Promise<never>((_, reject) => {
    crew.piscina.on('error', reject);
    timer = setTimeout(() => {
      reject(new Error(`createPool: ${threads} threads have not started within ${START_LIMIT_MS} ms`));
    }, START_LIMIT_MS);
  });
  try {
    const pings = Array.from({ length: threads }, () => crew.piscina.run({ kind: 'ping' }));
    await Promise.race([Promise.all(pings), failed]);
    return crew;
  } catch (error) {
    await crew.piscina.destroy();
    const reason = error instanceof Error ? error.message : error;
    throw new Error(`createPool: a thread did not start (${reason}), expected ${threads} of them`, { cause: error });
  } finally {
    clearTimeout(timer);
    failed.catch(() => {});
  }
}
