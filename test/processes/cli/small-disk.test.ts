import { execFileSync } from 'node:child_process';
import { closeSync, openSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { loadCheckpoint } from '@gradloom/runtime';
import { expect, onTestFinished, type TestContext, test } from 'vitest';
import {
  endOf,
  gradloom,
  jsonLines,
  saysDropped,
  startProgram,
  temporaryDirectory,
} from '../../support/command-line.ts';
import { skipFor } from '../../support/needs.ts';

/** A disk of its own, in memory; only root may make one, and not in every container: elsewhere the test is skipped. */
function mountDisk(context: TestContext, kiB: number): string {
  const folder = temporaryDirectory();
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${kiB}k`, 'gradloom-test', folder], { stdio: 'pipe' });
  } catch (error) {
    skipFor(context, 'disk', `${error instanceof Error ? error.message.trim().split('\n').at(-1) : error}`);
  }
  onTestFinished(() => void execFileSync('umount', [folder]));
  return folder;
}

/** Takes all the room that is left, as somebody else would. */
function fill(disk: string): void {
  const file = openSync(join(disk, 'others'), 'a');
  try {
    for (;;) writeSync(file, Buffer.alloc(4096));
  } catch {
    // Full.
  } finally {
    closeSync(file);
  }
}

test('a disk that fills up loses later files, not the training; with space again, a resume ends in the same bits', async (context) => {
  // Room for checkpoints of 106 kB each, and for the pictures of the report.
  const disk = mountDisk(context, 4000);
  const out = join(disk, 'run');
  const args = [
    ...['train', '--dataset', 'moons:rows=60', '--hidden', '64,64', '--batch', '16', '--epochs', '400'],
    ...['--backend', 'wasm', '--threads', '1', '--json'],
  ];
  const child = startProgram([...args, '--checkpoint-every', '100', '--out', out], temporaryDirectory());
  const ended = endOf(child);
  let isFilled = false;
  createInterface({ input: child.stdout }).on('line', (line) => {
    isFilled ||= line.includes('"checkpoint"');
    if (isFilled) fill(disk);
  });
  const { code, stdout, stderr } = await ended;
  const straight = await gradloom([...args, '--no-out', '--quiet']);
  const fingerprintOf = (text: string): unknown => jsonLines(text).at(-1)?.fingerprint;
  expect(fingerprintOf(stdout)).toBe(fingerprintOf(straight.stdout));
  expect(stderr).toMatch(/^gradloom train: [^\n]*ENOSPC[^\n]*\n(gradloom train: [^\n]*\n)*$/);
  expect(code).toBe(1);
  expect(loadCheckpoint(join(out, 'last.gradloom')).progress.step).toBeGreaterThanOrEqual(100);
  rmSync(join(disk, 'others'));
  const again = await gradloom(['train', '--resume', out, '--json', '--quiet']);
  expect({ code: again.code, stderr: again.stderr }).toEqual({ code: 0, stderr: expect.stringMatching(saysDropped) });
  expect(fingerprintOf(again.stdout)).toBe(fingerprintOf(straight.stdout));
});
