import { join } from 'node:path';
import { loadModel } from '@gradloom/runtime';
import { expect, test } from 'vitest';
import { gradloom, jsonLines } from '../../../support/command-line.ts';
import { temporaryFolder } from '../../../support/temporary-folder.ts';

const { path: folder, write } = temporaryFolder();
const run = join(folder, 'run');
const quiet = ['--quiet', '--steps', '2', '--backend', 'wasm', '--threads', '1'];
await gradloom(['train', '--dataset', 'iris', '--hidden', '3', ...quiet, '--out', run]);
const model = loadModel(join(run, 'model.gradloom'));
const table = write('rows.csv', 'sepal_length,sepal_width,petal_length,petal_width\n5.1,3.5,1.4,0.2\n6,3,4,1.5\n');

test('predict --layer prints the outputs of a layer, of a table and of rows of a dataset', async () => {
  const outputs = model.outputs(
    [
      [5.1, 3.5, 1.4, 0.2],
      [6, 3, 4, 1.5],
    ],
    { layer: '1' },
  );
  const csv = await gradloom(['predict', run, table, '--layer', '1']);
  expect(csv.stdout).toBe(['1.0,1.1,1.2', ...outputs.map((row) => row.join(',')), ''].join('\n'));
  const json = await gradloom(['predict', run, table, '--layer', '1', '--json']);
  expect(jsonLines(json.stdout)).toEqual(outputs.map((prediction) => ({ prediction })));
  const { stdout, stderr } = await gradloom(['predict', run, '--rows', '0..1', '--layer', '1', '--json']);
  expect([jsonLines(stdout).map(({ row }) => row), stderr]).toEqual([[0, 1], '']);
  expect(jsonLines(stdout)[0].outputs).toHaveLength(3);
});

test('a layer that the model does not have is refused', async () => {
  const { code, stderr } = await gradloom(['predict', run, table, '--layer', 'pool']);
  const problem = '--layer has "pool", expected the name or path of a layer: "0", "1", "2"';
  expect([code, stderr]).toEqual([2, `gradloom predict: ${problem}\n`]);
});
