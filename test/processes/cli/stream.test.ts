import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createRandom } from '@gradloom/core';
import { expect, test } from 'vitest';
import { endOf, gradloom, jsonLines, startProgram, temporaryDirectory } from '../../support/command-line.ts';
import { counted } from '../../support/count.ts';
import { encodeNpy } from '../../support/encode-npy.ts';
import { needs } from '../../support/needs.ts';
import { propertySeed } from '../../support/seed.ts';

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
  expect(last(streamed)?.fingerprint).toBe(last(kept)?.fingerprint);
  expect(last(await gradloom(['train', '--resume', out, '--json']))?.fingerprint).toBe(last(kept)?.fingerprint);
  const evaluated = await gradloom(['evaluate', out, '--split', 'validation', '--json']);
  const epochs = jsonLines(streamed.stdout).filter(({ event }) => event === 'epoch');
  expect(jsonLines(evaluated.stdout)[0].accuracy).toBe(epochs.at(-1)?.validationAccuracy);
});

/** Numbers with gaps, words and dates, of which a class follows. */
function table(): string {
  const path = join(temporaryDirectory(), 'table.csv');
  const lines = Array.from({ length: 300 }, (_, n) => {
    const x = 100 * Math.sin(n * n);
    return `${n % 11 === 0 ? '' : x},${['red', 'green', ''][n % 3]},2024-01-${10 + (n % 20)},${x > 20 ? 'in' : 'out'}`;
  });
  writeFileSync(path, `x,color,day,y\n${lines.join('\n')}\n`);
  return path;
}

const tableArgs = (path: string): string[] => [
  ...['train', '--dataset', path, '--target', 'y', '--hidden', '8', '--steps', '30', '--validation', '0.2'],
  ...['--threads', '2', '--backend', 'wasm', '--json'],
];
const last = ({ stdout }: { stdout: string }) => jsonLines(stdout).at(-1);

test('--stream of a table trains to the fingerprint of a run from memory, again from its cache, and is evaluated', async () => {
  const path = table();
  const out = join(temporaryDirectory(), 'run');
  const expected = last(await gradloom([...tableArgs(path), '--no-out']));
  const streamed = await gradloom([...tableArgs(path), '--stream', '--out', out]);
  expect(streamed).toMatchObject({ code: 0, stderr: '' });
  expect(last(streamed)).toMatchObject({ fingerprint: expected?.fingerprint, testLoss: expected?.testLoss });
  expect(jsonLines(streamed.stdout)[0].decisions).toContainEqual(
    expect.stringMatching(/^rows are streamed from .*table\.csv\.gradloom-cache.[0-9a-f]{16}, made in this run/),
  );
  const again = await gradloom([...tableArgs(path), '--stream', '--no-out']);
  expect(last(again)?.fingerprint).toBe(expected?.fingerprint);
  expect(jsonLines(again.stdout)[0].decisions).toContainEqual(expect.stringContaining('as an earlier run read it'));
  const evaluated = await gradloom(['evaluate', out, '--split', 'test', '--json']);
  expect(jsonLines(evaluated.stdout)[0].loss).toBe(expected?.testLoss);
  expect(last(await gradloom(['train', '--resume', out, '--json']))?.fingerprint).toBe(expected?.fingerprint);
});

test('--stream with folds has the figures of folds from memory', async () => {
  const path = table();
  const args = [...tableArgs(path), '--folds', '2', '--no-out'];
  const [kept, streamed] = [await gradloom(args), await gradloom([...args, '--stream'])];
  const losses = ({ stdout }: { stdout: string }) => jsonLines(stdout).map(({ testLoss }) => testLoss);
  expect(streamed.code).toBe(0);
  expect(losses(streamed)).toEqual(losses(kept));
});

const random = createRandom(propertySeed, 'stream-kills');

test('killed at any call that changes the cache, the next run makes it anew and leaves nothing half done', async () => {
  const path = table();
  const cache = `${path}.gradloom-cache`;
  const expected = last(await gradloom([...tableArgs(path), '--no-out']))?.fingerprint;
  const kills = counted(4, 60);
  let killed = 0;
  for (let n = 0; n < kills; n++) {
    const call = 1 + random.integer(45);
    const env = { GRADLOOM_TEST_KILL: `${call}:${cache}` };
    const { signal } = await endOf(
      startProgram([...tableArgs(path), '--no-out', '--stream', '--scale', n % 2 === 0 ? 'standard' : 'minmax'], '.', {
        preload: 'kill-at-call',
        env,
      }),
    );
    if (signal === 'SIGKILL') killed++;
    const next = await gradloom([...tableArgs(path), '--stream', '--no-out']);
    expect({ code: next.code, stderr: next.stderr }, `call ${call} ${signal}`).toEqual({ code: 0, stderr: '' });
    expect(last(next)?.fingerprint).toBe(expected);
    const names = readdirSync(cache, { recursive: true }).map(String);
    expect(names.filter((name) => name.endsWith('.tmp') || name.endsWith('spool.bin'))).toEqual([]);
    if (random.integer(2) === 0) writeFileSync(path, `${readFileSync(path, 'utf8')}\n`);
  }
  expect(killed).toBeGreaterThanOrEqual(kills / 4);
}, 600_000);

test('a disk without room for the cache is one sentence, and nothing is left', needs('bash'), async () => {
  const path = table();
  const end = await endOf(startProgram([...tableArgs(path), '--no-out', '--stream'], '.', { fileBlocks: 1 }));
  expect(end.code).toBe(1);
  expect(end.stderr).toMatch(
    /^gradloom train: --dataset \S+table\.csv has no cache for --stream: \S+table\.csv\.gradloom-cache cannot be written: .*\(EFBIG\), expected a folder with room for it\n$/,
  );
  expect(existsSync(`${path}.gradloom-cache`)).toBe(false);
});

test.each<[dataset: string, stderr: string]>([
  ['xor', 'gradloom train: --stream is given with --dataset xor, expected a table, NumPy or IDX files\n'],
  ['iris', 'gradloom train: --stream has true, expected none: iris comes with the library and is read into memory\n'],
])('--stream with %s is refused', async (dataset, stderr) => {
  expect(await gradloom(['train', '--dataset', dataset, '--stream', '--no-out'])).toMatchObject({ code: 2, stderr });
});
