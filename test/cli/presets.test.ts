import { syntheticDatasets } from '@gradloom/runtime';
import { describe, expect, test } from 'vitest';
import { presets } from '../../packages/cli/src/datasets/presets.ts';
import { gradloom, jsonLines } from '../support/command-line.ts';
import { onlyInAll } from '../support/count.ts';

const train = async (...flags: string[]) => {
  const { stdout } = await gradloom(['train', '--no-out', '--json', '--quiet', ...flags]);
  return jsonLines(stdout)[0];
};

/** Test accuracy that the defaults reach from any of a few seeds; circles overlap under their noise. */
const reached = { xor: 1, and: 1, or: 1, spirals: 0.95, moons: 0.99, circles: 0.93, blobs: 0.99 };

describe.each(Object.entries(reached))('%s is learnt by the defaults', (dataset, accuracy) => {
  test.each(['0', ...onlyInAll('1')])('with seed %s', async (seed) => {
    expect((await train('--dataset', dataset, '--seed', seed, '--threads', '1')).testAccuracy).toBeGreaterThanOrEqual(
      accuracy,
    );
  });
});

test('sine is learnt by the defaults down to its noise, whose variance is 0.01', async () => {
  expect((await train('--dataset', 'sine', '--threads', '1')).testLoss).toBeLessThan(0.012);
});

test('mnist reaches 95 % by the defaults in one epoch', async () => {
  expect((await train('--dataset', 'mnist', '--epochs', '1')).testAccuracy).toBeGreaterThanOrEqual(0.95);
});

test.each(onlyInAll('97.5 %'))('mnist reaches %s by the defaults', async () => {
  expect((await train('--dataset', 'mnist')).testAccuracy).toBeGreaterThanOrEqual(0.975);
});

test('every dataset that is made has a preset and a test here', () => {
  expect(Object.keys(presets).sort()).toEqual(['mnist', ...Object.keys(syntheticDatasets)].sort());
  expect(Object.keys(presets).sort()).toEqual([...Object.keys(reached), 'mnist', 'sine'].sort());
});

test('a preset lends its optimizer options to the same optimizer alone', async () => {
  const { stdout } = await gradloom([
    'train',
    '--dataset',
    'xor',
    '--steps',
    '1',
    '--optimizer',
    'sgd',
    '--no-out',
    '--json',
  ]);
  expect(jsonLines(stdout)[0]).toMatchObject({ options: { optimizer: { kind: 'sgd', lr: 2 } } });
  const other = await gradloom([
    'train',
    '--dataset',
    'mnist',
    '--steps',
    '1',
    '--optimizer',
    'sgd',
    '--no-out',
    '--json',
  ]);
  expect(jsonLines(other.stdout)[0].options).toMatchObject({
    optimizer: { kind: 'sgd' },
    schedule: { kind: 'constant' },
  });
  expect(jsonLines(other.stdout)[0]).not.toHaveProperty('options.optimizer.lr');
});
