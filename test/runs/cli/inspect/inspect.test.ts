import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { loadCheckpoint, loadModel, saveModel } from '@gradloom/runtime';
import { beforeAll, describe, expect, test } from 'vitest';
import { tensorFigures } from '../../../../packages/cli/src/commands/inspect/tensors.ts';
import { gradloom, jsonLines, temporaryDirectory } from '../../../support/command-line.ts';
import { temporaryFolder } from '../../../support/temporary-folder.ts';

const folder = temporaryFolder().path;
const [one, other] = ['one', 'other'].map((name) => join(folder, name));
const spec = {
  layers: [
    { kind: 'dense', out: 6 },
    { kind: 'residual', layers: [{ kind: 'layer-norm' }, { kind: 'dense', out: 6 }] },
    { kind: 'dense', out: 2 },
  ],
};

beforeAll(async () => {
  const args = ['train', '--dataset', 'moons:rows=60', '--validation', '0.2', '--backend', 'wasm', '--threads', '1'];
  const shape = ['--spec', JSON.stringify(spec), '--steps', '11', '--batch', '16', '--quiet'];
  await gradloom([...args, ...shape, '--seed', '3', '--out', one]);
  await gradloom([...args, ...shape, '--seed', '3', '--lr', '0.5', '--out', other]);
});

const inspect = async (...args: string[]) => {
  const { code, stdout, stderr } = await gradloom(['inspect', ...args]);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  return stdout;
};
const json = async (...args: string[]) => jsonLines(await inspect(...args, '--json'))[0];

test('a model: its network, fingerprint and every tensor, those inside of layers too', async () => {
  const { parameters, fingerprint } = loadModel(join(one, 'model.gradloom'));
  const description = await json(one);
  expect(description).toMatchObject({
    event: 'inspection',
    kind: 'model',
    format: 2,
    fingerprint,
    parameters: parameters.length,
  });
  const tensors = description.tensors as { name: string; shape: number[]; mean: number; max: number }[];
  expect(tensors.map(({ name, shape }) => `${name} ${shape.join('x')}`)).toEqual([
    ...['0.W 2x6', '0.b 6', '1.0.gamma 6', '1.0.beta 6', '1.1.W 6x6', '1.1.b 6', '2.W 6x2', '2.b 2'],
  ]);
  // 2 x 6, 6, 6, 6 numbers stand before the 36 of 1.1.W.
  const inner = Float64Array.from(parameters.subarray(30, 66));
  expect(tensors[4].max).toBe(Math.max(...inner));
  expect(tensors[4].mean).toBeCloseTo(inner.reduce((sum, w) => sum + w, 0) / 36, 14);
});

test('a file with a network: the layers of a model of it, without weights', async () => {
  const path = join(folder, 'net.json');
  writeFileSync(path, JSON.stringify(spec));
  const known = await json(path, '--input', '2');
  const { layers, parameters } = await json(one);
  expect(known).toMatchObject({ event: 'network', layers, parameters });
  expect(await json('--spec', path, '--input', '2')).toEqual(known);
  expect(await inspect(path, '--input', '2')).toMatch(/^layer +reads +output/m);
  const { stderr } = await gradloom(['inspect', path]);
  expect(stderr).toBe(
    'gradloom inspect: --input is missing, expected the shape of a row, since the network does not say it\n',
  );
});

test('a checkpoint: also how far it has come, what it was made with, and the state of the optimizer', async () => {
  const path = join(one, 'last.gradloom');
  const { record, progress, arrays } = loadCheckpoint(path);
  const description = await json(path);
  expect(description).toMatchObject({ kind: 'checkpoint', record: JSON.parse(JSON.stringify(record)), progress });
  const tensors = description.tensors as { name: string; min: number }[];
  expect(tensors.length).toBe(3 * 8);
  expect(tensors.find(({ name }) => name === '0.b v')?.min).toBe(Math.min(...arrays.state[1].subarray(12, 18)));
  const text = await inspect(path);
  for (const words of [
    '11 of 11 steps (3 epochs and 2 batches)',
    'adam:lr=0.02',
    'one-cycle',
    `train rows       ${record.data.train}`,
  ])
    expect(text).toContain(words);
});

