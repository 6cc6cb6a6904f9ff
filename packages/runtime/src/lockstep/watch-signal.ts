import { namesOf } from '../cluster/cluster-error.ts';
import type { RunState } from '../run/state.ts';
import { CONTROL } from '../threads/barrier.ts';

/** A rank that is no slower than this one has delivered by then. A launcher ends its processes soon after a signal. */
const PATIENCE_MS = 50;

/**
 * Watches a span from step `first` on: a signal may mean that another rank has died, for which this one then waits in
 * vain until it is ended too. Says for whom, in which step, and where a run can go on. Returns what ends the watch.
 */
export function watchSignal({ plan, lockstep, setup, keeper, emit }: RunState, first: number): () => void {
  const { cluster } = lockstep;
  const { signal, resume } = plan;
  if (cluster === null || signal === undefined) return () => {};
  let timer: NodeJS.Timeout | undefined;
  const say = (): void => {
    const ranks = cluster.awaited();
    if (ranks.length === 0) return;
    const step = first + Atomics.load(setup.control, CONTROL.steps);
    const newest = keeper?.newest()?.step ?? resume?.progress.step;
    const kept = newest === undefined ? 'there is no checkpoint' : `the newest checkpoint is that of step ${newest}`;
    const late = `${namesOf(ranks, cluster.ranks)} (${ranks.map((rank) => cluster.hosts[rank]).join(', ')})`;
    emit({ type: 'warning', message: `step ${step} waits for ${late}; ${kept}` });
  };
  const begin = (): void => {
    timer = setTimeout(say, PATIENCE_MS);
  };
  if (signal.aborted) begin();
  signal.addEventListener('abort', begin);
  return () => {
    clearTimeout(timer);
    signal.removeEventListener('abort', begin);
  };
}
