import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { claimThread, ownerOf } from './barrier.ts';
import type { TeamSetup, TeamTask } from './protocol.ts';

type Contexts = Map<string, { readonly setup: TeamSetup }>;

/** All contexts of this thread, for training and evaluation: a task of either kind frees those of all ended runs. */
const allContexts: Contexts[] = [];

/**
 * A cache of what a thread has built for current runs, by run and number in the team, since a thread may get another
 * number in the next span. Returns a function that gives the context of a task; `create` builds it for the first.
 */
export function cacheContexts<Setup extends TeamSetup, Context extends { readonly setup: Setup }>(
  create: (setup: Setup, thread: number) => Context,
): (task: TeamTask<Setup>) => Context {
  const contexts = new Map<string, { readonly setup: Setup; readonly context: Context; readonly owner: number }>();
  allContexts.push(contexts);
  return ({ setup, thread, live }) => {
    evictEndedRuns(live, setup.maxHeldBytes);
    const key = `${setup.run}/${thread}`;
    const existing = contexts.get(key);
    if (existing?.owner === ownerOf(setup.control, thread)) return existing.context;
    // Another thread has had this number since, and has written its own tapes and tables into the memory of the number.
    const owner = claimThread(setup.control, thread);
    const context = create(setup, thread);
    contexts.set(key, { setup, context, owner });
    return context;
  };
}

let evictedBytes = 0;

/**
 * Frees the contexts of ended runs and, above `maxHeldBytes`, collects garbage at once. V8 does not count shared
 * memory, so a thread without garbage would hold that of hundreds of ended runs. Collecting takes about 10 ms and also
 * discards the compiled code of the ended runs: the next run starts interpreted, which cost 80 ms on 784-512-256-10
 * with batch 256.
 */
function evictEndedRuns(liveRuns: readonly number[], maxHeldBytes: number): void {
  for (const contexts of allContexts) evictFrom(contexts, liveRuns);
  if (evictedBytes < maxHeldBytes) return;
  evictedBytes = 0;
  collectGarbage();
}

/** A separate function, since objects in the caller's registers would not be collected while it runs. */
function evictFrom(contexts: Contexts, liveRuns: readonly number[]): void {
  for (const [key, { setup }] of contexts) {
    if (liveRuns.includes(setup.run)) continue;
    contexts.delete(key);
    evictedBytes += sharedBytes(setup);
  }
}

/** A separate function for the same reason. */
const sharedBytes = ({ memory, outside }: TeamSetup): number =>
  outside.reduce((sum, { byteLength }) => sum + byteLength, memory.buffer.byteLength);

let collect: (() => void) | undefined;

/** Collects the garbage of this thread at once, in a few ms. Node has no call for this without its flag. */
export function collectGarbage(): void {
  if (collect === undefined) {
    setFlagsFromString('--expose-gc');
    collect = runInNewContext('gc') as () => void;
  }
  collect();
}
