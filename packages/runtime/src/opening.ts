import { viewOf } from '@gradloom/core';
import { CONTROL } from './barrier.ts';
import type { RunContext } from './context.ts';
import type { Pool } from './pool.ts';
import type { OpeningTask, RunSetup } from './protocol.ts';
import { runOnTeam } from './span.ts';

const PAGE = 4096;

/**
 * Has each thread build its context and touch the memory that it will write, before the first span: the system gives a page when it
 * is first touched, which takes as long as some steps, and belongs to none. Rejects as `runSpan` does.
 */
export const openTeam = (pool: Pool, setup: RunSetup, threads: number): Promise<undefined[]> =>
  runOnTeam(pool, setup, threads, (place) => ({ kind: 'opening', ...place }));

/** A thread's part of it. What stands in the memory stays. */
export function openThread({ arena, setup, pairUpdate }: RunContext, { thread, threads }: OpeningTask): void {
  Atomics.add(setup.control, CONTROL.checkedIn, 1);
  // Shards that are taken two at a time fill half of the rows.
  const rows = pairUpdate === null ? arena.gSum : viewOf(arena.gSum, 0, arena.gSum.length / 2);
  for (const array of [rows, ...arena.state]) {
    const share = (t: number): number => Math.floor((t * array.length) / threads);
    touch(viewOf(array, share(thread), share(thread + 1) - share(thread)));
  }
  touch(arena.scratch[thread]);
}

/** As bytes: a double that is read and written can change, where it is NaN. */
function touch({ buffer, byteOffset, byteLength }: Float64Array): void {
  const bytes = new Uint8Array(buffer, byteOffset, byteLength);
  for (let i = 0; i < byteLength; i += PAGE) bytes[i] |= 0;
}
