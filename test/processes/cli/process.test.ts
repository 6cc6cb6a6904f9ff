import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { loadModel } from '@gradloom/runtime';
import { expect, test } from 'vitest';
import { commands } from '../../../packages/cli/src/commands/index.ts';
import { gradloom, startProgram, temporaryDirectory } from '../../support/command-line.ts';
import { onlyInAll } from '../../support/count.ts';

/** Longer than any test waits. */
const endless = ['train', '--dataset', 'xor', '--backend', 'reference', '--threads', '1', '--epochs', '10000000'];

test('a reader who leaves ends the run quietly, with its model', async () => {
  const out = join(temporaryDirectory(), 'run');
  const child = startProgram([...endless, '--out', out, '--json'], temporaryDirectory());
  let complaints = '';
  child.stderr.on('data', (chunk) => {
    complaints += chunk;
  });
  await once(child.stdout, 'data');
  child.stdout.destroy();
  expect(await ended(child)).toEqual([141, null]);
  expect(complaints).toBe('');
  expect(loadModel(join(out, 'model.gradloom')).parameters.length).toBeGreaterThan(0);
});

test('a reader who leaves ends a text quietly', async () => {
  const folder = temporaryDirectory();
  const text = join(folder, 'text.txt');
  writeFileSync(text, 'to be or not to be\n'.repeat(20));
  const quick = ['--network', 'gru:1x2', '--context', '4', '--steps', '1', '--threads', '1', '--backend', 'wasm'];
  await gradloom(['train', '--dataset', text, ...quick, '--out', join(folder, 'run')]);
  const child = startProgram(['generate', join(folder, 'run'), '--tokens', '1000000000'], folder);
  const complaints = child.stderr.setEncoding('utf8').toArray();
  await once(child.stdout, 'data');
  child.stdout.destroy();
  expect(await ended(child)).toEqual([141, null]);
  expect(await complaints).toEqual([]);
});

test('the program prints the mistake on stderr, and exits with 2', async () => {
  const child = startProgram(['train', '--batch', '0'], temporaryDirectory());
  const [stdout, stderr] = await Promise.all(
    [child.stdout, child.stderr].map((stream) => stream.setEncoding('utf8').toArray()),
  );
  expect(stderr.join('')).toBe('gradloom train: --batch has 0, expected a whole number of at least 1, or full\n');
  expect(stdout.join('')).toBe('');
  expect(await ended(child)).toEqual([2, null]);
});

test.each(['train', 'experiment xor', ...onlyInAll(...Object.keys(commands))])(
  'help of %s is what its sources lay out',
  async (name) => {
    const line = [...name.split(' '), '--help'];
    const child = startProgram(line, temporaryDirectory());
    const stdout = await child.stdout.setEncoding('utf8').toArray();
    expect(stdout.join('')).toBe((await gradloom(line)).stdout);
  },
);

/** Exit code and signal of a process, also where it has ended already. */
async function ended(child: ReturnType<typeof startProgram>): Promise<unknown[]> {
  return child.exitCode === null && child.signalCode === null
    ? once(child, 'exit')
    : [child.exitCode, child.signalCode];
}
