import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { saveModel } from '@gradloom/runtime';
import { beforeAll, expect, test } from 'vitest';
import { gradloom, jsonLines } from '../../support/command-line.ts';
import { encodeNpy } from '../../support/encode-npy.ts';
import { overflowingModel, overflowingRows } from '../../support/overflowing-model.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

const folder = temporaryFolder();
const [model, values] = ['model', 'values'].map((name) => join(folder.path, `${name}.gradloom`));
const lines = overflowingRows.map((row) => JSON.stringify(row)).join('\n');
const labels = ['left', 'left', 'left', 'left', 'right'];
const csv = overflowingRows.map((row, n) => `${row},${labels[n]}\n`).join('');

beforeAll(() => {
  saveModel(model, overflowingModel);
  const { spec, parameters } = overflowingModel;
  saveModel(values, { spec, parameters, loss: 'mse' });
});

test('predict says that a row has no answer, and why', async () => {
  const { stdout, code } = await gradloom(['predict', model], { stdin: lines });
  expect(stdout.split('\n')).toEqual([
    '0\tleft\t100 %',
    expect.stringMatching(/^1\tright\t\d/),
    '2\tno answer (output 0 has Infinity, expected a finite number)\t-',
    '3\tno answer (output 0 has Infinity, expected a finite number)\t-',
    '4\tno answer (output 0 has -Infinity, expected a finite number)\t-',
    '',
  ]);
  expect(code).toBe(0);
});

test('predict --json has null for class and probability, and the reason', async () => {
  const { stdout } = await gradloom(['predict', model, '--json'], { stdin: lines });
  const answers = jsonLines(stdout);
  expect(answers[1]).toMatchObject({ class: 1, label: 'right' });
  expect(answers[1]).not.toHaveProperty('reason');
  expect(answers[2]).toEqual({
    row: 2,
    class: null,
    probability: null,
    outputs: [null, 9],
    reason: 'output 0 has Infinity, expected a finite number',
  });
});

test('predict also says so for a regression model', async () => {
  const { stdout } = await gradloom(['predict', values], { stdin: lines });
  expect(stdout).toMatch(/^3\tno answer \(output 0 has Infinity, expected a finite number\)$/m);
  const json = jsonLines((await gradloom(['predict', values, '--json'], { stdin: lines })).stdout);
  expect(json[3]).toEqual({ row: 3, outputs: [null, 0], reason: 'output 0 has Infinity, expected a finite number' });
});

test('evaluate counts rows without an answer, as wrong, in their class, and in a column of the matrix', async () => {
  const file = folder.write('rows.csv', csv);
  const { stdout } = await gradloom(['evaluate', model, '--dataset', file]);
  expect(stdout).toMatch(/\n {2}accuracy +20.00 % {2}\(1 of 5\)\n/);
  expect(stdout).toMatch(/\n {2}no answer +3 rows +\(an output is not a finite number, counted as wrong\)\n/);
  expect(stdout).toMatch(/\n {2}left +4 +25.00 % +100 %\n {2}right +1 +0.00 % +0.00 %\n/);
  expect(stdout).toMatch(/\n {2}predicted +left +right +no answer\n {2}left +1 +1 +2\n {2}right +· +· +1\n/);
  const [json] = jsonLines((await gradloom(['evaluate', model, '--dataset', file, '--json'])).stdout);
  expect(json).toMatchObject({ rows: 5, accuracy: 0.2, unanswered: 3 });
  expect(json.classes).toMatchObject([
    { rows: 4, answers: [1, 1], unanswered: 2 },
    { rows: 1, answers: [0, 0], unanswered: 1 },
  ]);
});

test('evaluate has no column for unanswered rows if there are none', async () => {
  const file = folder.write('whole.csv', csv.split('\n').slice(0, 2).join('\n'));
  const { stdout } = await gradloom(['evaluate', model, '--dataset', file]);
  expect(stdout).not.toContain('no answer');
});

test('train says how many test rows have no answer, and its page has a column for them', async () => {
  const [data, out] = ['data', 'run'].map((name) => join(folder.path, name));
  // Sums of 20 numbers of 1.7e308 overflow, whatever the weights are.
  const x = (rows: number[]) =>
    encodeNpy(
      'f8',
      [rows.length, 20],
      rows.flatMap((value) => Array(20).fill(value)),
    );
  folder.write('data/x_train.npy', x([0, 1, 0, 1, 0, 1]));
  folder.write('data/y_train.npy', encodeNpy('u1', [6], [0, 1, 0, 1, 0, 1]));
  folder.write('data/x_test.npy', x([0, 1, 1.7e308]));
  folder.write('data/y_test.npy', encodeNpy('u1', [3], [0, 1, 1]));
  const flags = ['--hidden', '16', '--epochs', '200', '--threads', '1', '--backend', 'reference'];
  const { stdout } = await gradloom(['train', '--dataset', data, '--out', out, ...flags]);
  expect(stdout).toMatch(/\ntest accuracy +66.67 % {2}\(2 of 3; 1 have no answer\)\n/);
  const { answers } = JSON.parse(readFileSync(join(out, 'findings.json'), 'utf8'));
  expect(answers.confusion).toEqual([
    [1, 0, 0],
    [0, 1, 1],
  ]);
  expect(answers.mistakes).toEqual([]);
  expect(readFileSync(join(out, 'confusion.svg'), 'utf8')).toContain('>no answer<');
});
