import { join } from 'node:path';
import { expect, test } from 'vitest';
import { endOf, gradloom, jsonLines, startProgram, temporaryDirectory } from '../../support/command-line.ts';
import type { PlannedFault } from '../../support/fault.ts';

const moons = ['--dataset', 'moons:rows=1200', '--test', '0.5', '--epochs', '4', '--backend', 'wasm', '--threads', '2'];

/** The real process, in whose threads a fault is planned. */
const withFault = (args: readonly string[], planned: Omit<PlannedFault, 'marks'>) =>
  endOf(
    startProgram(args, temporaryDirectory(), {
      preload: 'fault',
      env: { GRADLOOM_TEST_FAULT: JSON.stringify({ ...planned, marks: temporaryDirectory() }) },
    }),
  );

const DIED = 'a worker thread failed: worker exited with code: 7';

test('a thread that exits is a warning of train, a line of --json, and no other bit', async () => {
  const end = await withFault(['train', ...moons, '--no-out', '--json'], { kind: 'exit', arrivals: 9, times: 1 });
  expect(end.stderr).toBe(
    `gradloom train: warning: ${DIED}: new threads continue from step 0 (failures in a row: 1, at most 3)\n`,
  );
  expect(end.code).toBe(0);
  const lines = jsonLines(end.stdout);
  expect(lines.filter(({ event }) => event === 'recovery')).toEqual([
    { event: 'recovery', step: 0, failures: 1, retries: 3, reason: `pool: ${DIED}` },
  ]);
  const calm = await gradloom(['train', ...moons, '--no-out', '--json', '--quiet']);
  expect(lines.at(-1)?.fingerprint).toBe(jsonLines(calm.stdout)[0].fingerprint);
});

test('with --retries 0 the first failure ends the run', async () => {
  const fault = { kind: 'exit', arrivals: 9, times: 1 } as const;
  const { code, stderr } = await withFault(['train', ...moons, '--no-out', '--retries', '0'], fault);
  expect(code).toBe(1);
  expect(stderr).toMatch(
    /^gradloom train: a worker thread failed: .* \(failures in a row: 1, expected at most 0\) \(in steps 0 to \d+\)\n$/,
  );
});

test('a thread that exits is a warning of evaluate, with the same figures', async () => {
  const out = join(temporaryDirectory(), 'run');
  await gradloom(['train', ...moons, '--out', out, '--quiet']);
  const args = ['evaluate', out, '--threads', '2', '--json'];
  const { code, stdout, stderr } = await withFault(args, { kind: 'exit', at: 'checkedIn', arrivals: 1, times: 2 });
  expect(code).toBe(0);
  expect(stdout).toBe((await gradloom(args)).stdout);
  expect(stderr.split('\n')).toEqual([
    `gradloom evaluate: warning: ${DIED}: its rows are computed again (failures in a row: 1, at most 3)`,
    `gradloom evaluate: warning: ${DIED}: its rows are computed again (failures in a row: 2, at most 3)`,
    '',
  ]);
});
