import type { Job, JobEnd } from './start-job.ts';

type Name = 'SIGHUP' | 'SIGINT' | 'SIGTERM';
const names: readonly Name[] = ['SIGHUP', 'SIGINT', 'SIGTERM'];

/** Signals go to the launcher, which ends the ranks: this process ends after it, so that none is left behind. */
export interface Signals {
  /** The first that came. */
  readonly received: Name | null;
  /** Waits for a job, to which signals go meanwhile. */
  forwardTo(job: Job): Promise<JobEnd>;
  release(): void;
}

export function createSignals(): Signals {
  let received: Name | null = null;
  let job: Job | null = null;
  const listeners = names.map((name) => {
    const listener = (): void => {
      received ??= name;
      job?.child.kill(name);
    };
    process.on(name, listener);
    return [name, listener] as const;
  });
  return {
    get received() {
      return received;
    },
    async forwardTo(next) {
      job = next;
      return next.ended;
    },
    release() {
      for (const [name, listener] of listeners) process.removeListener(name, listener);
    },
  };
}
