import type { Worker } from 'node:worker_threads';
import { createPool, dense, type Pool, sequential, syntheticDatasets, tanh, train } from '@gradloom/runtime';
import { afterEach, expect, test } from 'vitest';

const execArgv = process.execArgv;
afterEach(() => {
  process.execArgv = execArgv;
});

test('threads start in a process that has flags of V8', async () => {
  process.execArgv = [...execArgv, '--max-old-space-size=4096'];
  const pool = await createPool({ threads: 1 });
  await pool.destroy();
});

test('may be destroyed twice, and while it is being destroyed', async () => {
  const pool = await createPool({ threads: 1 });
  await Promise.all([pool.destroy(), pool.destroy()]);
  await pool.destroy();
  await expect(pool.acquire(1)).rejects.toThrow('pool: has been destroyed, expected an open one');
});

test('destroyed, ends the threads of a group that was replaced and still has work', async () => {
  const threads: Worker[] = [];
  const note = (thread: Worker) => void threads.push(thread);
  process.on('worker', note);
  const pool = await createPool({ threads: 2 });
  const [broken] = await Promise.all([pool.acquire(1), pool.acquire(1)]);
  broken.release(true);
  await pool.destroy();
  process.off('worker', note);
  // Those of the group that takes over may not have begun.
  expect(threads.length).toBeGreaterThanOrEqual(2);
  expect(threads.map(({ threadId }) => threadId)).toEqual(threads.map(() => -1));
});

const data = { train: syntheticDatasets.xor() };
const run = (pool: Pool, steps: number) =>
  train(sequential(2, dense(2), tanh(), dense(1)), data, { pool, threads: 1, steps, backend: 'wasm' });

test('closed, lets the runs that have begun end, even one begun right before', async () => {
  const pool = await createPool({ threads: 1 });
  const runs = [run(pool, 2000), run(pool, 3000)];
  const closed = pool.close();
  const late = run(pool, 1);
  await expect(late).rejects.toThrow('pool: has been closed, expected an open one (close it after the last run)');
  await closed;
  await expect(pool.acquire(1)).rejects.toThrow('pool: has been destroyed');
  const results = await Promise.all(runs);
  expect(results.map(({ steps, stopped }) => [steps, stopped])).toEqual([
    [2000, 'completed'],
    [3000, 'completed'],
  ]);
});

test('may be closed twice, without runs, after a run that failed, and destroyed while it closes', async () => {
  const pool = await createPool({ threads: 1 });
  await expect(run(pool, 0)).rejects.toThrow('train: steps has 0');
  await Promise.all([pool.close(), pool.close()]);
  const other = await createPool({ threads: 1 });
  const going = run(other, 1e6);
  const closed = other.close();
  await Promise.all([other.destroy(), closed, expect(going).rejects.toThrow('destroyed')]);
});
