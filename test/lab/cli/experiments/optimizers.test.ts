import { syntheticDatasets } from '@gradloom/runtime';
import { beforeAll, expect, test } from 'vitest';
import { withDescender } from '../../../../packages/cli/src/lab/experiments/descend.ts';
import { expectAgreement, experimentJson, printedAndJson } from '../../../support/experiment.ts';

let fromSeed0: Awaited<ReturnType<typeof printedAndJson>>;
beforeAll(async () => {
  fromSeed0 = await printedAndJson('optimizers');
});

/** A loss that is not finite is null in JSON. */
interface Sweep {
  rate: number;
  finalLoss: number;
  tried: Record<string, number | null>;
}

test('all start from the same loss, and each ends far below it, in 80 columns', () => {
  const { optimizers, findings } = fromSeed0.document;
  expectAgreement(findings, [
    ...['all start from the same loss', 'best rates lie between worse ones'],
    ...['momentum ends below sgd', 'adam ends below sgd'],
  ]);
  const runs = Object.values(optimizers as Record<string, { losses: number[] }>);
  expect(runs).toHaveLength(6);
  expect(new Set(runs.map(({ losses }) => losses[0])).size).toBe(1);
  for (const { losses } of runs) expect(losses.at(-1)).toBeLessThan(0.1 * losses[0]);
});

test('the best rate is the best of all that were tried, and lies between two of them', () => {
  const { optimizers } = fromSeed0.document;
  for (const { rate, finalLoss, tried } of Object.values(optimizers as Record<string, Sweep>)) {
    const rates = Object.keys(tried).map(Number);
    expect(finalLoss).toBe(Math.min(...Object.values(tried).map((loss) => loss ?? Number.POSITIVE_INFINITY)));
    expect(rate).toBeGreaterThan(Math.min(...rates));
    expect(rate).toBeLessThan(Math.max(...rates));
  }
});

test('each is the named optimizer, starting from the weights of the seed', async () => {
  const specs = {
    sgd: { kind: 'sgd' },
    momentum: { kind: 'sgd', momentum: 0.9 },
    nesterov: { kind: 'sgd', momentum: 0.9, nesterov: true },
    rmsprop: { kind: 'rmsprop' },
    adam: { kind: 'adam' },
    adamw: { kind: 'adamw' },
  } as const;
  const { optimizers } = await experimentJson('optimizers', '--seed', '3');
  const results = optimizers as Record<string, { rate: number; losses: number[] }>;
  expect(Object.keys(results)).toEqual(Object.keys(specs));
  await withDescender(syntheticDatasets.sine({ rows: 128 }), { backend: 'reference' }, async ({ descend }) => {
    for (const [name, spec] of Object.entries(specs)) {
      const { rate, losses } = results[name];
      const again = await descend({ optimizer: { ...spec, lr: rate }, batch: 'full', epochs: losses.length, seed: 3 });
      expect(losses).toEqual(again.losses);
    }
  });
});
