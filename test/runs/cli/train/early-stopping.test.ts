import { copyFileSync, cpSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { loadModel } from '@gradloom/runtime';
import { expect, test } from 'vitest';
import { gradloom, jsonLines, temporaryDirectory } from '../../../support/command-line.ts';

const moons = [
  ...['train', '--dataset', 'moons:rows=60', '--hidden', '16', '--batch', '17', '--backend', 'wasm', '--threads', '1'],
  ...['--validation', '0.3', '--schedule', 'constant', '--lr', '0.1', '--evaluate-every', '1'],
];
const stopping = [...moons, '--epochs', '200', '--patience', '6'];
const withoutTimes = (done: object) => ({ ...done, elapsedMs: 0, samplesPerSecond: 0, threads: 0, gradientThreads: 0 });

test('--patience ends a run early: model, figures and files are those of its best evaluation, also after a resume', async () => {
  const out = join(temporaryDirectory(), 'run');
  const { code, stdout, stderr } = await gradloom([...stopping, '--json', '--out', out]);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  const lines = jsonLines(stdout);
  const done = lines.at(-1) ?? {};
  const epochs = lines.filter(({ event }) => event === 'epoch');
  const losses = epochs.map(({ validationLoss }) => Number(validationLoss));
  const best = epochs[losses.indexOf(Math.min(...losses))];
  expect(done).toMatchObject({ stopped: 'early', bestStep: best.step, bestEpoch: best.epoch });
  expect(done.epochs).toBe(Number(best.epoch) + 6);
  const fingerprints = ['model', 'best'].map((name) => loadModel(join(out, `${name}.gradloom`)).fingerprint);
  expect(fingerprints).toEqual([done.fingerprint, done.fingerprint]);
  expect((await gradloom(['verify', out])).code).toBe(0);

  const copy = join(temporaryDirectory(), 'copy');
  cpSync(out, copy, { recursive: true });
  copyFileSync(join(copy, 'best.gradloom'), join(copy, 'last.gradloom'));
  rmSync(join(copy, 'model.gradloom'));
  for (const path of [out, copy]) {
    const again = await gradloom(['train', '--resume', path, '--json', '--quiet']);
    expect(withoutTimes(jsonLines(again.stdout)[0])).toEqual(withoutTimes(done));
  }
  const other = await gradloom(['train', '--resume', out, '--patience', '7']);
  expect(other).toMatchObject({ code: 2, stderr: expect.stringContaining('--patience has 7, expected 6') });
});

test('the summary says where the run stopped, and which weights it has', async () => {
  const { stdout } = await gradloom([...stopping, '--no-out', '--monitor', 'accuracy']);
  expect(stdout).toMatch(/ at most 200 epochs, until 6 evaluations bring no gain\n/);
  expect(stdout).toMatch(/^Stopped early after \d+ epochs in /m);
  expect(stdout).toMatch(/^weights +of epoch \d+, the best evaluation$/m);
});

test('--patience none trains to the end, and flags that need patience are refused without it', async () => {
  const { stdout } = await gradloom([...moons, '--no-out', '--json', '--quiet', '--epochs', '9', '--patience', 'none']);
  expect(jsonLines(stdout)[0]).toMatchObject({ stopped: 'completed', epochs: 9, bestStep: null });
  const flags = ['train', '--dataset', 'moons', '--no-out'];
  const { code, stderr } = await gradloom([...flags, '--validation', '0.1', '--min-delta', '0.1']);
  expect({ code, stderr }).toMatchObject({ code: 2, stderr: expect.stringContaining('--min-delta has 0.1') });
  const blind = await gradloom([...flags, '--patience', '3']);
  expect(blind.stderr).toContain('--patience has 3, expected none without a validation set');
});
