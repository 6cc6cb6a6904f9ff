import { buildNetwork, type NetworkSpec } from '@gradloom/core';
import { within } from '@gradloom/core/internal';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { trainOptions } from '../../../../packages/cli/src/commands/train/options.ts';
import { parseSource } from '../../../../packages/cli/src/commands/train/read-values.ts';
import { readConfig } from '../../../../packages/cli/src/options/config-file.ts';
import { nameFlag } from '../../../../packages/cli/src/options/name-flag.ts';
import { readObject } from '../../../../packages/cli/src/options/read-object.ts';
import { counted } from '../../../support/count.ts';
import { damageOf } from '../../../support/damage.ts';
import { propertySeed } from '../../../support/seed.ts';
import { withStranger } from '../../../support/stranger.ts';
import { temporaryFolder } from '../../../support/temporary-folder.ts';

const folder = temporaryFolder();
const settings = { seed: propertySeed, numRuns: counted(50, 150) };

const layers = [
  { kind: 'dense', out: 4, init: { kind: 'normal', std: 0.1 } },
  { kind: 'layer-norm' },
  { kind: 'activation', fn: 'leaky-relu', alpha: 0.2 },
  {
    kind: 'residual',
    layers: [
      { kind: 'dense', out: 4 },
      { kind: 'dropout', rate: 0.5 },
    ],
  },
  { kind: 'swiglu', out: 4 },
  { kind: 'dense', out: 1 },
];
const network = { input: 2, layers };
const config = {
  dataset: 'xor',
  seed: 5,
  lr: 0.5,
  optimizer: { kind: 'sgd', momentum: 0.5 },
  schedule: 'step:gamma=0.5',
  hidden: [4, 3],
  activation: 'relu',
  shuffle: false,
  clipNorm: 2,
  batch: 'full',
  epochs: 3,
};

const asText = (value: unknown): string => JSON.stringify(value, null, 1);

/** Files that are near to a good one, or far from it. */
const filesOf = (value: unknown): [string, string, fc.Arbitrary<Uint8Array | string>][] => [
  ['JSON damaged at random', 'any.json', damageOf(Buffer.from(asText(value)))],
  ['YAML damaged at random', 'any.yaml', damageOf(Buffer.from(asText(value)))],
  ['JSON with a stranger in it', 'any.json', withStranger(value).map(asText)],
  ['any bytes as JSON', 'any.json', fc.uint8Array({ maxLength: 100 })],
  ['any bytes as YAML', 'any.yaml', fc.uint8Array({ maxLength: 100 })],
  ['any text as YAML', 'any.yaml', fc.string({ unit: fc.constantFrom(...'abc:-?&*!|>{}[],"\'#%@ \n\t0.5') })],
];

/** The refusal names the flag and the file, in one line. */
function checkRefusal(error: unknown, flag: string, path: string): void {
  const name = error instanceof Error ? error.name : '';
  expect(['Error', 'UsageError'], String(error)).toContain(name);
  const message = error instanceof Error ? error.message : '';
  expect(message).not.toContain('\n');
  expect(message).toContain(`${flag} ${path}`);
  expect(message).toMatch(/ (expected|stands) /);
}

describe('a config file gives options or one sentence that names it', () => {
  test.each(filesOf(config))('%s', async (_kind, name, files) => {
    await fc.assert(
      fc.asyncProperty(files, async (bytes) => {
        const path = folder.write(name, bytes);
        try {
          const values = parseSource((await readConfig(trainOptions, path)).raw);
          for (const value of Object.values(values)) expect(value).not.toBeNaN();
        } catch (error) {
          checkRefusal(error, '--config', path);
        }
      }),
      settings,
    );
  });
});

describe('a network file gives a network or one sentence that names it', () => {
  test('the undamaged network is valid', () => {
    expect(buildNetwork(network as NetworkSpec).parameterCount).toBeGreaterThan(0);
  });

  test.each(filesOf(network))('%s', async (_kind, name, files) => {
    await fc.assert(
      fc.asyncProperty(files, async (bytes) => {
        const path = folder.write(name, bytes);
        try {
          const spec = await readObject('--spec', path);
          const built = within('spec', () => buildNetwork({ input: 2, ...spec } as unknown as NetworkSpec));
          expect(Number.isFinite(built.parameterCount)).toBe(true);
        } catch (error) {
          const flags = { spec: { name: '--spec', value: path } };
          checkRefusal(nameFlag(error, trainOptions, flags), '--spec', path);
        }
      }),
      settings,
    );
  });
});
