import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { endOf, gradloom, jsonLines, type Outcome, startProgram, temporaryDirectory } from '../support/command-line.ts';
import { needs } from '../support/needs.ts';

// Steps of a millisecond or so; an epoch, which leaves a line, is 8 of them.
const args = [
  ...[
    'train',
    '--dataset',
    'moons:rows=1024',
    '--hidden',
    '64,64',
    '--batch',
    '128',
    '--shards',
    '16',
    '--backend',
    'wasm',
  ],
  ...['--epochs', '150', '--no-out', '--json'],
];

/** Far above what was measured, which docs/reliability.md says: here other tests may keep the machine busy too. */
const LONGEST_GAP_MS = 10_000;

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
  ['1 thread on one core', '0', '1', false],
  ['16 threads on one core', '0', '16', false],
  ['2 threads on all cores beside two busy processes', undefined, '2', true],
  ['4 threads on one core beside two busy processes', '0', '4', true],
])('%s', (_name, cores, threads, isBusy) => {
  test('end in the same bits, and go on all the time once they have begun', {
    ...(cores === undefined ? {} : needs('taskset')),
    timeout: 240_000,
  }, async () => {
    if (isBusy) keepBusy();
    const child = startProgram(
      [...args, '--threads', threads],
      temporaryDirectory(),
      cores === undefined ? {} : { cores },
    );
    const times: number[] = [];
    createInterface({ input: child.stdout }).on('line', () => times.push(performance.now()));
    const { code, stdout } = await endOf(child);
    expect(code).toBe(0);
    expect(jsonLines(stdout).at(-1)?.fingerprint).toBe(jsonLines(calm.stdout)[0].fingerprint);
    // The first line comes before the threads have built what they work with, one after the other where cores are few.
    const gaps = times.slice(2).map((time, k) => time - times[k + 1]);
    expect(gaps.length).toBeGreaterThan(100);
    expect(Math.max(...gaps)).toBeLessThan(LONGEST_GAP_MS);
  });
});
