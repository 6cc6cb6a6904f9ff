import { closeSync, openSync, readSync } from 'node:fs';

/**
 * The longest turn of the event loop of this process during `work`, in ms of processor time of the main thread if that
 * is known.
 */
export async function longestTurn(work: () => Promise<unknown>): Promise<number> {
  const clock = openClock();
  let longest = 0;
  let beforeMs = clock.read();
  const look = (): void => {
    const nowMs = clock.read();
    longest = Math.max(longest, nowMs - beforeMs);
    beforeMs = nowMs;
  };
  let next: NodeJS.Immediate | undefined;
  const goOn = (): void => {
    look();
    next = setImmediate(goOn);
  };
  goOn();
  try {
    await work();
    look();
    return longest;
  } finally {
    clearImmediate(next);
    clock.close();
  }
}

/** Time of `work` without pauses, measured in the same way. */
export function lengthAtOnce(work: () => unknown): number {
  const clock = openClock();
  const beginMs = clock.read();
  work();
  const endMs = clock.read();
  clock.close();
  return endMs - beginMs;
}

/**
 * Linux reports how long a thread had a core, which excludes other work on the machine. Elsewhere it is wall-clock
 * time.
 */
function openClock(): { read(): number; close(): void } {
  if (process.platform !== 'linux') return { read: () => performance.now(), close() {} };
  const file = openSync('/proc/self/schedstat', 'r');
  const bytes = Buffer.alloc(64);
  return {
    read() {
      const length = readSync(file, bytes, 0, bytes.length, 0);
      return Number(bytes.toString('latin1', 0, length).split(' ')[0]) / 1e6;
    },
    close: () => closeSync(file),
  };
}
