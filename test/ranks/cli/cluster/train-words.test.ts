import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { readTrainWords } from '../../../../packages/cli/src/commands/cluster/train-words.ts';
import { temporaryDirectory } from '../../../support/command-line.ts';

function inside(): string {
  const folder = temporaryDirectory();
  const home = process.cwd();
  process.chdir(folder);
  onTestFinished(() => process.chdir(home));
  return folder;
}

function makeRun(path: string): void {
  mkdirSync(path, { recursive: true });
  writeFileSync(join(path, 'config.json'), '{}');
}

const words = (text: string): string[] => text.split(' ');

test.each([
  ['train --dataset xor', 'train --dataset xor --cluster mpi --checkpoint-every 30s --out runs/cluster-1'],
  ['train --dataset xor --out a', 'train --dataset xor --out a --cluster mpi --checkpoint-every 30s'],
  ['train --out=a --checkpoint-every 9', 'train --out=a --checkpoint-every 9 --cluster mpi'],
  ['train --config c.json --cluster mpi', 'train --config c.json --cluster mpi --out runs/cluster-1'],
  ['train --resume last.gradloom', 'train --resume last.gradloom --cluster mpi --out runs/cluster-1'],
  ['train --dataset xor --no-out', 'train --dataset xor --no-out --cluster mpi'],
])('%s begins as %s', (line, begun) => {
  inside();
  expect(readTrainWords(words(line), 3).next().join(' ')).toBe(begun);
});

test.each([
  ['train --dataset xor', 'train --dataset xor --cluster mpi --checkpoint-every 30s --resume runs/cluster-1'],
  ['train --out a --epochs 3', 'train --epochs 3 --cluster mpi --checkpoint-every 30s --resume a'],
  ['train --out=a --checkpoint-every 9', 'train --checkpoint-every 9 --cluster mpi --resume a'],
  ['train --config c.json --threads 2', 'train --threads 2 --cluster mpi --resume runs/cluster-1'],
  ['train --resume a', 'train --cluster mpi --resume a'],
  ['train --resume last.gradloom', 'train --cluster mpi --resume runs/cluster-1'],
])('%s goes on as %s', (line, goesOn) => {
  inside();
  mkdirSync('a');
  const train = readTrainWords(words(line), 3);
  train.next();
  if (train.out === null) throw new Error('out has null, expected a directory');
  makeRun(train.out);
  expect(train.next().join(' ')).toBe(goesOn);
});

test('a run that has died before it wrote anything begins again', () => {
  inside();
  const train = readTrainWords(words('train --dataset xor --out a'), 3);
  expect(train.next()).toEqual(train.next());
});

test('a directory that holds a run already is left to train to refuse', () => {
  inside();
  makeRun('a');
  expect(readTrainWords(words('train --dataset xor --out a'), 3).next()).toContain('--out');
});

test('a place that holds no runs is refused as train by itself does', () => {
  inside();
  writeFileSync('runs', '');
  const sentence = 'the folder runs cannot hold a run, expected a directory that can be written, or --no-out (EEXIST';
  expect(() => readTrainWords(words('train --dataset xor'), 3)).toThrow(sentence);
});

test.each([
  ['', 'nothing follows --, expected train'],
  ['predict model', 'predict follows --, expected train'],
])('%j is refused', (line, sentence) => {
  expect(() => readTrainWords(line === '' ? [] : words(line), 3)).toThrow(sentence);
});
