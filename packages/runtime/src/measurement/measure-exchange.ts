import { option } from '@gradloom/core/internal';
import { allocateControl } from '../engine/threads/barrier.ts';
import { isPool, type Pool } from '../engine/threads/pool.ts';
import { runTeam } from '../engine/threads/span.ts';
import type { ExchangeTask } from './exchange.ts';
import { BARRIERS, EXCHANGE_TIMES } from './exchange.ts';

/** Cost of sharing a step between threads. */
export interface Exchange {
  readonly threads: number;
  readonly barrierMs: number; // time of one barrier if all threads arrive at once
  readonly firstReadNs: number; // time per byte to read what another thread wrote last
  readonly secondReadNs: number; // time per byte to read what the thread has just read
}

/** Numbers that each thread writes: 512 KiB, about a thread's share of the gradients of 784-128-10. A multiple of 4. */
const NUMBERS = 64 * 1024;
const ROUNDS = 50;
/** Number of restarts: on a busy machine two threads may share a core for as long as they run. */
const ATTEMPTS = 8;

/**
 * Measures barriers and reads of each other's numbers among `threads` threads of the pool, by the slowest thread of the
 * best round: in other rounds a thread has lost its core.
 */
export async function measureExchange(pool: Pool, threads: number, attemptCount = ATTEMPTS): Promise<Exchange> {
  if (!isPool(pool)) throw new Error('measureExchange: pool has another value, expected one that createPool made');
  option.positiveInteger.check('measureExchange', 'threads', threads);
  const attempts: Exchange[] = [];
  for (let k = 0; k < attemptCount; k++) attempts.push(await measureOnce(pool, threads));
  const bestAttempt = (figure: keyof Exchange): number => Math.min(...attempts.map((attempt) => attempt[figure]));
  return {
    threads,
    barrierMs: bestAttempt('barrierMs'),
    firstReadNs: bestAttempt('firstReadNs'),
    secondReadNs: bestAttempt('secondReadNs'),
  };
}

async function measureOnce(pool: Pool, threads: number): Promise<Exchange> {
  const sharedDoubles = (length: number) => new Float64Array(new SharedArrayBuffer(8 * length));
  const [numbers, sums, times] = [threads * NUMBERS, threads, ROUNDS * threads * EXCHANGE_TIMES].map(sharedDoubles);
  const control = allocateControl();
  const team = await pool.acquire(threads);
  const tasks = Array.from({ length: threads }, (_, thread): ExchangeTask => {
    return { kind: 'exchange', control, thread, threads, numbers, sums, times };
  });
  await runTeam(team, tasks, control);
  return exchangeOf(times, threads);
}

/** The best round of each measurement, timed by its slowest thread. */
export function exchangeOf(
  times: Float64Array, // [rounds, threads, EXCHANGE_TIMES]
  threads: number,
): Exchange {
  const rounds = times.length / threads / EXCHANGE_TIMES;
  const bestRound = (part: number): number => {
    const slowest = Array.from({ length: rounds }, (_, round) =>
      Math.max(...Array.from({ length: threads }, (_, t) => times[(round * threads + t) * EXCHANGE_TIMES + part])),
    );
    return Math.min(...slowest);
  };
  const [firstMs, againMs, barriersMs] = [0, 1, 2].map(bestRound);
  return {
    threads,
    barrierMs: barriersMs / BARRIERS,
    firstReadNs: (firstMs * 1e6) / (8 * NUMBERS),
    secondReadNs: (againMs * 1e6) / (8 * NUMBERS),
  };
}
