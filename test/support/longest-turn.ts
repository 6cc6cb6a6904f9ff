import { closeSync, openSync, readSync } from 'node:fs';

/**
 * The longest turn of this process's event loop while `work` goes on, in ms of the main thread's processor time where
 * that can be told.
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

/** How long `work` takes at once, in the same time. */
export function lengthAtOnce(work: () => unknown): number {
  const clock = openClock();
  const beginMs = clock.read();
  work();
  const endMs = clock.read();
  clock.close();
  return endMs - beginMs;
}

/**
 * Linux tells for how long a thread had a core: other work on the machine does not count. Elsewhere it is the clock on
 * the wall.
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
