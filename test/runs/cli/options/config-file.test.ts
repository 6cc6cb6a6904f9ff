import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { gradloom, jsonLines, temporaryDirectory } from '../../../support/command-line.ts';

/** What `train` makes of a config file and flags: the options that its first line shows, or its error. */
async function trainWith(name: string, text: string, ...flags: string[]) {
  const file = join(temporaryDirectory(), name);
  writeFileSync(file, text);
  const common = ['--dataset', 'xor', '--steps', '1', '--backend', 'reference', '--no-out', '--json'];
  const { code, stdout, stderr } = await gradloom(['train', '--config', file, ...common, ...flags]);
  return { code, options: code === 0 ? jsonLines(stdout)[0].options : undefined, error: stderr.replaceAll(file, name) };
}

describe('a config file', () => {
  test.each([
    ['config.yaml', 'seed: 5\nlr: 1e-2\nclipNorm: 2\nhidden: [4, 3]\n'],
    ['config.json', '{ "seed": 5, "lr": 0.01, "clip-norm": 2, "hidden": "4,3" }'],
  ])('%s gives options', async (name, text) => {
    const { options } = await trainWith(name, text);
    expect(options).toMatchObject({ seed: 5, 'clip-norm': 2, hidden: [4, 3], optimizer: { kind: 'sgd', lr: 0.01 } });
  });

  test.each(['batch-size: 3\nlearning-rate: 0.5\n', 'batchSize: 3\nlearningRate: 0.5\n'])(
    'takes the long names: %j',
    async (text) => {
      const { options } = await trainWith('config.yaml', text);
      expect(options).toMatchObject({ batch: 3, optimizer: { kind: 'sgd', lr: 0.5 } });
      expect(Object.keys(options ?? {}).filter((key) => /size|rate/.test(key))).toEqual([]);
      const flags = await trainWith('config.yaml', text, '--batch', '2', '--learning-rate', '0.25');
      expect(flags.options).toMatchObject({ batch: 2, optimizer: { lr: 0.25 } });
    },
  );

  test('gives way to flags, also to flags that exclude its own', async () => {
    const { options } = await trainWith('config.yaml', 'seed: 5\nlr: 0.5\nepochs: 7\n', '--seed', '6');
    expect(options).toMatchObject({ seed: 6, optimizer: { lr: 0.5 }, steps: 1 });
    expect(options).not.toHaveProperty('epochs');
  });

  test('gives way to what a flag says in other words', async () => {
    const { options } = await trainWith('a.yaml', 'lr: 0.5\nmomentum: 0.9\n', '--optimizer', 'sgd:lr=0.25');
    expect(options).toMatchObject({ optimizer: { kind: 'sgd', lr: 0.25, momentum: 0.9 } });
    const whole = await trainWith('b.yaml', 'optimizer: { kind: adam, lr: 0.5, beta1: 0.8 }\n', '--lr', '0.25');
    expect(whole.options).toMatchObject({ optimizer: { kind: 'adam', lr: 0.25, beta1: 0.8 } });
  });

  test('writes flags that begin with no- without it, as false', async () => {
    expect((await trainWith('config.yaml', 'shuffle: false\n')).options).toHaveProperty('no-shuffle', true);
    expect((await trainWith('config.yaml', 'shuffle: true\n')).options).not.toHaveProperty('no-shuffle');
  });

  test('of an earlier version may say what every run now does', async () => {
    expect((await trainWith('config.yaml', 'reduce: tree\n')).options).not.toHaveProperty('reduce');
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
    ['batch: 0', '--config config.yaml: batch has 0, expected a whole number of at least 1, or full'],
    [
      'batch: 3\nbatchSize: 3',
      '--config config.yaml: batchSize names an option that the file has already set, expected it once',
    ],
    ['bacth: 5', '--config config.yaml: key "bacth" is unknown, expected options of --help (did you mean batch?)'],
    [
      'config: a.yaml',
      '--config config.yaml: config has "a.yaml", expected the file not to set it (only flags say where options come from)',
    ],
    [
      'blas: /x.so',
      '--config config.yaml: blas has "/x.so", expected the file not to set it (a library or module is code: only --blas, GRADLOOM_BLAS and --module name one)',
    ],
    ['spec: /dev/stdin', '--config config.yaml: spec has "/dev/stdin", expected a file (only a flag can name a pipe)'],
    [
      'out: a',
      '--config config.yaml: out has "a", expected the file not to set it (only --out says where a run is written)',
    ],
    ['quiet: 5', '--config config.yaml: quiet has 5, expected true or false'],
    ['', '--config config.yaml is empty, expected an object'],
    ['# a comment', '--config config.yaml is empty, expected an object'],
    ['- 1', '--config config.yaml has [1], expected an object'],
    ['a: [', '--config config.yaml is not valid YAML, expected YAML or JSON'],
    ['\0\u0001PK', '--config config.yaml is not text, expected JSON or YAML in UTF-8'],
    [
      'shards: 4',
      '--config config.yaml: shards has 4, expected no such key (a batch is now cut by its size alone: train again without it, to another result)',
    ],
    [
      'reduce: allreduce',
      '--config config.yaml: reduce has "allreduce", expected no such key (MPI no longer adds gradients: train again without it, to another result)',
    ],
    ['__proto__: {}', '--config config.yaml: key "__proto__" is unknown, expected options of --help'],
    ['shuffle: maybe', '--config config.yaml: shuffle has "maybe", expected true or false'],
    ['lr: !!foo 1', '--config config.yaml is not valid YAML, expected YAML or JSON (Unresolved tag'],
    ['lr: .inf', '--config config.yaml: lr has Infinity, expected a finite number of at least 0'],
    ['constructor: 1', '--config config.yaml: key "constructor" is unknown, expected options of --help'],
    [
      'clipNorm: 1\nclip-norm: 2',
      '--config config.yaml: clip-norm names an option that the file has already set, expected it once',
    ],
    [
      'lr: 1\noptimizer: sgd:lr=2',
      '--config config.yaml: lr is given with lr of --config config.yaml: optimizer, expected one of the two',
    ],
    [
      'optimizer: { kind: sgd, momentun: 1 }',
      '--config config.yaml: optimizer sgd: option "momentun" is unknown, expected lr, momentum',
    ],
    [
      'optimizer: { kind: sgd, __proto__: 1 }',
      '--config config.yaml: optimizer sgd: option "__proto__" is unknown, expected lr',
    ],
    ['momentum: 0.5\noptimizer: adam', '--config config.yaml: momentum is no option of adam, expected --lr'],
    [
      'spec: { layers: [{ kind: dense }] }',
      '--config config.yaml: spec: layer 0: dense: out is missing, expected a whole number',
    ],
    ['hidden: [90000, 90000]', '--config config.yaml: hidden 90000,90000: the plan has'],
    ['seed: 1\nseed: 2', '--config config.yaml is not valid YAML, expected YAML or JSON (Map keys must be unique'],
    [`a: ${'x'.repeat(1 << 16)}`, '--config config.yaml has more than 65536 bytes, expected fewer'],
  ])('%j is refused', async (text, sentence) => {
    const { code, error } = await trainWith('config.yaml', text);
    expect(error).toContain(`gradloom train: ${sentence}`);
    expect(error.trimEnd().split('\n')).toHaveLength(1);
    expect(code).toBe(2);
  });
});
