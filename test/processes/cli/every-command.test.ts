import { once } from 'node:events';
import { chmodSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { expect, onTestFinished, test } from 'vitest';
import { commands } from '../../../packages/cli/src/commands/index.ts';
import { endOf, gradloom, startProgram } from '../../support/command-line.ts';
import { ask, startServer } from '../../support/serving.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

const folder = temporaryFolder();
const at = (name: string): string => join(folder.path, name);
const run = at('run');
const iris = ['--dataset', 'iris', '--threads', '1'];
const xor = ['--dataset', 'xor', '--steps', '9'];

folder.write('net.json', JSON.stringify({ input: 4, layers: [{ kind: 'dense', out: 3 }] }));
folder.write('search.json', JSON.stringify({ search: { lr: [0.1, 1] }, options: { dataset: 'iris', epochs: 2 } }));
// Starts no rank: what `cluster` makes of its words needs no MPI.
folder.write('launcher', '#!/bin/sh\n[ "$1" = --version ] && echo "mpirun (Open MPI) 5.0.7" || echo "$@" >&2\n');
chmodSync(at('launcher'), 0o755);

/** Words of each command, in an order in which each finds what it reads, and a word that it prints. */
const words: Record<string, [words: readonly string[], prints: string]> = {
  train: [[...iris, '--epochs', '3', '--hidden', 'none', '--out', run], 'test accuracy'],
  evaluate: [[run], 'balanced accuracy'],
  explain: [[run, '--repeats', '1'], 'petal_length'],
  predict: [[run, '--dataset', 'iris', '--rows', '0'], 'setosa'],
  inspect: [[run], 'network      4-3,'],
  verify: [[run], 'are undamaged and belong together'],
  export: [[run, at('iris.safetensors')], 'iris.safetensors'],
  import: [[at('iris.safetensors'), '--spec', at('net.json'), '--out', at('again.gradloom')], 'again.gradloom'],
  report: [[run], 'report.html'],
  experiment: [['neuron'], 'weighted sum'],
  search: [[at('search.json'), '--out', at('search'), '--threads', '1'], 'train --dataset iris --lr 0.1'],
  'lr-find': [[...iris, '--steps', '60'], 'rate'],
  scale: [[...xor, '--rounds', '1', '--max-threads', '1'], 'ms per step'],
  cluster: [
    ['run', '--launcher', at('launcher'), '-n', '2', '--', 'train', ...xor, '--out', at('ranks')],
    'train --dataset xor',
  ],
  doctor: [[], 'wasm'],
  completion: [['bash'], 'complete'],
};

test.each(Object.entries(words))('%s does its work', async (name, [words, prints]) => {
  const { code, stdout, stderr } = await gradloom([name, ...words]);
  expect(stdout + stderr).toContain(prints);
  expect(code).toBe(0);
});

test('serve does its work', async () => {
  const { url, model } = await startServer();
  const row = { length: 5, width: 3, place: 'bog' };
  expect(await ask(`${url}/predict`, row)).toMatchObject({
    status: 200,
    body: JSON.stringify(model.predict([row])[0]),
  });
});

test.each([
  ['live', [at('run')], 'Gradloom live'],
  ['playground', [], 'Gradloom playground'],
])('%s does its work', async (command, words, title) => {
  const child = startProgram([command, ...words], folder.path);
  onTestFinished(() => void child.kill('SIGKILL'));
  const [url] = await once(createInterface({ input: child.stdout }), 'line');
  expect(await ask(String(url))).toMatchObject({ status: 200, body: expect.stringContaining(title) });
});

test('generate does its work', async () => {
  const text = ['--dataset', folder.write('abc.txt', 'abc'.repeat(50)), '--network', 'gru:1x2', '--context', '8'];
  const runFolder = at('text');
  await gradloom(['train', ...text, '--steps', '1', '--validation', '0', '--threads', '1', '--out', runFolder]);
  const { code, stdout } = await gradloom(['generate', runFolder, '--prompt', 'a', '--tokens', '5']);
  expect(stdout).toMatch(/^a[abc]{5}\n$/);
  expect(code).toBe(0);
});

test('so does each command of the program', () => {
  expect([...Object.keys(words), 'generate', 'live', 'playground', 'serve'].sort()).toEqual(
    Object.keys(commands).sort(),
  );
});

test('the program is a process with an exit code', async () => {
  const { code, stderr } = await endOf(startProgram(['trian'], folder.path));
  expect(stderr).toContain('did you mean train?');
  expect(code).toBe(2);
});
