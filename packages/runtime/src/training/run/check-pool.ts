import { OptionError } from '@gradloom/core';
import { record } from '@gradloom/core/internal';
import { isPool, type Pool } from '../../engine/threads/pool.ts';

/** @throws OptionError for a pool that `createPool` did not make, or that has fewer threads than were asked for. */
export function checkPool(pool: Pool | undefined, threads: number): void {
  if (pool === undefined) return;
  if (!isPool(pool)) {
    record('train', 'pool', pool, 'one that createPool made');
    throw new OptionError('train', 'pool', 'has an object of another kind, expected one that createPool made');
  }
  if (threads > pool.threads) {
    const problem = `has ${threads}, expected at most ${pool.threads} (threads of the pool)`;
    throw new OptionError('train', 'threads', problem);
  }
}
