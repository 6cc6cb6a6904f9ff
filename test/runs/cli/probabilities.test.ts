import { join } from 'node:path';
import { loadModel } from '@gradloom/runtime';
import { expect, test } from 'vitest';
import { gradloom, jsonLines } from '../../support/command-line.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

const folder = temporaryFolder();
const classes = ['cat', 'dog', 'bird'];

/** A row, and the probabilities that a linear teacher gives it. */
function row(n: number) {
  const [x, y, z] = [17, 29, 41].map((step) => ((n * step) % 83) / 41.5 - 1);
  const powers = [2 * x - y, y + z, z - x].map(Math.exp);
  const sum = powers.reduce((a, b) => a + b, 0);
  return { x, y, z, p: powers.map((power) => power / sum) };
}

const rows = Array.from({ length: 300 }, (_, n) => row(n));
const tableOf = (list: readonly { x: number; y: number; z: number; p: readonly number[] }[]): string =>
  [`x,y,z,${classes.join()}`, ...list.map(({ x, y, z, p }) => [x, y, z, ...p].join()), ''].join('\n');
const file = folder.write('soft.csv', tableOf(rows));
const task = ['--target', classes.join(), '--targets', 'probabilities', '--hidden', 'none', '--no-ramps'];
const options = [...task, '--epochs', '60', '--lr', '0.02', '--weight-decay', '0', '--backend', 'wasm'];

test('a network learns the probabilities that another gives', async () => {
  const run = join(folder.path, 'run');
  const { stdout, code } = await gradloom(['train', '--dataset', file, ...options, '--out', run, '--json']);
  expect(code).toBe(0);
  const { testLoss, testAccuracy } = jsonLines(stdout).at(-1) ?? {};
  // No answers have a loss below the entropy of the targets.
  const entropy = rows.reduce((sum, { p }) => sum - p.reduce((s, q) => s + q * Math.log(q), 0), 0) / rows.length;
  expect(testLoss).toBeGreaterThan(0.8 * entropy);
  expect(testAccuracy).toBeGreaterThan(0.95);

  const model = loadModel(join(run, 'model.gradloom'));
  for (const { p, ...inputs } of rows.slice(0, 20)) {
    const { prediction, probabilities = {} } = model.predict([inputs])[0];
    expect(Object.keys(probabilities)).toEqual(classes);
    for (const [k, name] of classes.entries()) expect(Math.abs(probabilities[name] - p[k])).toBeLessThan(0.03);
    expect(prediction).toBe(classes.reduce((a, b) => (probabilities[b] > probabilities[a] ? b : a)));
  }
  const evaluated = await gradloom(['evaluate', run, '--json']);
  expect(JSON.parse(evaluated.stdout)).toMatchObject({ task: 'classes', loss: expect.closeTo(Number(testLoss), 10) });
});

test.each([
  [
    'numbers beyond 1',
    [{ ...rows[0], p: [1.5, -0.5, 0] }],
    '"cat" has 1.5 in row 1, expected a probability from 0 to 1',
  ],
  [
    'rows that add up to less',
    [rows[0], { ...rows[1], p: [0.5, 0.2, 0.1] }],
    'has probabilities of cat, dog, bird in row 2 that add up to 0.8, expected 1',
  ],
])('refuses %s', async (name, list, sentence) => {
  const bad = folder.write(`${name}.csv`, tableOf(list));
  const { stderr, code } = await gradloom(['train', '--dataset', bad, ...task, '--no-out']);
  expect(code).not.toBe(0);
  expect(stderr).toContain(sentence);
});

test('rows with a 1 at their class have the bits of softmax cross-entropy', async () => {
  const fingerprints = await Promise.all(
    ['softmax-cross-entropy', 'soft-target-cross-entropy'].map(async (loss) => {
      const { stdout } = await gradloom([
        'train',
        '--dataset',
        'iris',
        '--loss',
        loss,
        '--steps',
        '20',
        '--no-out',
        '--json',
      ]);
      return jsonLines(stdout).at(-1)?.fingerprint;
    }),
  );
  expect(fingerprints[0]).toMatch(/^[0-9a-f]{64}$/);
  expect(fingerprints[1]).toBe(fingerprints[0]);
});

test('refuses a single column', async () => {
  const { stderr } = await gradloom(['train', '--dataset', file, '--target', 'cat', '--targets', 'probabilities']);
  expect(stderr).toContain(
    '--targets has "probabilities", expected two target columns or more with it, one for each class',
  );
});
