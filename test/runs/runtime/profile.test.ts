import { dense, relu, sequential, train } from '@gradloom/runtime';
import { phases } from '@gradloom/runtime/internal';
import { expect, test } from 'vitest';
import { PHASE } from '../../../packages/runtime/src/engine/step/clock.ts';
import { poolOfFile } from '../../support/pool-of-file.ts';
import { randomDataset } from '../../support/random-dataset.ts';

const dataset = randomDataset({ rows: 90, inputs: 40, classes: 5 });
const spec = sequential(40, dense(300), relu(), dense(5));
const options = { batch: 40, steps: 60, seed: 2, backend: 'wasm' } as const;

const pool = await poolOfFile(3);

const run = (more: object) => train(spec, { train: dataset }, { ...options, pool, ...more });

test('each part has its place among the times', () => {
  expect(Object.entries(PHASE)).toEqual(phases.map((part, index) => [part, index]));
});

test.each([1, 2, 3])(
  'a profile of %i threads changes no bit, and its parts fill the time inside spans',
  async (threads) => {
    const plain = await run({ threads });
    const { fingerprint, profiles = [], elapsedMs } = await run({ threads, profile: true });
    expect(plain.profiles).toBeUndefined();
    expect(fingerprint).toBe(plain.fingerprint);
    expect(profiles).toHaveLength(threads);
    for (const profile of profiles) {
      for (const part of ['gather', 'forward', 'backward', 'update'] as const) expect(profile[part]).toBeGreaterThan(0);
      const total = phases.reduce((sum, part) => sum + profile[part], 0);
      expect(total).toBeLessThan(elapsedMs);
    }
  },
);

test('a thread without a leaf gathers nothing and waits', async () => {
  const { profiles = [] } = await run({ threads: 3, batch: 32, profile: true });
  const idle = profiles.find(({ gather }) => gather === 0);
  expect(idle).toMatchObject({ forward: 0, backward: 0 });
  expect(idle?.wait).toBeGreaterThan(0);
});

test('a profile and a probe of the layers exclude each other', async () => {
  await expect(run({ profile: true, probe: 1 })).rejects.toThrow('probe and profile are both set');
});
