import { join } from 'node:path';
import { embedding, identity, saveModel, sequential } from '@gradloom/runtime';
import { beforeAll, expect, test } from 'vitest';
import { gradloom } from '../../support/command-line.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

const folder = temporaryFolder();
const model = join(folder.path, 'model.gradloom');
const spec = sequential(1, identity(), embedding(2, 1));
const problem = (has: number) =>
  `embedding(2x1) at layer 1: index at place 0 has ${has}, expected a whole number from 0 to 1`;

beforeAll(() => saveModel(model, { spec, parameters: Float64Array.of(5, 6), loss: 'mse' }));

test('predict names a row that a layer cannot take by its place in the source', async () => {
  const rows = folder.write(
    'rows.csv',
    `${Array.from({ length: 300 }, (_, n) => (n === 290 ? 0.5 : n % 2)).join(',0\n')},0\n`,
  );
  expect(await gradloom(['predict', model, '--dataset', rows, '--rows', '0..1,289..291'])).toEqual({
    code: 1,
    stdout: '0\t5.000\ttarget 0\n1\t6.000\ttarget 0\n',
    stderr: `gradloom predict: row 290: ${problem(0.5)}\n`,
  });
  const piped = await gradloom(['predict', model], { stdin: '[0]\n[2]\n' });
  expect(piped).toMatchObject({ code: 1, stderr: `gradloom predict: row 1: ${problem(2)}\n` });
});

test('evaluate names it likewise, and tries once', async () => {
  const rows = folder.write('few.csv', '0,5\n1,6\n3,7\n');
  expect(await gradloom(['evaluate', model, '--dataset', rows])).toEqual({
    code: 1,
    stdout: '',
    stderr: `gradloom evaluate: row 2 of ${rows}: ${problem(3)}\n`,
  });
});

test('train ends at its step, and tries once', async () => {
  const network = JSON.stringify(spec);
  const rows = folder.write('train.csv', '0,5\n1,6\n3,7\n');
  const flags = ['--scale', 'none', '--batch', '1', '--no-shuffle', '--threads', '1', '--no-out', '--quiet'];
  const { code, stderr } = await gradloom(['train', '--dataset', rows, '--test', '0', '--spec', network, ...flags]);
  expect({ code, stderr }).toEqual({ code: 1, stderr: `gradloom train: step 2: row 2 of ${rows}: ${problem(3)}\n` });
});
