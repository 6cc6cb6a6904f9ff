import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { gradloom, jsonLines, temporaryDirectory } from '../support/command-line.ts';
import { encodeNpy } from '../support/encode-npy.ts';

function arrays(): string {
  const folder = join(temporaryDirectory(), 'numbers');
  mkdirSync(folder);
  const x = Array.from({ length: 400 }, (_, i) => Math.sin(i * i));
  const y = Array.from({ length: 200 }, (_, n) => (x[2 * n] > 0 ? 1 : 0));
  writeFileSync(join(folder, 'x.npy'), encodeNpy('f4', [200, 2], x));
  writeFileSync(join(folder, 'y.npy'), encodeNpy('i4', [200], y));
  return folder;
}

test('--stream trains to the fingerprint of a run from memory, reports, and continues', async () => {
  const dataset = arrays();
  const out = join(temporaryDirectory(), 'run');
  const flags = ['train', '--dataset', dataset, '--hidden', '8', '--epochs', '3', '--validation', '0.2', '--json'];
  const kept = await gradloom([...flags, '--no-out']);
  const streamed = await gradloom([...flags, '--stream', '--out', out]);
  expect(streamed).toMatchObject({ code: 0, stderr: '' });
  const last = ({ stdout }: { stdout: string }) => jsonLines(stdout).at(-1);
  expect(last(streamed)?.fingerprint).toBe(last(kept)?.fingerprint);
  expect(last(await gradloom(['train', '--resume', out, '--json']))?.fingerprint).toBe(last(kept)?.fingerprint);
  const evaluated = await gradloom(['evaluate', out, '--split', 'validation', '--json']);
  const epochs = jsonLines(streamed.stdout).filter(({ event }) => event === 'epoch');
  expect(jsonLines(evaluated.stdout)[0].accuracy).toBe(epochs.at(-1)?.validationAccuracy);
});

test.each<[dataset: string, stderr: string]>([
  ['xor', 'gradloom train: --stream is given with --dataset xor, expected NumPy or IDX files\n'],
  ['iris', 'gradloom train: --stream has true, expected none: a table is read into memory\n'],
])('--stream with %s is refused', async (dataset, stderr) => {
  expect(await gradloom(['train', '--dataset', dataset, '--stream', '--no-out'])).toMatchObject({ code: 2, stderr });
});
