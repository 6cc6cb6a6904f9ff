import type { Worker } from 'node:worker_threads';
import { reasonOf } from '@gradloom/core/internal';
import type { Piscina } from 'piscina';
import { fileBeside, loadInstalled } from '../../system/installed.ts';
import { lackOfAddressSpace, threadLimits } from '../../system/memory/limits.ts';
import { allocateCodePages, type CodePages, freeCodePages } from '../backends/native/code-pages.ts';
import { type Message, toMessage } from './messages.ts';
import type { PingTask } from './protocol.ts';

/** Longest time for a thread to start, or to begin a span. */
export const START_LIMIT_MS = 60_000;

export interface WorkerGroupShape {
  readonly threads: number;
  readonly execArgv?: readonly string[]; // Node flags, default: those of this process
  readonly heapMiB?: number; // JavaScript heap limit of a thread
}

/** One Piscina pool and the number of teams that use it. */
export interface WorkerGroup {
  readonly piscina: Piscina<Message, unknown>;
  teams: number;
  onIdle: () => void; // called when no team uses the group any more
  /** Ends the threads when no team uses them any more. */
  end(): Promise<void>;
  /** Ends the threads at once and frees their machine code; resolves when all have ended. */
  stop(): Promise<void>;
}

/** Young generation of a thread: steps allocate almost nothing, and V8's default of 48 MiB would fill with garbage. */
const YOUNG_MIB = 8;

/** Starts all threads of a group. @throws Error (rejects) if the system lacks room; then none is left running. */
async function openWorkerGroup(shape: WorkerGroupShape): Promise<WorkerGroup> {
  refuseWithoutRoom(shape.threads);
  // Loaded here, not imported: Piscina finds its own worker file by its path, which a bundler would change, and
  // prediction does not need it.
  const { Piscina } = loadInstalled('piscina') as typeof import('piscina');
  const codePages = allocateCodePages(shape.threads);
  const options = { ...piscinaOptions(shape), workerData: { codePages } };
  const startedThreads: Worker[] = [];
  const recordThread = (thread: Worker) => void startedThreads.push(thread);
  // Node reports a thread one tick after its start, and ticks run in order: between these two it reports ours alone.
  process.nextTick(() => process.on('worker', recordThread));
  let group: WorkerGroup | undefined;
  let refusal: unknown;
  try {
    group = workerGroupOf(new Piscina<Message, unknown>(options), codePages);
  } catch (error) {
    refusal = error;
  }
  await new Promise<void>((resolve) => {
    process.nextTick(() => {
      process.off('worker', recordThread);
      resolve();
    });
  });
  if (group !== undefined) return group;
  // If Piscina's constructor throws, the instance is lost; its threads are ended here, and its listeners are removed so
  // that it starts no others.
  for (const thread of startedThreads) thread.removeAllListeners().on('error', () => {});
  await Promise.all(startedThreads.map((thread) => thread.terminate()));
  throw new Error(`createPool: ${startFailure(refusal, startedThreads.length, shape.threads)}`, { cause: refusal });
}

/** Opens a group and waits until its threads have started: a thread that cannot load would hang the first span. */
export async function startWorkerGroup(shape: WorkerGroupShape): Promise<WorkerGroup> {
  const { threads } = shape;
  const group = await openWorkerGroup(shape);
  let timer: NodeJS.Timeout | undefined;
  const failure = new Promise<never>((_, reject) => {
    group.piscina.on('error', reject);
    timer = setTimeout(() => {
      reject(new Error(`createPool: ${threads} threads have not started within ${START_LIMIT_MS} ms`));
    }, START_LIMIT_MS);
  });
  try {
    const pings = Array.from({ length: threads }, () =>
      group.piscina.run(toMessage({ kind: 'ping' } satisfies PingTask)),
    );
    await Promise.race([Promise.all(pings), failure]);
    return group;
  } catch (error) {
    await group.stop();
    const problem = `a thread did not start (${reasonOf(error)}), expected all ${threads} to start`;
    throw new Error(`createPool: ${problem}`, { cause: error });
  } finally {
    clearTimeout(timer);
    failure.catch(() => {});
  }
}

/** Address space that V8 and the C library reserve per thread: 650 to 790 MiB were observed. */
const THREAD_RESERVES = 800 * 1024 ** 2;

/** Refuses to start without room for the heap of each thread: V8 would end the whole process. */
function refuseWithoutRoom(threads: number): void {
  const lack = lackOfAddressSpace(threads * THREAD_RESERVES);
  if (lack === null) return;
  const owner = threads === 1 ? 'a thread' : `${threads} threads`;
  throw new Error(`createPool: ${lack}, which V8 may reserve for ${owner} (take fewer, or raise the limit)`);
}

function startFailure(refusal: unknown, startedCount: number, threads: number): string {
  const message = reasonOf(refusal);
  if (message !== 'EAGAIN') return `a thread did not start (${message}), expected all ${threads} to start`;
  const limits = threadLimits();
  const raise = limits === '' ? 'what limits the threads of this process' : `the limit (${limits})`;
  return `threads has ${threads}, expected at most ${startedCount} (the system refused the next one with EAGAIN; take fewer, or raise ${raise})`;
}

function piscinaOptions({ threads, execArgv, heapMiB }: WorkerGroupShape) {
  // By default, threads get the flags of this process. Node refuses V8 flags in execArgv, such as --max-old-space-size.
  const flags = execArgv === undefined ? {} : { execArgv: [...execArgv] };
  const oldSpace = heapMiB === undefined ? {} : { maxOldGenerationSizeMb: heapMiB };
  return {
    filename: fileBeside('worker'),
    minThreads: threads,
    maxThreads: threads,
    concurrentTasksPerWorker: 1,
    ...flags,
    resourceLimits: { maxYoungGenerationSizeMb: YOUNG_MIB, ...oldSpace },
    recordTiming: false,
    workerHistogram: false,
  };
}

function workerGroupOf(piscina: Piscina<Message, unknown>, codePages: CodePages): WorkerGroup {
  let ending: Promise<void> | undefined;
  let stopping: Promise<void> | undefined;
  const group: WorkerGroup = {
    piscina,
    teams: 0,
    onIdle: () => {},
    end() {
      ending ??= untilIdle().then(group.stop);
      return ending;
    },
    stop() {
      stopping ??= piscina.destroy().then(() => freeCodePages(codePages));
      return stopping;
    },
  };
  async function untilIdle(): Promise<void> {
    if (group.teams === 0) return;
    await new Promise<void>((resolve) => {
      group.onIdle = resolve;
    });
  }
  // Without a listener, a thread that dies between tasks would end the process; the next span notices it anyway.
  piscina.on('error', () => {});
  return group;
}
