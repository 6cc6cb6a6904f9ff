import { join } from 'node:path';
import type { NetworkSpec } from '@gradloom/core';
import { createPool, loadCheckpoint, type Pool, train } from '@gradloom/runtime';
import { afterEach, describe, expect, test } from 'vitest';
import { randomDataset } from '../support/random-dataset.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const dataset = randomDataset({ rows: 256, inputs: 16, classes: 4 });
const spec: NetworkSpec = {
  input: 16,
  layers: [
    { kind: 'dense', out: 64 },
    { kind: 'activation', fn: 'relu' },
    { kind: 'dense', out: 4 },
  ],
};
const temporary = temporaryFolder();
const fault = new URL('../support/fault.ts', import.meta.url).href;

let pool: Pool | undefined;
afterEach(async () => {
  delete process.env.GRADLOOM_TEST_FAULT;
  await pool?.destroy();
});

async function poolWithFault(kind: 'throw' | 'exit', arrivals: number): Promise<Pool> {
  process.env.GRADLOOM_TEST_FAULT = `${kind}:${arrivals}`;
  pool = await createPool({ threads: 2, execArgv: [...process.execArgv, '--import', fault] });
  return pool;
}

describe.each([
  ['throw', 'injected fault'],
  ['exit', 'worker exited with code: 7'],
] as const)('a thread that does %s', (kind, reason) => {
  test.each([1, 2, 101])(
    'at arrival %i ends the run with its reason, and nobody hangs in the barrier',
    async (arrivals) => {
      const faulty = await poolWithFault(kind, arrivals);
      const run = train(spec, { train: dataset }, { epochs: 100_000, threads: 2, pool: faulty });
      await expect(run.result).rejects.toThrow(reason);
    },
  );

  test('leaves a checkpoint of the state at the start of its span, from which a resume ends in the bits of a calm run', async () => {
    const faulty = await poolWithFault(kind, 301);
    const options = { epochs: 60, threads: 2, batch: 32 } as const;
    const { path } = temporary;
    // A look ends a span after each step: the fault comes after some.
    const run = train(spec, { train: dataset }, { ...options, probe: 1, pool: faulty, checkpoint: { folder: path } });
    await expect(run.result).rejects.toThrow(reason);
    delete process.env.GRADLOOM_TEST_FAULT;
    const resume = loadCheckpoint(join(path, 'last.gradloom'));
    expect(resume.progress.step).toBeGreaterThan(0);
    const again = await train(spec, { train: dataset }, { ...options, resume }).result;
    const calm = await train(spec, { train: dataset }, options).result;
    expect(again.fingerprint).toBe(calm.fingerprint);
  });

  test('leaves the pool fit for the next run', async () => {
    const faulty = await poolWithFault(kind, 50);
    await expect(train(spec, { train: dataset }, { epochs: 100_000, threads: 2, pool: faulty }).result).rejects.toThrow(
      reason,
    );
    delete process.env.GRADLOOM_TEST_FAULT;
    const after = await train(spec, { train: dataset }, { epochs: 3, threads: 2, pool: faulty }).result;
    const calm = await train(spec, { train: dataset }, { epochs: 3, threads: 1 }).result;
    expect(after.fingerprint).toBe(calm.fingerprint);
  });
});

test('a thread that cannot start rejects with its reason', async () => {
  const broken = createPool({ threads: 2, execArgv: ['--import', 'data:text/javascript,throw new Error("no start")'] });
  await expect(broken).rejects.toThrow('no start');
});
