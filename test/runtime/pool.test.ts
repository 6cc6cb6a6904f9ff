import type { Worker } from 'node:worker_threads';
import { createPool } from '@gradloom/runtime';
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
  await expect(pool.acquire(1)).rejects.toThrow('pool: has been destroyed, expected one in use');
});

test('destroyed, ends the threads of a crew that was replaced and still has work', async () => {
  const threads: Worker[] = [];
  const note = (thread: Worker) => void threads.push(thread);
  process.on('worker', note);
  const pool = await createPool({ threads: 2 });
  const [broken] = await Promise.all([pool.acquire(1), pool.acquire(1)]);
  broken.release(true);
  await pool.destroy();
  process.off('worker', note);
  // Those of the crew that takes over may not have begun.
  expect(threads.length).toBeGreaterThanOrEqual(2);
  expect(threads.map(({ threadId }) => threadId)).toEqual(threads.map(() => -1));
});
