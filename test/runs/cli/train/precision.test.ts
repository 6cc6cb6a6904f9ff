import { copyFileSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { loadCheckpoint, loadModel } from '@gradloom/runtime';
import { expect, test } from 'vitest';
import { gradloom, jsonLines, temporaryDirectory } from '../../../support/command-line.ts';

const moons = ['--dataset', 'moons:rows=80', '--hidden', '8', '--backend', 'wasm', '--batch', '17'];
const floats = [...moons, '--precision', 'float32'];

/** A run of floats in a new directory; its first and its last line. */
async function trained(...flags: string[]) {
  const out = join(temporaryDirectory(), 'run');
  const run = await gradloom(['train', ...floats, '--epochs', '6', '--json', '--out', out, ...flags]);
  expect({ code: run.code, stderr: run.stderr }).toEqual({ code: 0, stderr: '' });
  const lines = jsonLines(run.stdout);
  return { out, start: lines[0], done: lines[lines.length - 1] };
}

test('a run of floats says so in its lines, its files and its page, and its files are whole', async () => {
  const { out, start, done } = await trained('--threads', '2');
  expect([start.precision, done.precision]).toEqual(['float32', 'float32']);
  const config = JSON.parse(readFileSync(join(out, 'config.json'), 'utf8'));
  expect([config.precision, config.options.precision]).toEqual(['float32', 'float32']);
  expect(config.command).toContain('--precision float32');
  expect(loadModel(join(out, 'model.gradloom')).parameters).toBeInstanceOf(Float32Array);
  const { record, arrays } = loadCheckpoint(join(out, 'last.gradloom'));
  expect(record.precision).toBe('float32');
  expect([arrays.parameters, ...arrays.state].every((array) => array instanceof Float32Array)).toBe(true);
  expect(readFileSync(join(out, 'report.html'), 'utf8')).toContain('type of the numbers</th><td>float32</td>');
  expect((await gradloom(['verify', out])).code).toBe(0);
  const { stdout } = await gradloom(['inspect', join(out, 'last.gradloom')]);
  expect(stdout).toMatch(/^precision +float32$/m);
  // The evaluation has the figures of the run, and predictions are those of the model.
  const evaluated = JSON.parse((await gradloom(['evaluate', out, '--json', '--backend', 'wasm'])).stdout);
  expect(evaluated).toMatchObject({ loss: done.testLoss, accuracy: done.testAccuracy });
  const predicted = await gradloom(['predict', out, '--json'], { stdin: '[0.5, 0.25]\n' });
  const [outputs] = loadModel(join(out, 'model.gradloom')).outputs([[0.5, 0.25]]);
  expect(JSON.parse(predicted.stdout).outputs).toEqual(outputs);
});

test('doubles are what a run without the flag has, and the flag says no more than that', async () => {
  const run = async (...flags: string[]) =>
    jsonLines((await gradloom(['train', ...moons, '--steps', '5', '--no-out', '--json', ...flags])).stdout).at(-1);
  const [plain, float64, other] = [
    await run(),
    await run('--precision', 'float64'),
    await run('--precision', 'float32'),
  ];
  expect(plain?.precision).toBe('float64');
  expect(float64?.fingerprint).toBe(plain?.fingerprint);
  expect(other?.fingerprint).not.toBe(plain?.fingerprint);
  const { stdout } = await gradloom(['train', ...floats, '--steps', '2', '--no-out', '--threads', '1']);
  expect(stdout).toMatch(/^wasm on 1 thread, float32, seed 0$/m);
  expect(stdout).toMatch(/^backend +wasm, float32$/m);
  const wrong = await gradloom(['train', ...moons, '--precision', 'float16']);
  expect(wrong).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('--precision has "float16", expected one of float64, float32'),
  });
});

