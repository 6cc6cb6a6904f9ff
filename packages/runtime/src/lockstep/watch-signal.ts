import { namesOf } from '../cluster/cluster-error.ts';
import type { RunState } from '../run/state.ts';
import { CONTROL } from '../threads/barrier.ts';

/** A rank that is no slower than this one has delivered by then. A launcher ends its processes soon after a signal. */
const PATIENCE_MS = 50;

/**
 * Watches a span from step `first` on: a signal may mean that another rank has died, for which this one then waits in
 * vain until it is ended too. Says which, in which step, and where a run can go on. Returns what ends the watch, and
 * throws what a listener of the warning has thrown.
 */
export function watchSignal({ plan, lockstep, setup, keeper, emit }: RunState, first: number): () => void {
  const { cluster } = lockstep;
  const { signal, resume } = plan;
  if (cluster === null || signal === undefined) return () => {};
  let timer: NodeJS.Timeout | undefined;
  let thrown: { readonly error: unknown } | null = null;
  const say = (ranks: readonly number[], what: (ranks: string, step: number) => string): void => {
    const names = `${namesOf(ranks, cluster.ranks)} (${ranks.map((rank) => cluster.hosts[rank]).join(', ')})`;
    const newest = keeper?.newest();
    const at = newest?.step ?? resume?.progress.step;
    const place = newest === undefined ? '' : `, ${newest.path}`;
    const kept = at === undefined ? 'there is no checkpoint' : `the newest checkpoint is that of step ${at}${place}`;
    const message = `${what(names, first + Atomics.load(setup.control, CONTROL.steps))}; ${kept}`;
    try {
      emit({ type: 'warning', message });
    } catch (error) {
      thrown = { error }; // out of a timer it would end the process
    }
  };
  const begin = (): void => {
    const dead = cluster.dead();
    if (dead.length > 0) say(dead, (ranks, step) => `${ranks} died in step ${step}`);
    else timer = setTimeout(sayAwaited, PATIENCE_MS);
  };
  const sayAwaited = (): void => {
    const ranks = cluster.awaited();
    if (ranks.length > 0) say(ranks, (ranks, step) => `step ${step} waits for ${ranks}`);
  };
  if (signal.aborted) begin();
  signal.addEventListener('abort', begin);
  return () => {
    clearTimeout(timer);
    signal.removeEventListener('abort', begin);
    if (thrown !== null) throw thrown.error;
  };
}
