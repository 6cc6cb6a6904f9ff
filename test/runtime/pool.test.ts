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
