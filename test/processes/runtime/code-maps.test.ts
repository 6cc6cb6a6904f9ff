import { readFileSync } from 'node:fs';
import { createPool, dense, type Pool, sequential, tanh, train } from '@gradloom/runtime';
import { describe, expect, test } from 'vitest';
import { needs } from '../../support/needs.ts';
import { randomDataset } from '../../support/random-dataset.ts';

const dataset = randomDataset({ rows: 64, inputs: 8, classes: 3 });
const spec = sequential(8, dense(32), tanh(), dense(3));

/** Bytes of this process's executable memory that is no part of a file. V8's own is writable, too. */
const codeBytes = (): number =>
  readFileSync('/proc/self/maps', 'utf8')
    .split('\n')
    .filter((line) => / r-xp .* 0 *$/.test(line))
    .reduce((sum, line) => {
      const [from, to] = line.split(' ')[0].split('-');
      return sum + Number.parseInt(to, 16) - Number.parseInt(from, 16);
    }, 0);

const run = (precision: 'float32' | 'float64', pool?: Pool, steps = 3) => {
  const options = { steps, batch: 32, threads: 2, backend: 'native', precision } as const;
  return train(spec, { train: dataset }, pool === undefined ? options : { ...options, pool });
};

describe('machine code of threads', needs('native', 'maps'), () => {
  test('is unmapped when they have ended: after every run there is as much of it', async () => {
    await run('float32');
    await run('float64');
    const bytes = codeBytes();
    expect(bytes).toBeGreaterThan(0);
    for (let k = 0; k < 4; k++) {
      await run('float32');
      await run('float64');
      expect(codeBytes()).toBe(bytes);
    }
  });

  test('stays while they run, although threads of another pool are destroyed at work', async () => {
    const { fingerprint } = await run('float64', undefined, 3000);
    const bytes = codeBytes();
    const pool = await createPool({ threads: 2 });
    const going = run('float64', pool, 3000);
    const other = await createPool({ threads: 2 });
    const events = run('float64', other, 1e6)[Symbol.asyncIterator]();
    await events.next();
    await other.destroy();
    await expect(events.next().then(() => events.next())).rejects.toThrow();
    expect((await going).fingerprint).toBe(fingerprint);
    expect((await run('float64', pool, 3000)).fingerprint).toBe(fingerprint);
    expect(codeBytes()).toBeGreaterThan(bytes);
    await pool.close();
    expect(codeBytes()).toBe(bytes);
  });
});
