import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { gradloom, jsonLines, temporaryDirectory } from '../../support/command-line.ts';

/** What `train` makes of a config file and flags: the options that its first line shows, or its error. */
async function trainWith(name: string, text: string, ...flags: string[]) {
  const file = join(temporaryDirectory(), name);
  writeFileSync(file, text);
  const common = ['--dataset', 'xor', '--steps', '1', '--backend', 'reference', '--no-out', '--json'];
  const { code, stdout, stderr } = await gradloom(['train', '--config', file, ...common, ...flags]);
  return { code, options: code === 0 ? jsonLines(stdout)[0].options : undefined, error: stderr.replace(file, name) };
}

describe('a config file', () => {
  test.each([
    ['config.yaml', 'seed: 5\nlr: 1e-2\nclipNorm: 2\nhidden: [4, 3]\n'],
    ['config.json', '{ "seed": 5, "lr": 0.01, "clip-norm": 2, "hidden": "4,3" }'],
  ])('%s gives options', async (name, text) => {
    const { options } = await trainWith(name, text);
    expect(options).toMatchObject({ seed: 5, 'clip-norm': 2, hidden: [4, 3], optimizer: { kind: 'sgd', lr: 0.01 } });
  });

  test('gives way to flags, also to those that exclude its own', async () => {
    const { options } = await trainWith('config.yaml', 'seed: 5\nlr: 0.5\nepochs: 7\n', '--seed', '6');
    expect(options).toMatchObject({ seed: 6, optimizer: { lr: 0.5 }, steps: 1 });
    expect(options).not.toHaveProperty('epochs');
  });

  test('writes the flags that begin with no- as what they deny', async () => {
    expect((await trainWith('config.yaml', 'shuffle: false\n')).options).toHaveProperty('no-shuffle', true);
    expect((await trainWith('config.yaml', 'shuffle: true\n')).options).not.toHaveProperty('no-shuffle');
  });

  test('may hold members as objects and a whole network', async () => {
    const text = JSON.stringify({
      optimizer: { kind: 'adam', beta1: 0.8 },
      spec: { layers: [{ kind: 'dense', out: 1 }] },
    });
    const { options } = await trainWith('config.json', text);
    expect(options).toMatchObject({
      optimizer: { kind: 'adam', beta1: 0.8 },
      spec: { input: 2, layers: [{ kind: 'dense', out: 1 }] },
    });
  });

  test.each([
    ['batch: 0', 'batch of config.yaml has 0, expected a whole number of at least 1, or full'],
    ['bacth: 5', 'config.yaml has "bacth", expected options of --help (did you mean batch?)'],
    ['config: a.yaml', 'config.yaml has "config", expected options of --help'],
    ['quiet: 5', 'quiet of config.yaml has 5, expected true or false'],
    ['', '--config has "config.yaml" with null, expected an object'],
    ['- 1', '--config has "config.yaml" with [1], expected an object'],
    ['a: [', '--config has "config.yaml", expected JSON or YAML'],
  ])('%j is refused', async (text, sentence) => {
    const { code, error } = await trainWith('config.yaml', text);
    expect(error).toContain(`gradloom train: ${sentence}`);
    expect(error.trimEnd().split('\n')).toHaveLength(1);
    expect(code).toBe(2);
  });
});