test('running statistics are marked as not trained, counted apart, and have no state of the optimizer', async () => {
  const run = join(temporaryDirectory(), 'run');
  const layers = [{ kind: 'dense', out: 6 }, { kind: 'batch-norm' }, { kind: 'dense', out: 2 }];
  const length = ['--spec', JSON.stringify({ layers }), '--steps', '3', '--batch', '16', '--quiet'];
  await gradloom([
    'train',
    '--dataset',
    'moons:rows=60',
    '--backend',
    'wasm',
    '--threads',
    '1',
    ...length,
    '--out',
    run,
  ]);
  const description = await json(join(run, 'last.gradloom'));
  expect(description).toMatchObject({ parameters: 18 + 24 + 14, trainedParameters: 18 + 12 + 14 });
  const tensors = description.tensors as { name: string; isTrained: boolean }[];
  const untrained = tensors.filter(({ isTrained }) => !isTrained).map(({ name }) => name);
  expect(untrained).toEqual(['1.runningMean', '1.runningVariance']);
  expect(tensors.map(({ name }) => name)).toContain('1.gamma m');
  expect(tensors.filter(({ name }) => name.startsWith('1.running'))).toHaveLength(2);
  const text = await inspect(run);
  expect(text).toContain('2-6-2 batch-norm, 56 parameters, 12 of them not trained');
  expect(text).toContain('1.runningMean *');
  for (const command of [['evaluate'], ['predict', '--rows', '0..2']]) {
    const { code, stderr } = await gradloom([command[0], run, ...command.slice(1), '--json']);
    expect({ code, stderr }, command[0]).toEqual({ code: 0, stderr: '' });
  }
});

test('a run that has not ended: its newest checkpoint', async () => {
  const run = temporaryDirectory();
  await gradloom(['train', '--resume', join(one, 'best.gradloom'), '--out', join(run, 'a'), '--quiet']);
  rmSync(join(run, 'a', 'model.gradloom'));
  expect(await json(join(run, 'a'))).toMatchObject({ kind: 'checkpoint', path: join(run, 'a', 'last.gradloom') });
});

describe('--diff', () => {
  test('names the options that differ and each tensor by its largest difference', async () => {
    const difference = await json(join(one, 'last.gradloom'), '--diff', join(other, 'last.gradloom'));
    expect(difference).toMatchObject({ event: 'comparison', sameWeights: false, unmatched: [] });
    expect(difference.options).toContainEqual({ path: 'record.optimizer.lr', own: 0.02, other: 0.5 });
    const paths = (difference.options as { path: string }[]).map(({ path }) => path);
    expect(paths.filter((path) => path.startsWith('record.'))).toEqual(['record.optimizer.lr']);
    const tensors = difference.tensors as { name: string; largest: number; at: number; a: number; b: number }[];
    const [a, b] = [one, other].map((run) => loadModel(join(run, 'model.gradloom')).parameters);
    const blockWeights = tensors.find(({ name }) => name === '1.1.W');
    const distances = [...a.subarray(30, 66)].map((w, i) => Math.abs(w - b[30 + i]));
    expect(blockWeights).toMatchObject({
      largest: Math.max(...distances),
      at: distances.indexOf(Math.max(...distances)),
    });
    expect(tensors.map(({ largest }) => largest)).toEqual(
      tensors.map(({ largest }) => largest).toSorted((p, q) => q - p),
    );
  });

  test('of two files with the same numbers says so, and a single bit is seen', async () => {
    const copy = join(folder, 'copy');
    const model = loadModel(join(one, 'model.gradloom'));
    saveModel(copy, model);
    expect(await inspect(one, '--diff', copy)).toContain('the same weights');
    const bits = new BigUint64Array(model.parameters.buffer, model.parameters.byteOffset + 8 * 31, 1);
    bits[0] ^= 1n;
    saveModel(copy, model);
    const { tensors } = await json(one, '--diff', copy);
    expect(tensors).toEqual([expect.objectContaining({ name: '1.1.W', differing: 1, at: 1 })]);
  });

  test('of two types names both, and says whether the numbers are the same', async () => {
    const [floats, widened] = ['floats', 'widened'].map((name) => join(folder, `${name}.gradloom`));
    await gradloom(['export', one, floats, '--precision', 'float32']);
    await gradloom(['export', floats, widened, '--precision', 'float64']);
    const said = async (a: string, b: string) => (await inspect(a, '--diff', b)).split('\n')[0];
    expect(await said(floats, widened)).toBe(`${floats} and ${widened}: the same numbers, float32 and float64`);
    expect(await said(one, floats)).toMatch(/: other weights, float64 and float32$/);
    expect(await json(widened, '--diff', floats)).toMatchObject({
      sameWeights: false,
      tensors: [],
      precisions: ['float64', 'float32'],
    });
  });

  test('lists tensors that only one of them has', async () => {
    const small = join(folder, 'small');
    saveModel(small, { spec: { input: 2, layers: [{ kind: 'dense', out: 6 }] }, parameters: new Float64Array(18) });
    const { unmatched } = await json(one, '--diff', small);
    expect(unmatched).toEqual(['1.0.gamma 6', '1.0.beta 6', '1.1.W 6x6', '1.1.b 6', '2.W 6x2', '2.b 2']);
  });
});

