import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { dense, gaussian, input, network, relu } from '@gradloom/runtime';
import { decode } from 'fast-png';
import { beforeAll, expect, test } from 'vitest';
import { gradloom, jsonLines } from '../../support/command-line.ts';
import { encodeIdx } from '../../support/encode-idx.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

const folder = temporaryFolder();
const images = join(folder.path, 'images');
const side = 8;
/** Pictures of a bar, with its place as a class that an autoencoder does not read. */
const bars = Array.from({ length: 160 }, (_, n) =>
  Array.from({ length: side * side }, (_, i) => (((i % side) + n) % side < 3 ? 255 : 0)),
);
const seen = input(side * side).through(dense(16), relu());
const [mean, logVariance] = [seen.through(dense(2)), seen.through(dense(2))];
const z = mean.plus(logVariance.times(0.5).exp().times(mean.through(gaussian())));
const kl = logVariance.plus(1).minus(mean.square()).minus(logVariance.exp()).sum({ keepdims: true }).times(-0.5);
const vae = network({ image: z.through(dense(16), relu(), dense(side * side)), kl });

const labels = bars.map((_, n) => n % side);
for (const set of ['train', 't10k']) {
  const pixels = encodeIdx('unsigned byte', [bars.length, side, side], bars.flat());
  folder.write(`images/${set}-images-idx3-ubyte`, pixels);
  folder.write(`images/${set}-labels-idx1-ubyte`, encodeIdx('unsigned byte', [labels.length], labels));
}
const spec = folder.write('vae.json', JSON.stringify(vae));
const table = folder.write(
  'points.csv',
  ['a,b,kind', ...Array.from({ length: 80 }, (_, n) => `${n % 9},${3 * (n % 9) + 1},${n % 2 ? 'x' : 'y'}`), ''].join(
    '\n',
  ),
);
const quick = ['--backend', 'wasm', '--threads', '2', '--seed', '1', '--steps'];
const loss = ['--loss', `image=binary-cross-entropy:weight=${side * side},kl=output`];

async function printed(...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await gradloom(args);
  expect(code, stderr).toBe(0);
  return stdout;
}

const problemOf = async (...args: string[]): Promise<string> => (await gradloom(args)).stderr;

const run = join(folder.path, 'vae');
beforeAll(async () => {
  const data = ['--dataset', images, '--targets', 'inputs'];
  await printed('train', ...data, '--spec', spec, ...loss, ...quick, '150', '--lr', '0.01', '--out', run);
});

test('the images of a run are their own targets, and evaluate knows it', async () => {
  const [trained] = jsonLines(readFileSync(join(run, 'findings.json'), 'utf8').split('\n')[0]);
  const { testTargets } = trained.result as { testTargets: { image: { rmse: number } } };
  expect(testTargets.image.rmse).toBeLessThan(0.2); // of probabilities, not of their logits
  const [evaluation] = jsonLines(await printed('evaluate', run, '--json'));
  const { targets } = evaluation as { targets: { image: { rmse: number } } };
  expect(targets.image.rmse).toBeCloseTo(testTargets.image.rmse, 12);
});

test('a report shows images beside their reconstructions, and images that the decoder draws', () => {
  const report = readFileSync(join(run, 'report.html'), 'utf8');
  expect(report).toContain('The first 24 images of the test set, each beside what the network makes of it.');
  expect(report).toContain('48 images that the decoder makes of numbers drawn from the normal distribution');
});

test('a model draws images whose bytes follow from the seed, and numbers without a file', async () => {
  const paths = ['a.png', 'b.png', 'c.png'].map((name) => join(folder.path, name));
  expect(await printed('generate', run, paths[0], '--samples', '9', '--seed', '3')).toMatch(
    /9 images of 8 x 8 pixels$/m,
  );
  await printed('generate', run, paths[1], '--samples', '9', '--seed', '3');
  await printed('generate', run, paths[2], '--samples', '9', '--seed', '4');
  const [a, b, c] = paths.map((path) => readFileSync(path));
  expect(b).toEqual(a);
  expect(c).not.toEqual(a);
  expect(decode(a)).toMatchObject({ width: 8 * 9 - 1, height: 2 * 9 - 1 });
  const [first, second] = (await printed('generate', run, '--samples', '2', '--seed', '3')).trim().split('\n');
  expect(first.split(',').map(Number)).toHaveLength(side * side);
  expect((await printed('generate', run, '--seed', '3')).trim()).toBe(first);
  expect(second).not.toBe(first);
  // More rows than are held at a time.
  const many = (await printed('generate', run, '--samples', '1030', '--seed', '3')).trim().split('\n');
  expect(many.slice(0, 2)).toEqual([first, second]);
  expect(new Set(many).size).toBe(1030);
  expect(await problemOf('generate', run, paths[0], '--samples', '1000000000')).toContain(
    '--samples has 1000000000, expected at most 128 images in a file',
  );
  expect(await problemOf('generate', run, '--prompt', 'a')).toContain(
    '--prompt is given with a model that draws rows, expected --samples and --seed alone',
  );
});

test('images have an autoencoder by default', async () => {
  const data = ['--dataset', images, '--targets', 'inputs', '--no-out'];
  expect(await printed('train', ...data, ...quick, '2')).toContain('autoencoder on 8x8x1');
  const problem = await problemOf('train', ...data, '--network', 'convnet', '--spec', spec, ...quick, '2');
  expect(problem).toContain('--network');
  const small = folder.write('small.json', JSON.stringify({ layers: [{ kind: 'dense', out: 10 }] }));
  expect(await problemOf('train', ...data, '--spec', small, ...quick, '2')).toContain(
    'has 10, expected 64 (inputs, which are the targets, of',
  );
});

test('columns of numbers are their own targets, and a model answers them by name', async () => {
  const out = join(folder.path, 'points');
  const flags = ['--drop', 'kind', '--targets', 'inputs', '--network', 'autoencoder:8x1', ...quick, '300'];
  await printed('train', '--dataset', table, ...flags, '--lr', '0.02', '--out', out);
  const rows = folder.write('rows.csv', 'a,b\n2,7\n');
  const [header, answer] = (await printed('predict', out, rows)).trim().split('\n');
  expect(header).toBe('a,b');
  const [a, b] = answer.split(',').map(Number);
  expect(Math.abs(a - 2) + Math.abs(b - 7)).toBeLessThan(2);
  expect(await printed('evaluate', out)).toMatch(/^ {2}r2 +0\.9/m);
});

test.each([
  [['--targets', 'inputs'], 'column 3 ("kind") has "y", expected a number (--drop kind leaves the column out)'],
  [['--targets', 'inputs', '--target', 'a'], '--target has ["a"], expected none with targets inputs'],
])('a table with %j says what to change', async (flags, problem) => {
  expect(await problemOf('train', '--dataset', table, ...flags, '--no-out')).toContain(problem);
});

test.each([
  [['--target', 'price'], '--target is given with --dataset xor, expected a table'],
  [['--drop', 'a'], '--drop is given with --dataset xor, expected a table'],
  [['--targets', 'classes'], '--targets is given with --dataset xor, expected inputs or a table'],
])('a dataset that is no table refuses %j', async (flags, problem) => {
  expect(await problemOf('train', '--dataset', 'xor', ...flags, '--no-out')).toContain(problem);
});
