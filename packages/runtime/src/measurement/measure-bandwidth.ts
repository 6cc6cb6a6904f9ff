import { option, viewOf } from '@gradloom/core/internal';
import { allocateControl } from '../engine/threads/barrier.ts';
import { isPool, type Pool } from '../engine/threads/pool.ts';
import { runTeam } from '../engine/threads/span.ts';
import type { TriadTask } from './triad.ts';

/** Numbers in each of the three arrays over all threads: 96 MiB together, far more than caches hold. */
const LENGTH = 4 * 1024 ** 2;

/** Measured passes over the arrays, after one that touches their pages. */
const PASSES = 8;

/**
 * Memory bandwidth in 10⁹ bytes per second of `threads` threads of the pool together, for a[i] = b[i] + s · c[i]: two
 * reads and a write of 8 bytes ([McCalpin 1995](https://www.cs.virginia.edu/stream/), triad). The best pass counts,
 * timed by its slowest thread.
 */
export async function measureBandwidth(pool: Pool, threads: number): Promise<number> {
  if (!isPool(pool)) throw new Error('measureBandwidth: pool has another value, expected one that createPool made');
  option.positiveInteger.check('measureBandwidth', 'threads', threads);
  const arrays = new Float64Array(new SharedArrayBuffer(3 * LENGTH * 8));
  const times = new Float64Array(new SharedArrayBuffer(PASSES * threads * 8));
  const control = allocateControl();
  const team = await pool.acquire(threads);
  const tasks = Array.from({ length: threads }, (_, thread): TriadTask => {
    return { kind: 'triad', control, thread, threads, arrays, times };
  });
  await runTeam(team, tasks, control);
  const passMs = Array.from({ length: PASSES }, (_, pass) => Math.max(...viewOf(times, pass * threads, threads)));
  return (24 * LENGTH) / Math.min(...passMs) / 1e6;
}
