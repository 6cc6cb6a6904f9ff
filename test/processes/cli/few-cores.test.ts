import { spawn } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import {
  endOf,
  gradloom,
  jsonLines,
  type Outcome,
  startProgram,
  temporaryDirectory,
} from '../../support/command-line.ts';
import { counted, onlyInAll } from '../../support/count.ts';
import { needs } from '../../support/needs.ts';

// Steps of a millisecond or so; an epoch, which leaves a line, is 7 of them.
const EPOCHS = counted(20, 150);
const STEPS = 7 * EPOCHS;
const args = [
  ...['train', '--dataset', 'moons:rows=2048', '--hidden', '64,64', '--batch', '256', '--backend', 'wasm'],
  ...['--epochs', String(EPOCHS), '--no-out', '--json'],
];

/** Two processes that do nothing but keep cores busy until the test is over. */
function keepBusy(): void {
  const busy = [1, 2].map(() => spawn(process.execPath, ['-e', 'for (;;);'], { stdio: 'ignore' }));
  onTestFinished(() => {
    for (const child of busy) child.kill('SIGKILL');
  });
}

let calm: Outcome;
beforeAll(async () => {
  calm = await gradloom([...args, '--threads', '1', '--quiet']);
});

describe.each([
  ['16 threads on all cores', undefined, '16', false],
  ['16 threads on one core', '0', '16', false],
  ['2 threads on all cores beside two busy processes', undefined, '2', true],
  ...onlyInAll<[string, string, string, boolean]>(
    ['1 thread on one core', '0', '1', false],
    ['4 threads on one core beside two busy processes', '0', '4', true],
  ),
])('%s', (_name, cores, threads, isBusy) => {
  test('end in the same bits, and each that sleeps is woken', {
    ...(cores === undefined ? {} : needs('taskset')),
    timeout: 240_000,
  }, async () => {
    if (isBusy) keepBusy();
    const folder = temporaryDirectory();
    const wakes = join(folder, 'wakes');
    writeFileSync(wakes, '');
    const watched = { preload: 'watch-wakes', env: { GRADLOOM_TEST_WAKES: wakes } };
    const child = startProgram([...args, '--threads', threads], folder, {
      ...watched,
      ...(cores === undefined ? {} : { cores }),
    });
    const { code, stdout } = await endOf(child);
    expect(code).toBe(0);
    expect(jsonLines(stdout).at(-1)?.fingerprint).toBe(jsonLines(calm.stdout)[0].fingerprint);
    expect(jsonLines(stdout).filter(({ event }) => event === 'epoch')).toHaveLength(EPOCHS);
    // A sleep may end by its limit in the moment before the call that would have ended it.
    expect(readFileSync(wakes).length).toBeLessThan(STEPS / 10);
  });
});
