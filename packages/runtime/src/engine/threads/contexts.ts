import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import type { TaskPlace, TeamSetup } from './protocol.ts';

type Contexts = Map<string, { readonly setup: TeamSetup }>;

/** All that this thread keeps: a task for a model that is evaluated makes it forget runs that have ended, too. */
const kept: Contexts[] = [];

/**
 * What a thread has built for the runs that go on, by run and place in the team: a thread may take another place in the
 * next span. Returns the one of a task, which `create` builds for the first.
 */
export function keepContexts<Setup extends TeamSetup, Context extends { readonly setup: Setup }>(
  create: (setup: Setup, thread: number) => Context,
): (place: TaskPlace<Setup>) => Context {
  const contexts = new Map<string, Context>();
  kept.push(contexts);
  return ({ setup, thread, live }) => {
    forgetAllBut(live, setup.mayHold);
    const key = `${setup.run}/${thread}`;
    const known = contexts.get(key);
    if (known !== undefined) return known;
    const context = create(setup, thread);
    contexts.set(key, context);
    return context;
  };
}

let forgottenBytes = 0;

/**
 * V8 does not count shared memory, and a thread that makes no garbage would hold that of hundreds of ended runs. To
 * collect it takes about 10 ms, and with the functions of the ended runs goes their compiled code: the next run starts
 * interpreted, which cost it 80 ms on 784-512-256-10 with batch 256.
 */
function forgetAllBut(live: readonly number[], mayHold: number): void {
  for (const contexts of kept) forgetIn(contexts, live);
  if (forgottenBytes < mayHold) return;
  forgottenBytes = 0;
  collectGarbage();
}

/** A function of its own: what V8's registers last held is not collected while the caller goes on. */
function forgetIn(contexts: Contexts, live: readonly number[]): void {
  for (const [key, { setup }] of contexts) {
    if (live.includes(setup.run)) continue;
    contexts.delete(key);
    forgottenBytes += sharedBytes(setup);
  }
}

/** Likewise. */
const sharedBytes = ({ memory, outside }: TeamSetup): number =>
  outside.reduce((sum, { byteLength }) => sum + byteLength, memory.buffer.byteLength);

let collect: (() => void) | undefined;

/** Collects the garbage of this thread at once, in a few ms. Without its flag, Node has no call for that. */
export function collectGarbage(): void {
  if (collect === undefined) {
    setFlagsFromString('--expose-gc');
    collect = runInNewContext('gc') as () => void;
  }
  collect();
}
