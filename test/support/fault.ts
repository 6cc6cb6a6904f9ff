import { closeSync, openSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { isMainThread, threadId } from 'node:worker_threads';
import { CONTROL } from '../../packages/runtime/src/engine/threads/barrier.ts';

/** How a thread should fail. */
export interface PlannedFault {
  kind: 'throw' | 'exit' | 'memory' | 'kill'; // 'kill' ends the whole process by SIGKILL
  rank?: number; // on ranks: the rank whose threads may fail, default any
  at?: 'count' | 'checkedIn'; // counts arrivals at a barrier (default) or starts of a task
  arrivals: number; // number of the arrival that fails, counted in each thread
  again?: number; // number of the arrival that fails in threads started after the first failure, default as before
  times: number; // number of failures over all threads
  marks: string; // an otherwise empty folder in which failures are counted
}

/**
 * Loaded into the threads of a pool by `--require` or `--import`: makes a thread fail in the middle of a task.
 * GRADLOOM_TEST_FAULT is a PlannedFault in JSON.
 */
const { kind, rank, at = 'count', arrivals = 0, again = arrivals, times = 0, marks = '' } = planned();
const { OMPI_COMM_WORLD_RANK, PMI_RANK, PMIX_RANK } = process.env;
const isOfRank = rank === undefined || String(rank) === (OMPI_COMM_WORLD_RANK ?? PMI_RANK ?? PMIX_RANK);
const add = Atomics.add;
let left = arrivals > 0 && readdirSync(marks).length > 0 ? again : arrivals;

if (!isMainThread && isOfRank && arrivals > 0 && threadId % 2 === 0) {
  Atomics.add = ((array: Int32Array, index: number, value: number) => {
    if (index === CONTROL[at] && --left === 0 && isWanted()) fail();
    return add(array, index, value);
  }) as typeof Atomics.add;
}

function planned(): Partial<PlannedFault> {
  return JSON.parse(process.env.GRADLOOM_TEST_FAULT ?? '{}');
}

/** The file system is the only counter that threads share. */
function isWanted(): boolean {
  for (let n = 0; n < times; n++) {
    try {
      closeSync(openSync(join(marks, `fault-${n}`), 'wx'));
      return true;
    } catch {
      // An earlier failure has taken this number.
    }
  }
  return false;
}

function fail(): void {
  if (kind === 'throw') throw new Error('injected fault');
  if (kind === 'exit') process.exit(7);
  if (kind === 'kill') process.kill(process.pid, 'SIGKILL');
  const held: number[][] = [];
  for (;;) held.push(new Array(100_000).fill(0.5));
}
