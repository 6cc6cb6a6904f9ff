import { buildNetwork, initializeParameters, type NetworkSpec } from '@gradloom/core';
import { train } from '@gradloom/runtime';
import { describe, expect, test } from 'vitest';
import { poolOfFile } from '../../support/pool-of-file.ts';
import { randomDataset } from '../../support/random-dataset.ts';

const dataset = randomDataset({ rows: 40, inputs: 3, classes: 2 });
const spec: NetworkSpec = { input: 3, layers: [{ kind: 'dense', out: 2 }] };
const P = 8;

const pool = await poolOfFile(2);

const run = (options: object) => train(spec, { train: dataset }, { steps: 3, pool, ...options });

describe('parameters', () => {
  test('take the place of what the seed draws', async () => {
    const parameters = new Float64Array(P);
    initializeParameters(buildNetwork(spec), parameters, 7);
    const drawn = await run({ seed: 7 });
    expect((await run({ seed: 7, parameters })).fingerprint).toBe(drawn.fingerprint);
    parameters[0] += 1;
    expect((await run({ seed: 7, parameters })).fingerprint).not.toBe(drawn.fingerprint);
  });

  test('are copied: training changes nothing in them', async () => {
    const parameters = Float64Array.from({ length: P }, (_, p) => p / 10);
    const before = [...parameters];
    const { parameters: trained } = await run({ parameters });
    expect([...parameters]).toEqual(before);
    expect([...trained]).not.toEqual(before);
  });

  test.each([
    [[1, 2], 'parameters has [1, 2], expected a Float64Array'],
    [new Float64Array(P - 1), 'parameters has length 7, expected 8 (parameters of the network)'],
    [Float64Array.of(0, 0, Number.NaN, 0, 0, 0, 0, 0), 'parameters has NaN at 2, expected finite numbers'],
  ])('that do not fit are refused: %s', async (parameters, sentence) => {
    await expect(run({ parameters })).rejects.toThrow(`train: ${sentence}`);
  });
});
