import { createPool, type Pool } from '@gradloom/runtime';
import { afterAll } from 'vitest';

/** A pool for the tests of a file, which is destroyed after them. */
export async function poolOfFile(threads: number): Promise<Pool> {
  const pool = await createPool({ threads });
  afterAll(() => pool.destroy());
  return pool;
}
