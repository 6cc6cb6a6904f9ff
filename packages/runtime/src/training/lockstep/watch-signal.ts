import { namesOf } from '../../cluster/cluster-error.ts';
import type { RunState } from '../run/state.ts';

/** A rank that is no slower than this one has delivered by then. A launcher ends its processes soon after a signal. */
const PATIENCE_MS = 50;

/**
 * On rank 0, watches what ranks do together: a signal may mean that another one has died, for which this one then waits
 * in vain until it is ended too. Says which, and where a run can go on. What another rank said would reach rank 0 only
 * when nobody waits any more. Returns what ends the watch, and throws what a listener of the warning has thrown.
 */
export function watchSignal({ plan, lockstep, progress, keeper, emit }: RunState): () => void {
  const { cluster } = lockstep;
  const { signal, resume } = plan;
  if (cluster === null || !lockstep.isFirst || signal === undefined) return () => {};
  let timer: NodeJS.Timeout | undefined;
  let thrown: { readonly error: unknown } | null = null;
  const say = (ranks: readonly number[], what: (ranks: string) => string): void => {
    const names = `${namesOf(ranks, cluster.ranks)} (${ranks.map((rank) => cluster.hosts[rank]).join(', ')})`;
    const newest = keeper?.newest();
    const at = newest?.step ?? resume?.progress.step;
    const place = newest === undefined ? '' : `, ${newest.path}`;
    const kept = at === undefined ? 'there is no checkpoint' : `the newest checkpoint is that of step ${at}${place}`;
    try {
      emit({ type: 'warning', message: `${what(names)}; ${kept}` });
    } catch (error) {
      thrown = { error }; // out of a timer it would end the process
    }
  };
  const begin = (): void => {
    const dead = cluster.dead();
    if (dead.length > 0) say(dead, (ranks) => `${ranks} died after step ${progress.step}`);
    else timer = setTimeout(sayAwaited, PATIENCE_MS);
  };
  const sayAwaited = (): void => {
    const ranks = cluster.awaited();
    if (ranks.length > 0) say(ranks, (ranks) => `after step ${progress.step} the run waits for ${ranks}`);
  };
  if (signal.aborted) begin();
  signal.addEventListener('abort', begin);
  return () => {
    clearTimeout(timer);
    signal.removeEventListener('abort', begin);
    if (thrown !== null) throw thrown.error;
  };
}
