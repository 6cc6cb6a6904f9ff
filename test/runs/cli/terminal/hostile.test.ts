import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Checkpoint, loadCheckpoint, saveModel } from '@gradloom/runtime';
import fc from 'fast-check';
import { beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { writeContainer } from '../../../../packages/runtime/src/system/files/container.ts';
import { saveCheckpoint } from '../../../../packages/runtime/src/training/checkpoints/checkpoint-file.ts';
import { type CommandEnvironment, endOf, gradloom, startProgram } from '../../../support/command-line.ts';
import { counted } from '../../../support/count.ts';
import { encodeNpy } from '../../../support/encode-npy.ts';
import { expectPrintable, hostileName, hostile as hostileText } from '../../../support/hostile-text.ts';
import { seal } from '../../../support/seal.ts';
import { propertySeed } from '../../../support/seed.ts';
import { temporaryFolder } from '../../../support/temporary-folder.ts';

let hostile = hostileText;
/** Short of what a file of YAML may have. */
const long = `${hostile} ${'x'.repeat(60_000)}`;

const folder = temporaryFolder().path;
const at = (...names: string[]): string => join(folder, ...names);
/** A file whose own name is hostile too. */
const named = (name: string): string => at(`${hostileName} ${name}`);

const quick = ['--steps', '2', '--backend', 'reference', '--threads', '1', '--schedule', 'constant'];
const run = named('run');
const last = join(run, 'last.gradloom');
const spec = { input: 2, layers: [{ kind: 'dense' as const, out: 2 }] };
let honest: Checkpoint;

/** A file with this text. */
function put(name: string, text: string | Uint8Array): string {
  writeFileSync(named(name), text);
  return named(name);
}

const csv = (header: string, ...rows: string[]): string => [header, ...rows].join('\n');
const cell = (text: string): string => `"${text.replaceAll('"', '""')}"`;

function model(name: string, metadata: Record<string, unknown>): string {
  const parameters = new Float64Array(6);
  saveModel(named(name), { spec, parameters, loss: 'softmax-cross-entropy', metadata } as Parameters<
    typeof saveModel
  >[1]);
  return named(name);
}

/** A checkpoint whose header says something else at these places. */
function checkpoint(name: string, change: (parts: Record<string, Record<string, unknown>>) => void): string {
  const { arrays, ...header } = structuredClone(honest);
  change(header as unknown as Record<string, Record<string, unknown>>);
  saveCheckpoint(named(name), { ...header, arrays });
  return named(name);
}

function container(name: string, kind: string, content: object, sections: readonly string[]): string {
  writeContainer(
    'here',
    named(name),
    kind,
    content,
    new Map(sections.map((section) => [section, new Float64Array(1)])),
  );
  return named(name);
}

beforeAll(async () => {
  const { stderr, code } = await gradloom(['train', '--dataset', 'moons:rows=40', ...quick, '--quiet', '--out', run]);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  honest = loadCheckpoint(last);
});

const train = (...flags: string[]): string[] => ['train', ...flags, ...quick, '--no-out'];
const config = (value: unknown): string[] =>
  train('--dataset', 'xor', '--config', put('c.json', JSON.stringify(value)));
const network = (value: unknown): string[] =>
  train('--dataset', 'xor', '--spec', put('spec.json', typeof value === 'string' ? value : JSON.stringify(value)));

/** Everything from outside that a command may show: the words of the command line, made when it is run. */
const places: Record<string, () => { args: string[]; tabs?: boolean } & CommandEnvironment> = {
  'a command': () => ({ args: [hostile] }),
  'a command with a flag after it': () => ({ args: [hostile, '--json'] }),
  'a word too many': () => ({ args: ['inspect', run, hostile] }),
  'a word without a flag': () => ({ args: ['train', hostile] }),
  'a flag': () => ({ args: ['train', `--${hostile}`, '1'] }),
  'a flag of one letter': () => ({ args: ['train', '-\u009b', '1'] }),
  'a flag without a command': () => ({ args: [`--${hostile}`] }),
  'a flag that stands alone': () => ({ args: ['train', `--quiet=${hostile}`] }),
  'the value of a number': () => ({ args: ['train', '--seed', hostile] }),
  'the value of a word': () => ({ args: ['train', '--backend', hostile] }),
  'the value of a member': () => ({ args: ['train', '--optimizer', `sgd:lr=${hostile}`] }),
  'the option of a member': () => ({ args: ['train', '--optimizer', `sgd:${hostile}=1`] }),
  'an interval': () => ({ args: ['train', '--checkpoint-every', hostile] }),
  rows: () => ({ args: ['predict', run, '--rows', hostile] }),
  'the name of an experiment': () => ({ args: ['experiment', hostile] }),
  'names of experiments': () => ({ args: ['experiment', 'all', '--only', hostile] }),
  'a shell': () => ({ args: ['completion', hostile] }),
  'the shell of the environment': () => ({ args: ['completion'], env: { SHELL: hostile }, tabs: true }),
  'the name of a dataset': () => ({ args: train('--dataset', hostile) }),
  'the option of a dataset': () => ({ args: train('--dataset', `moons:${hostile}=1`) }),
  'the path of a dataset': () => ({ args: train('--dataset', `./${hostileName}`) }),
  'the path of a dataset of a format': () => ({ args: train('--dataset', `./${hostileName}.npy:targets=${hostile}`) }),
  'the path of a configuration': () => ({ args: ['train', '--config', hostileName] }),
  'the path of a network': () => ({ args: train('--dataset', 'xor', '--spec', hostileName) }),
  'the path of a run to resume': () => ({ args: ['train', '--resume', hostileName] }),
  'the path of a model to evaluate': () => ({ args: ['evaluate', hostileName] }),
  'the path of a model to predict with': () => ({ args: ['predict', hostileName] }),
  'the path of rows': () => ({ args: ['predict', run, hostileName] }),
  'the path of a file to inspect': () => ({ args: ['inspect', hostileName] }),
  'the path of a file to compare': () => ({ args: ['inspect', run, '--diff', hostileName] }),
  'the path of a run to report': () => ({ args: ['report', hostileName] }),
  'the path of a library': () => ({ args: ['doctor', '--blas', hostileName] }),
  'a place for a run': () => ({
    args: ['train', '--dataset', 'xor', ...quick, '--out', named(`out ${Math.random()}`)],
  }),
  'a place for a run, alone': () => ({
    args: ['train', '--dataset', 'xor', ...quick, '--quiet', '--out', named(`out ${Math.random()}`)],
  }),
  'a place that is taken': () => ({ args: ['train', '--dataset', 'xor', '--out', run] }),
  'a place for an experiment': () => ({ args: ['experiment', 'neuron', '--out', named('experiment')] }),
  'files of a run to go on with': () => ({ args: ['train', '--resume', run, '--steps', '3', '--quiet'] }),
  'files of a run to evaluate': () => ({ args: ['evaluate', run, '--threads', '1'] }),
  'files of a run to predict': () => ({ args: ['predict', run, '--rows', '0..1'], tabs: true }),
  'files of a run to report': () => ({ args: ['report', run] }),
  'files of a run to compare': () => ({ args: ['inspect', run, '--diff', last] }),
  'a key of a configuration': () => ({ args: config({ [hostile]: 1 }) }),
  'a value of a configuration': () => ({ args: config({ seed: hostile }) }),
  'a member of a configuration': () => ({ args: config({ optimizer: { kind: 'sgd', [hostile]: 1 } }) }),
  'a library of a configuration': () => ({ args: config({ blas: hostile }) }),
  'a configuration that is no JSON': () => ({ args: train('--config', put('c.json', `{ "a": ${hostile}`)) }),
  'a key twice': () => ({ args: train('--config', put('c.json', `{ "\\u001b[1m": 1, "\\u001b[1m": 2 }`)) }),
  'a configuration that is no YAML': () => ({ args: train('--config', put('c.yaml', `"\\u001b": [\u001b[1m`)) }),
  'the kind of a layer': () => ({ args: network({ layers: [{ kind: hostile }] }) }),
  'the option of a layer': () => ({ args: network({ layers: [{ kind: 'dense', out: 1, [hostile]: 1 }] }) }),
  'the value of a layer': () => ({ args: network({ layers: [{ kind: 'dense', out: hostile }] }) }),
  'a network in a flag': () => ({ args: train('--dataset', 'xor', '--spec', `{${hostile}`) }),
  'the header of a CSV file': () => ({
    args: train('--dataset', `${put('a.csv', csv(`x,${cell(hostile)}`, '1,a', '2,b'))}:target=y`),
  }),
  'a field of a CSV file': () => ({ args: train('--dataset', put('b.csv', csv('x,y', '1,2', `${cell(hostile)},3`))) }),
  'classes of a CSV file': () => ({
    args: train('--dataset', put('d.csv', csv('x,y', `1,${cell(hostile)}`, `2,${cell(`${hostile}!`)}`)), '--json'),
  }),
  'a column of a CSV file': () => ({
    args: train('--dataset', `${put('e.csv', csv('x,y', '1,2'))}:target=${hostile}`),
  }),
  'the header of an npy file': () => {
    const bytes = encodeNpy('f8', [1, 2], [1, 2]);
    bytes.set(Buffer.from('\u001b[1m'), 12);
    return { args: train('--dataset', put('a.npy', bytes)) };
  },
  'rows to predict': () => ({ args: ['predict', run], stdin: hostile }),
  'rows to predict in a file': () => ({ args: ['predict', run, put('rows.jsonl', `["${hostile}"]`)] }),
  'metadata of a model as JSON': () => ({ args: ['inspect', model('m0', { [hostile]: hostile }), '--json'] }),
  'labels of a model as JSON': () => ({
    args: ['predict', model('m8', { labels: [hostile, hostile] }), '--json'],
    stdin: '[0, 1]\n',
  }),
  'metadata of a model': () => ({
    args: ['inspect', model('m1', { [hostile]: hostile, deep: { [hostile]: [hostile] } })],
  }),
  'metadata of models that differ': () => ({
    args: [
      'inspect',
      model('m2', { a: hostile, b: { [hostile]: 1 } }),
      '--diff',
      model('m3', { a: `${hostile}!`, [hostile]: 2 }),
    ],
  }),
  'labels of a model that answers': () => ({
    args: ['predict', model('m4', { labels: [hostile, `${hostile}!`] })],
    stdin: '[0, 1]\n[1, 0]\n',
    tabs: true,
  }),
  'labels of a model that is evaluated': () => ({
    args: [
      'evaluate',
      model('m5', { labels: [hostile, `${hostile}!`] }),
      '--dataset',
      'moons:rows=40',
      '--threads',
      '1',
    ],
  }),
  'the dataset that a model names': () => ({ args: ['evaluate', model('m6', { dataset: hostile })] }),
  'a path that a model names': () => ({
    args: ['predict', model('m7', { dataset: `/${hostileName}` }), '--rows', '0'],
  }),
  'options of a checkpoint': () => ({
    args: [
      'train',
      '--no-out',
      '--resume',
      checkpoint('k1', ({ metadata }) => Object.assign(metadata, { options: { [hostile]: 1 } })),
    ],
  }),
  'a value of a checkpoint': () => ({
    args: [
      'train',
      '--no-out',
      '--resume',
      checkpoint('k2', ({ metadata }) => Object.assign(metadata.options as object, { seed: hostile })),
    ],
  }),
  'a library of a checkpoint': () => ({
    args: [
      'train',
      '--no-out',
      '--steps',
      '3',
      '--resume',
      checkpoint('k3', ({ metadata }) => Object.assign(metadata.options as object, { blas: hostile })),
    ],
  }),
  'the record of a checkpoint': () => ({
    args: [
      'inspect',
      checkpoint('k4', ({ record }) =>
        Object.assign(record, { backend: { name: hostile }, data: { [hostile]: hostile } }),
      ),
    ],
  }),
  'the backend of a checkpoint': () => ({
    args: [
      'train',
      '--no-out',
      '--resume',
      checkpoint('k5', ({ record }) => Object.assign(record, { backend: { name: hostile } })),
    ],
  }),
  'another library of a checkpoint': () => ({
    args: [
      'inspect',
      checkpoint('k6', ({ record }) => {
        const library = { name: hostile, version: hostile, core: hostile };
        Object.assign(record, { backend: { name: 'blas', library, fused: true } });
      }),
      '--diff',
      last,
    ],
  }),
  'the kind of a file': () => ({ args: ['inspect', container('f1', hostile, {}, [])] }),
  'a key of a file': () => ({
    args: ['inspect', container('f2', 'model', { [hostile]: hostile, spec: hostile }, ['parameters'])],
  }),
  'a section of a model': () => ({ args: ['inspect', container('f3', 'model', { spec }, [hostile])] }),
  'a section of a checkpoint': () => ({
    args: ['inspect', container('f4', 'checkpoint', { version: 1, ...honest, arrays: undefined }, [hostile])],
  }),
  'a section that stands there twice': () => {
    const path = container('f5', 'model', { spec }, [`${hostile}first`, `${hostile}other`]);
    const text = readFileSync(path).subarray(0, -32).toString('latin1').replace('other', 'first');
    writeFileSync(path, seal(Buffer.from(text, 'latin1')));
    return { args: ['inspect', path] };
  },
};

describe('prints lines of text and nothing else, whatever stands in', () => {
  test.each(Object.keys(places))('%s', async (place) => {
    const { args, tabs = false, ...environment } = places[place]();
    const { code, stdout, stderr } = await gradloom(args, environment);
    expectPrintable(stdout, { tabs });
    expectPrintable(stderr);
    // One sentence, or what was asked for.
    if (code !== 0) expect({ stdout, lines: stderr.split('\n').length }).toEqual({ stdout: '', lines: 2 });
    else expect(stdout).not.toBe('');
  });

  test.each(Object.keys(places))('%s, of any length, and says it shortly', async (place) => {
    hostile = long;
    onTestFinished(() => {
      hostile = hostileText;
    });
    const { args, tabs = false, ...environment } = places[place]();
    const { stdout, stderr } = await gradloom(args, environment);
    expectPrintable(stdout, { tabs });
    expectPrintable(stderr);
    for (const line of stderr.split('\n')) expect(line.length).toBeLessThan(1000);
  });

  test.each(Object.keys(places))('%s, on a terminal, with the stack of an error', async (place) => {
    const { args, tabs = false, ...environment } = places[place]();
    const { stdout, stderr } = await gradloom([...args, '--verbose'], { ...environment, terminal: 80 });
    expectPrintable(stdout, { tabs, terminal: true });
    expectPrintable(stderr, { terminal: true });
  });
});

test('JSON holds all of it, escaped: what reads it gets the same text', async () => {
  // A file of ours has no half of a character.
  const whole = hostile.replace('\ud83d', '');
  const labels = [whole, `${whole}!`];
  const path = model('m9', { labels, [whole]: { [whole]: [whole] } });
  const { stdout } = await gradloom(['inspect', path, '--json']);
  expectPrintable(stdout);
  const inspected = JSON.parse(stdout);
  expect(inspected.path).toBe(path);
  expect(inspected.metadata).toEqual({ labels, [whole]: { [whole]: [whole] } });
});

test('a real process prints only such lines, whatever fails, including the output of Node', async () => {
  const text = put('text', hostile);
  const commands: [code: number, args: string[], env: Record<string, string>][] = [
    [2, ['train', '--dataset', 'xor', '--out', run, '--verbose'], {}],
    [1, ['inspect', text, '--verbose'], {}],
    [0, ['train', '--dataset', 'xor', ...quick, '--out', named('own')], {}],
    [1, ['train', '--dataset', 'xor', '--backend', 'blas', '--no-out'], { GRADLOOM_BLAS: hostileName }],
    [1, ['doctor'], { GRADLOOM_TEST_FAULT: hostile.replaceAll('\0', '') }],
  ];
  for (const [code, args, env] of commands) {
    const ended = await endOf(startProgram(args, folder, { env, preload: 'throw-later' }));
    expectPrintable(ended.stdout);
    expectPrintable(ended.stderr);
    expect(ended.stdout + ended.stderr).not.toBe('');
    expect(ended.code).toBe(code);
    // Below the sentence nothing but the places that it came through.
    if (args[0] === 'doctor' || args.includes('--verbose')) {
      expect(ended.stderr).toMatch(/^gradloom[^\n]*\n( {4}at [^\n]*\n)+$/);
    }
  }
});

test('of any text in names, metadata and labels', async () => {
  const texts = fc.oneof(fc.string({ unit: 'binary', maxLength: 40 }), fc.string({ unit: 'grapheme', maxLength: 40 }));
  const key = texts.filter((text) => text !== '__proto__');
  await fc.assert(
    fc.asyncProperty(key, texts, texts, async (name, value, label) => {
      const path = model('any', { [name]: value, labels: [label, `${label}2`], dataset: value });
      for (const args of [
        ['inspect', path],
        ['predict', path],
        ['evaluate', path, name],
        ['inspect', path, '--json'],
      ]) {
        const { stdout, stderr } = await gradloom(args, { stdin: `[0, 1]\n${value}\n` });
        expectPrintable(stdout, { tabs: args[0] === 'predict' });
        expectPrintable(stderr);
      }
    }),
    { seed: propertySeed, numRuns: counted(6, 40) },
  );
});
