import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { isMainThread, parentPort, workerData } from 'node:worker_threads';
import { createRandom } from '../../packages/core/src/math/random/index.ts';
import { type FolderLock, lockFolder } from '../../packages/runtime/src/system/files/folder-lock.ts';
import { FolderInUseError } from '../../packages/runtime/src/system/files/lock-owner.ts';
import { startOf } from '../../packages/runtime/src/system/files/process-identity.ts';

/** Requests to a separate process about a folder; it answers each. */
export type LockRequest =
  | { readonly do: 'take'; readonly folder: string } // answered 'taken', or the sentence
  | { readonly do: 'release' } // answered 'released'
  /** Takes and releases the lock `times` times, and is killed at random while holding it. Answered with an Entries. */
  | { readonly do: 'enter'; readonly folder: string; readonly times: number; readonly seed: number };

export interface Entries {
  readonly entered: number;
  readonly overlaps: readonly string[]; // processes found inside at the same time
}

let lock: FolderLock | null = null;

// In a thread, it tries once.
if (!isMainThread) parentPort?.postMessage(take(workerData));

process.on('message', (request: LockRequest) => {
  if (request.do === 'take') process.send?.(take(request.folder));
  else if (request.do === 'enter') process.send?.(enter(request));
  else {
    lock?.release();
    process.send?.('released');
  }
});

function take(folder: string): string {
  try {
    lock = lockFolder('test', folder, 'test');
    return 'taken';
  } catch (error) {
    if (error instanceof FolderInUseError) return error.message;
    throw error;
  }
}

function enter({ folder, times, seed }: Extract<LockRequest, { do: 'enter' }>): Entries {
  const random = createRandom(seed, 'enter');
  const inside = join(folder, 'inside');
  const overlaps: string[] = [];
  let entered = 0;
  while (entered < times) {
    if (take(folder) !== 'taken') continue;
    entered++;
    // Only a dead process may have left this file.
    const other = existsSync(inside) ? readFileSync(inside, 'utf8') : '';
    const [pid, start] = other.split(' ');
    if (other !== '' && startOf(Number(pid)) === start) overlaps.push(other);
    writeFileSync(inside, `${process.pid} ${startOf(process.pid)}`);
    if (random.integer(8) === 0) process.kill(process.pid, 'SIGKILL');
    if (readFileSync(inside, 'utf8') !== `${process.pid} ${startOf(process.pid)}`) overlaps.push('written over');
    rmSync(inside);
    lock?.release();
  }
  return { entered, overlaps };
}