test('metadata that fill a header are cut, and say so: by length and by number', async () => {
  const [a, b] = ['a', 'b'].map((name) => {
    const path = join(folder, `full ${name}`);
    const long = `${name} `.repeat(100_000);
    const many = Object.fromEntries(Array.from({ length: 20_000 }, (_, k) => [`key ${k}`, name]));
    const layers = [{ kind: 'dense' as const, out: 1 }];
    saveModel(path, { spec: { input: 2, layers }, parameters: new Float64Array(3), metadata: { long, ...many } });
    return path;
  });
  const text = await inspect(a, '--diff', b);
  expect(text).toMatch(/(a ){5,}a?\.\.\./);
  expect(text).toContain('and 19,001 rows more: --json has them all\n');
  expect(text.match(/\ba\b/g)?.length).toBeLessThan(1200);
  expect((await json(a, '--diff', b)).options).toHaveLength(20_001);
});

test('a model that float32 cannot hold says so', async () => {
  const path = join(folder, 'beyond.gradloom');
  const spec = { input: 2, layers: [{ kind: 'dense' as const, out: 1 }] };
  saveModel(path, { spec, parameters: Float64Array.of(1, 1e39, 0) });
  expect(await inspect(path)).toMatch(/^precision +float64; float32 cannot hold the largest weights$/m);
  expect(await json(path)).toMatchObject({ precision: 'float64', largestChange: null });
});

test('statistics of a tensor leave out and count numbers that are not finite', () => {
  const values = Float64Array.of(1, Number.NaN, -3, 0, Number.POSITIVE_INFINITY, 2);
  const { name, shape, isTrained, ...figures } = tensorFigures({ name: 'x', shape: [6], isTrained: true, values });
  expect(figures).toEqual({ min: -3, max: 2, mean: 0, std: Math.sqrt(14 / 4), zeros: 1, notFinite: 2 });
  const none = tensorFigures({ name, shape, isTrained, values: Float64Array.of(Number.NaN) });
  expect(none).toMatchObject({ min: null, mean: null, notFinite: 1 });
});

test('what it prints keeps to a terminal of 80 columns', async () => {
  for (const args of [[one], [join(one, 'last.gradloom')], [one, '--diff', other]]) {
    const { stdout } = await gradloom(['inspect', ...args], { terminal: 80 });
    const long = stdout
      .split('\n')
      .filter((line) => line.length > 80 && !/[0-9a-f]{64}|: (model|checkpoint) of|weights$/.test(line));
    expect(long).toEqual([]);
  }
});

test('a missing file, or one that is not a Gradloom file, is refused in one sentence', async () => {
  const text = join(folder, 'text');
  writeFileSync(text, 'x'.repeat(100));
  for (const [args, code, sentence] of [
    [[text], 1, 'text is not a Gradloom file, expected a model or a checkpoint (it begins with "xxxxxxxxxxxxxxxx")'],
    [[join(folder, 'none')], 1, 'none does not exist, expected a run or a model file'],
    [[one, '--diff', text], 1, 'is not a Gradloom file'],
    [[], 2, 'the file is missing, expected a model, a checkpoint or a run'],
    [[one, other], 2, 'is not needed, expected one file, and another after --diff'],
  ] as const) {
    const outcome = await gradloom(['inspect', ...args]);
    expect(outcome).toMatchObject({ code, stdout: '', stderr: expect.stringContaining(sentence) });
    expect(outcome.stderr).toMatch(/^gradloom inspect: [^\n]*, expected [^\n]*\n$/);
  }
});
