import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { gradloom, jsonLines, temporaryDirectory } from '../../../support/command-line.ts';

// Early stopping ends the runs long before their time.
const stopping = ['--validation', '0.3', '--patience', '1', '--backend', 'wasm', '--threads', '1', '--json'];
const flags = ['train', '--dataset', 'moons:rows=60', '--batch', '5', ...stopping];

const configOf = (run: string) => JSON.parse(readFileSync(join(run, 'config.json'), 'utf8'));

test('--minutes writes the steps into the configuration, which repeats the run to the bit', async () => {
  const folder = temporaryDirectory();
  const [out, again] = [join(folder, 'run'), join(folder, 'again')];
  const timed = await gradloom([...flags, '--minutes', '0.5', '--out', out]);
  expect(timed.stderr).toBe('gradloom train: measuring the time of a step, to train for 0.5 minutes\n');
  const { options, command } = configOf(out);
  expect(options.steps).toBeGreaterThan(0);
  expect(options).not.toHaveProperty('minutes');
  expect(command).toContain(`--steps ${options.steps}`);
  const repeated = await gradloom(['train', '--config', join(out, 'config.json'), '--out', again, '--json']);
  const [first, second] = [timed, repeated].map(({ stdout }) => jsonLines(stdout).at(-1)?.fingerprint);
  expect(first).toMatch(/^[\da-f]{64}$/);
  expect(second).toBe(first);
});

test('--minutes of a cross-validation is the time of all folds, which have the same number of steps', async () => {
  const out = join(temporaryDirectory(), 'run');
  const { stderr } = await gradloom([...flags, '--minutes', '1', '--folds', '2', '--out', out]);
  expect(stderr).toBe('gradloom train: measuring the time of a step, to train for 0.5 minutes\n');
  const [first, second] = [1, 2].map((fold) => configOf(join(out, `fold-${fold}`)).options.steps);
  expect(first).toBeGreaterThan(0);
  expect(second).toBe(first);
});
