import { syntheticDatasets } from '@gradloom/runtime';
import { expect, test } from 'vitest';
import { type Descent, withDescender } from '../../../../../packages/cli/src/lab/experiments/descend.ts';
import type { Machine } from '../../../../../packages/cli/src/lab/experiments/experiment.ts';

const base: Descent = { optimizer: { kind: 'sgd', lr: 0.1 }, batch: 'full', epochs: 40, seed: 0 };

const descend = (changes: Partial<Descent>, machine: Partial<Machine> = {}) =>
  withDescender(syntheticDatasets.sine({ rows: 60 }), { backend: 'wasm', ...machine }, (d) =>
    d.descend({ ...base, ...changes }),
  );

test('a loss for every epoch, all from the same weights', async () => {
  const [slow, fast] = [await descend({ optimizer: { kind: 'sgd', lr: 0.01 } }), await descend({})];
  expect(slow.losses).toHaveLength(40);
  expect(fast.losses[0]).toBe(slow.losses[0]);
  expect(fast.finalLoss).toBeLessThan(slow.finalLoss);
});

test('a run that diverges keeps the losses up to there', async () => {
  const lost = await descend({ optimizer: { kind: 'sgd', lr: 10 }, epochs: 1000 });
  expect(lost.finalLoss).toBe(Number.POSITIVE_INFINITY);
  expect(lost.losses).toHaveLength(lost.steps);
  expect(lost.losses.every(Number.isFinite)).toBe(true);
  expect(lost.losses[0]).toBe((await descend({})).losses[0]);
  // The first steps of a run that ends before it is lost.
  const short = await descend({ optimizer: { kind: 'sgd', lr: 10 }, epochs: 5 });
  expect(lost.losses.slice(0, 5)).toEqual(short.losses);
});

test('threads and the reference kernels change no bit, also of a run that diverges', async () => {
  // 48 rows are three leaves: work for all threads.
  for (const changes of [{ batch: 48 }, { batch: 48, optimizer: { kind: 'sgd', lr: 10 } as const }]) {
    const { elapsedMs: _, ...expected } = await descend(changes);
    for (const machine of [{ threads: 2 }, { threads: 3 }, { backend: 'reference' as const }]) {
      expect(await descend(changes, machine)).toMatchObject(expected);
    }
  }
});

test('an invalid option throws, unlike a divergence', async () => {
  await expect(descend({ batch: 0 })).rejects.toThrow(/batch has 0/);
});
