import { setImmediate } from 'node:timers/promises';
import type { Worker } from 'node:worker_threads';
import { createPool, type Pool } from '@gradloom/runtime';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { allocateControl } from '../../../packages/runtime/src/engine/threads/barrier.ts';
import { runTeam } from '../../../packages/runtime/src/engine/threads/span.ts';
import type { TriadTask } from '../../../packages/runtime/src/measurement/triad.ts';
import { SIGN_OF_LIFE } from '../../support/linger.ts';
import { programUrl } from '../../support/program-file.ts';

const linger = programUrl('linger');
const doubles = (length: number) => new Float64Array(new SharedArrayBuffer(length * 8));
const control = allocateControl();

function tasksOf(threads: number): TriadTask[] {
  const [arrays, times] = [doubles(6), doubles(threads)];
  return Array.from({ length: threads }, (_, thread) => ({ kind: 'triad', control, thread, threads, arrays, times }));
}

describe('a thread that does not come back', () => {
  let pool: Pool;
  const workers: Worker[] = [];
  const note = (worker: Worker) => void workers.push(worker);
  beforeEach(async () => {
    control.fill(0);
    process.on('worker', note);
    pool = await createPool({ threads: 2, execArgv: [...process.execArgv, '--import', linger] });
    process.off('worker', note);
  });
  afterEach(async () => {
    await pool.destroy();
    workers.length = 0;
  });

  /**
   * Resolves when the team's first thread is in its endless loop. `atEnd` are the ids of the threads when the team
   * ends: -1 of those that have.
   */
  async function begin(threads: number): Promise<{ atEnd: Promise<{ ids: number[]; reason: string }> }> {
    const team = await pool.acquire(threads);
    const atEnd = runTeam(team, tasksOf(threads), control, 300).then(
      () => ({ ids: [], reason: 'none' }),
      (error: Error) => ({ ids: workers.map(({ threadId }) => threadId), reason: error.message }),
    );
    while (Atomics.load(control, SIGN_OF_LIFE) === 0) await setImmediate();
    return { atEnd };
  }

  test('when another of its team has failed, has ended before anybody hears of the failure', async () => {
    const { atEnd } = await begin(2);
    expect(await atEnd).toEqual({ ids: [-1, -1], reason: 'pool: a worker thread failed: injected fault' });
  });

  test('when its pool is destroyed, has ended before anybody hears of it', async () => {
    const { atEnd } = await begin(1);
    const destroyed = pool.destroy();
    expect(await atEnd).toEqual({ ids: [-1, -1], reason: expect.stringContaining('Terminating worker thread') });
    await destroyed;
  });
});

test('a task that cannot be sent ends its team, and frees its threads for the next', async () => {
  const pool = await createPool({ threads: 2 });
  const timers = () => process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length;
  const before = timers();
  control.fill(0);
  const team = await pool.acquire(2);
  const [first, second] = tasksOf(2);
  const odd = { ...second, setup: { run: 1, sum: () => 0 } };
  await expect(runTeam(team, [first, odd], control)).rejects.toThrow('could not be cloned');
  const next = await pool.acquire(2);
  expect(timers()).toBe(before);
  await Promise.all(next.run(tasksOf(2)));
  await next.release();
  await pool.close();
});