test('a resume goes on in the type of its run, and refuses another', async () => {
  const straight = await trained('--threads', '1');
  const early = join(temporaryDirectory(), 'early.gradloom');
  copyFileSync(join(straight.out, 'best.gradloom'), early);
  const resumed = await gradloom(['train', '--resume', early, '--no-out', '--json', '--threads', '2']);
  expect(jsonLines(resumed.stdout).at(-1)).toMatchObject({
    fingerprint: straight.done.fingerprint,
    precision: 'float32',
  });
  const other = await gradloom(['train', '--resume', early, '--no-out', '--precision', 'float64']);
  expect(other).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('--precision has float64, expected float32: --resume continues the same run'),
  });
  const doubles = join(temporaryDirectory(), 'run');
  await gradloom(['train', ...moons, '--steps', '3', '--json', '--out', doubles]);
  const same = await gradloom(['train', '--resume', doubles, '--json', '--precision', 'float64']);
  expect(same.code).toBe(0);
  const changed = await gradloom(['train', '--resume', doubles, '--precision', 'float32']);
  expect(changed.stderr).toContain('--precision has float32, expected float64');
});

test.each<[string, string[], RegExp]>([
  ['scale', ['--max-threads', '2', '--rounds', '1', '--steps', '3', '--json'], /"precision":"float32"/],
  ['train', ['--folds', '2', '--epochs', '1', '--no-out', '--json'], /"folds":2/],
])('%s takes the flag', async (command, flags, pattern) => {
  const { code, stdout, stderr } = await gradloom([command, ...floats, ...flags]);
  expect({ code, stderr }).toEqual({ code: 0, stderr: expect.any(String) });
  expect(stdout).toMatch(pattern);
});

test('lr-find sweeps in the type that is asked for', async () => {
  const losses = async (network: string[]) => {
    const { code, stdout } = await gradloom(['lr-find', ...network, '--steps', '60', '--json']);
    expect(code).toBe(0);
    return JSON.parse(stdout).points.map(({ loss }: { loss: number }) => loss);
  };
  const [a, b] = [await losses(floats), await losses(moons)];
  expect(a.slice(0, 9)).not.toEqual(b.slice(0, 9));
  for (let n = 0; n < 9; n++) expect(a[n]).toBeCloseTo(b[n], 5);
});

test.each([
  [['--epsilon', '1e-46'], '--epsilon has 1e-46, expected a number that float32 does not round to 0'],
  [['--optimizer', 'adam:epsilon=1e-46'], '--optimizer adam: epsilon has 1e-46, expected a number'],
  [['--lr', '1e39'], '--lr has 1e+39, expected a number that float32 does not round to Infinity'],
  [
    ['--optimizer', 'adam', '--schedule', 'constant', '--lr', '1e38'],
    '--lr 1e38: the learning rate has 1e+38 in the first step, expected a smaller one',
  ],
  [['--ema', '0.99999999'], '--ema has 0.99999999, expected a number that float32 does not round to 1'],
  [['--label-smoothing', '1e-50'], '--label-smoothing has 1e-50, expected a number that float32 does not round to 0'],
  [['--init', 'constant:value=1e39'], '--init constant: dense(2->8) at layer 0: init: value has 1e+39, expected'],
])('%j is refused by its flag in floats', async (flags, sentence) => {
  const { code, stderr } = await gradloom(['train', ...floats, '--steps', '1', '--no-out', ...flags]);
  expect(stderr).toContain(`gradloom train: ${sentence}`);
  expect(stderr.trim().split('\n')).toHaveLength(1);
  expect(code).toBe(2);
});

test('a configuration of doubles is refused in floats for a number that these do not keep', async () => {
  const out = join(temporaryDirectory(), 'run');
  const flags = ['--optimizer', 'adam', '--epsilon', '1e-46', '--steps', '1'];
  expect((await gradloom(['train', ...moons, ...flags, '--out', out])).code).toBe(0);
  const again = ['train', '--config', join(out, 'config.json'), '--no-out', '--precision'];
  expect((await gradloom([...again, 'float64'])).code).toBe(0);
  const { code, stderr } = await gradloom([...again, 'float32']);
  expect({ code, stderr }).toEqual({
    code: 2,
    stderr: expect.stringMatching(/epsilon has 1e-46, expected a number that float32 does not round to 0/),
  });
});
