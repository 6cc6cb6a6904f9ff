import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { syntheticDatasets } from '@gradloom/runtime';
import { describe, expect, test } from 'vitest';
import { presets } from '../../../packages/cli/src/files/datasets/presets.ts';
import { gradloom, jsonLines } from '../../support/command-line.ts';
import { onlyInAll } from '../../support/count.ts';

const train = async (...flags: string[]) => {
  const { stdout } = await gradloom(['train', '--no-out', '--json', '--quiet', ...flags]);
  return jsonLines(stdout)[0];
};

const readme = join(import.meta.dirname, '../../../README.md');

/** Test accuracy that the defaults reach from any of a few seeds; circles overlap under their noise. */
const reached = { xor: 1, and: 1, or: 1, spirals: 0.95, moons: 0.99, circles: 0.93, blobs: 0.99 };

describe.each(Object.entries(reached))('%s is learnt by the defaults', (dataset, accuracy) => {
  test.each([['0', 'float64'], ['0', 'float32'], ...onlyInAll<[string, string]>(['1', 'float64'], ['1', 'float32'])])(
    'with seed %s in %s',
    async (seed, precision) => {
      const flags = ['--dataset', dataset, '--seed', seed, '--precision', precision, '--threads', '1'];
      expect((await train(...flags)).testAccuracy).toBeGreaterThanOrEqual(accuracy);
    },
  );
});

test('sine is learnt by the defaults down to its noise, whose variance is 0.01', async () => {
  expect((await train('--dataset', 'sine', '--threads', '1')).testLoss).toBeLessThan(0.012);
});

test.each(['float64', 'float32'])('mnist reaches 0.95 by the defaults in one epoch in %s', async (precision) => {
  const { testAccuracy } = await train('--dataset', 'mnist', '--epochs', '1', '--precision', precision);
  expect(testAccuracy).toBeGreaterThanOrEqual(0.95);
});

test.each(onlyInAll('float64', 'float32'))('mnist reaches 0.975 by the defaults in %s', async (precision) => {
  const { testAccuracy, backend, fingerprint } = await train('--dataset', 'mnist', '--precision', precision);
  expect(testAccuracy).toBeGreaterThanOrEqual(0.975);
  // The bits of machine code are the same on every machine.
  if (backend === 'native') expect(readFileSync(readme, 'utf8')).toContain(fingerprint);
});

test('every dataset that is made has a preset and a test here', () => {
  expect(Object.keys(presets).sort()).toEqual(['mnist', ...Object.keys(syntheticDatasets)].sort());
  expect(Object.keys(presets).sort()).toEqual([...Object.keys(reached), 'mnist', 'sine'].sort());
});

test('a preset lends its optimizer options to the same optimizer alone', async () => {
  const { stdout } = await gradloom('train --dataset xor --steps 1 --optimizer sgd --no-out --json'.split(' '));
  expect(jsonLines(stdout)[0]).toMatchObject({ options: { optimizer: { kind: 'sgd', lr: 2 } } });
  const other = await gradloom('train --dataset mnist --steps 1 --optimizer sgd --no-out --json'.split(' '));
  expect(jsonLines(other.stdout)[0].options).toMatchObject({
    optimizer: { kind: 'sgd' },
    schedule: { kind: 'constant' },
  });
  expect(jsonLines(other.stdout)[0]).not.toHaveProperty('options.optimizer.lr');
});
