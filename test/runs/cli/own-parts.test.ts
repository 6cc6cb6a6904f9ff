import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { watchRun } from '../../../packages/cli/src/commands/live/watched-run.ts';
import { gradloom, jsonLines, temporaryDirectory } from '../../support/command-line.ts';

const PARTS = `
export const cube = { part: 'activation', name: 'cube', apply: (z) => z * z * z, derivative: (z) => 3 * z * z };
export const loss = {
  part: 'loss', name: 'pinball', options: { tau: 0.5 },
  value: (y, t, { tau }) => (t > y ? tau * (t - y) : (1 - tau) * (y - t)),
  derivative: (y, t, { tau }) => (t > y ? -tau : 1 - tau),
};
export const start = { part: 'initializer', name: 'small', fill: (out) => void out.fill(0.1) };
export const rate = { part: 'schedule', name: 'halves', needsTotalSteps: false, factor: (step) => 2 / (2 + step) };
export const seen = {
  part: 'metric', name: 'seen',
  create() { let rows = 0; return { add: (y, t, B) => void (rows += B), value: () => rows }; },
};
`;

/** Trains with all of them. */
function trained() {
  const folder = temporaryDirectory();
  const module = join(folder, 'parts.mjs');
  writeFileSync(module, PARTS);
  const out = join(folder, 'run');
  const flags = [
    ...['--dataset', 'sine', '--hidden', '4', '--activation', 'cube', '--init', 'small', '--schedule', 'halves'],
    ...['--loss', 'pinball:tau=0.9', '--epochs', '2', '--validation', '0.2', '--test', '0.2', '--backend', 'wasm'],
  ];
  return { out, module, train: () => gradloom(['train', ...flags, '--module', module, '--out', out, '--json']) };
}

test('a run with a module trains by its parts, and is evaluated, continued, inspected and verified with it', async () => {
  const { out, module, train } = trained();
  const { code, stdout, stderr } = await train();
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  const [{ fingerprint, testMetrics }] = jsonLines(stdout).slice(-1);
  expect(testMetrics).toEqual({ seen: 100 });
  const config = JSON.parse(readFileSync(join(out, 'config.json'), 'utf8'));
  expect(config.modules).toEqual([{ name: 'parts.mjs', sha256: expect.stringMatching(/^[0-9a-f]{64}$/) }]);
  expect(config.options.module).toBeUndefined();

  const evaluated = await gradloom(['evaluate', out, '--module', module, '--json']);
  expect(jsonLines(evaluated.stdout)[0]).toMatchObject({ fingerprint, metrics: { seen: 100 } });
  const longer = ['train', '--resume', out, '--epochs', '4', '--module', module, '--json'];
  expect(jsonLines((await gradloom(longer)).stdout).at(-1)).toMatchObject({ steps: 40 });
  const verified = await gradloom(['verify', out, '--module', module]);
  expect(verified).toMatchObject({ code: 0, stderr: '' });
  const inspected = await gradloom(['inspect', out, '--module', module]);
  expect(inspected.stdout).toContain('1-4-1 cube');
  const predicted = await gradloom(['predict', out, '--module', module], { stdin: '[0.5]\n' });
  expect(predicted).toMatchObject({ code: 0, stderr: '' });
});

test('the module of gradloom live is used where its page asks a checkpoint', async () => {
  const { out, module, train } = trained();
  await train();
  const trainWith = async (...flags: string[]) => {
    const { stderr } = await gradloom(['live', `${out}-missing`, ...flags]);
    expect(stderr).toMatch(/^gradloom live: no run found in "\S+run-missing", expected/);
    return watchRun(out).wrongRows();
  };
  await expect(trainWith()).rejects.toThrow('last.gradloom has parts of parts.mjs, which was not given');
  await expect(trainWith('--module', module)).rejects.toThrow('sine has rows without a class, expected');
});

test('without its module, or with another, a run is refused by name', async () => {
  const { out, module, train } = trained();
  await train();
  expect((await gradloom(['evaluate', out])).stderr).toMatch(
    /^gradloom evaluate: \S+model\.gradloom has parts of parts\.mjs, which was not given, expected the module of SHA-256 /,
  );
  const other = join(temporaryDirectory(), 'parts.mjs');
  writeFileSync(other, `${PARTS}\n// another`);
  expect((await gradloom(['train', '--resume', out, '--epochs', '4', '--module', other])).stderr).toMatch(
    /^gradloom train: \S+last\.gradloom has parts of parts\.mjs, which has the SHA-256 \w{12}…, expected the module of/,
  );
  // A command has no parts of the one before.
  expect(
    (await gradloom(['train', '--dataset', 'sine', '--loss', 'pinball', '--module', module, '--lr', '-1'])).code,
  ).toBe(2);
  expect((await gradloom(['train', '--dataset', 'sine', '--loss', 'pinball'])).stderr).toContain(
    '--loss has "pinball", expected one of mse',
  );
});

test('a wrong derivative is named with the flag, and nothing is written', async () => {
  const folder = temporaryDirectory();
  const module = join(folder, 'wrong.mjs');
  writeFileSync(module, PARTS.replace('3 * z * z', '2 * z * z'));
  const flags = ['train', '--dataset', 'sine', '--activation', 'cube', '--module', module, '--epochs', '1', '--no-out'];
  const { code, stderr } = await gradloom(flags);
  expect({ code, stderr }).toEqual({
    code: 2,
    stderr: expect.stringMatching(
      /^gradloom train: --module \S+: the gradient check: activation cube: derivative at z = \S+ has \S+, expected \S+ \(/,
    ),
  });
  expect((await gradloom([...flags, '--no-gradient-check'])).code).toBe(0);
});
