import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { loadCheckpoint } from '@gradloom/runtime';
import { describe, expect, test } from 'vitest';
import { endOf, gradloom, jsonLines, startProgram, temporaryDirectory } from '../../support/command-line.ts';
import { needs } from '../../support/needs.ts';

// A model of 35 kB and checkpoints of 106 kB.
const shape = ['--dataset', 'moons:rows=60', '--hidden', '64,64', '--batch', '16', '--schedule', 'constant'];
const args = ['train', ...shape, '--backend', 'wasm', '--threads', '1', '--json'];
const fingerprintOf = (stdout: string): unknown => jsonLines(stdout).at(-1)?.fingerprint;

describe('files that cannot grow beyond a limit', needs('bash'), () => {
  test('cost only checkpoints: the older one stays intact, with one warning, the last line and exit code 1', async () => {
    const folder = temporaryDirectory();
    const out = join(folder, 'run');
    await gradloom([...args, '--epochs', '3', '--out', out]);
    const before = readFileSync(join(out, 'last.gradloom'));
    const straight = await gradloom([...args, '--epochs', '6', '--no-out', '--quiet']);
    const resume = ['train', '--resume', out, '--epochs', '6', '--checkpoint-every', '1', '--json'];
    const end = await endOf(startProgram(resume, folder, { fileBlocks: 60 }));
    expect(fingerprintOf(end.stdout)).toBe(fingerprintOf(straight.stdout));
    expect(end.code).toBe(1);
    const sentences = end.stderr.trimEnd().split('\n');
    expect(sentences).toEqual([
      expect.stringMatching(
        /^gradloom train: warning: the checkpoint of step \d+ could not be written, the newest is that of step \d+ \(saveCheckpoint: .*EFBIG/,
      ),
      expect.stringMatching(/^gradloom train: warning: no report: .*EFBIG/),
      expect.stringMatching(
        /^gradloom train: .*run has its newest checkpoint at step \d+, expected one of step \d+ \(see the warning above\)$/,
      ),
    ]);
    expect(readFileSync(join(out, 'last.gradloom'))).toEqual(before);
    const again = await gradloom(['train', '--resume', out, '--epochs', '6', '--json', '--quiet']);
    expect(fingerprintOf(again.stdout)).toBe(fingerprintOf(straight.stdout));
    expect(loadCheckpoint(join(out, 'last.gradloom')).progress.step).toBeGreaterThan(0);
  });

  test('may cost the model too: the last line is printed, and the error names the missing files', async () => {
    const folder = temporaryDirectory();
    const end = await endOf(
      startProgram([...args, '--epochs', '3', '--out', join(folder, 'run')], folder, { fileBlocks: 20 }),
    );
    expect(jsonLines(end.stdout).at(-1)).toMatchObject({
      event: 'done',
      fingerprint: expect.stringMatching(/^[0-9a-f]{64}$/),
    });
    expect(end.stderr).toMatch(
      /\ngradloom train: .*model\.gradloom cannot be written: file too large \(EFBIG\), expected a folder with room for it\n$/,
    );
    expect(end.code).toBe(1);
  });
});

test('a directory removed during a run costs its files, not the training', async () => {
  const folder = temporaryDirectory();
  const out = join(folder, 'run');
  const child = startProgram([...args, '--epochs', '400', '--checkpoint-every', '100', '--out', out], folder);
  const ended = endOf(child);
  createInterface({ input: child.stdout }).on('line', (line) => {
    if (line.includes('"checkpoint"')) rmSync(out, { recursive: true, force: true });
  });
  const { code, stdout, stderr } = await ended;
  const straight = await gradloom([...args, '--epochs', '400', '--no-out', '--quiet']);
  expect(fingerprintOf(stdout)).toBe(fingerprintOf(straight.stdout));
  expect(stderr).toMatch(
    /^gradloom train: warning: the checkpoint of step \d+ could not be written, .*(ENOENT|lost the lock).*\ngradloom train: .*model\.gradloom cannot be written: no such file or directory \(ENOENT/,
  );
  expect(code).toBe(1);
});
