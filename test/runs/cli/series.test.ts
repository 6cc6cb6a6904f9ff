import { join } from 'node:path';
import { loadModel } from '@gradloom/runtime';
import { beforeAll, expect, test } from 'vitest';
import { gradloom, jsonLines } from '../../support/command-line.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

const folder = temporaryFolder();
const noise = (n: number): number => ((n * 7919) % 100) / 500;
const sales = (n: number): number => 100 + 20 * Math.sin((2 * Math.PI * n) / 12) + noise(n);
const dateOf = (n: number): string => new Date(Date.UTC(2024, 0, 1 + n)).toISOString().slice(0, 10);
const rows = Array.from({ length: 300 }, (_, n) => `${dateOf(n)},${n % 7},${sales(n).toFixed(3)}`);
const tableOf = (lines: readonly string[]) => ['date,weekday,sales', ...lines, ''].join('\n');
const file = folder.write('sales.csv', tableOf(rows));
const run = join(folder.path, 'run');
const series = (context = '12') => ['--target', 'sales', '--series', 'date', '--context', context];
const quick = ['--network', 'gru:1x8', '--lr', '0.02', '--backend', 'wasm', '--threads', '1', '--steps', '150'];

let fingerprint: unknown;
beforeAll(async () => {
  const started = await gradloom(['train', '--dataset', file, ...series(), ...quick, '--out', run]);
  expect(started.code).toBe(0);
  expect(started.stdout).toMatch(/^windows of 12 rows \(--context\) forecast "sales" in the row after each/m);
  expect(started.stdout).toMatch(/^held out: 30 rows for validation and 30 rows for the test, the last in time/m);
  expect(started.stdout).toMatch(
    /^test RMSE [\d.]+; linear model: [\d.]+; last value: [\d.]+; value\s+one\s+week\s+before:\s+[\d.]+;\s+always\s+answering\s+the\s+mean:\s+[\d.]+$/m,
  );
  fingerprint = loadModel(join(run, 'model.gradloom')).fingerprint;
});

test('a run is repeated by its config on more threads', async () => {
  const { stdout } = await gradloom([
    ...['train', '--config', join(run, 'config.json'), '--threads', '2', '--no-out', '--quiet', '--json'],
  ]);
  expect(jsonLines(stdout)[0]).toMatchObject({ fingerprint });
});

test('evaluate has the errors of the model and of the last value, in units of the target', async () => {
  const { stdout } = await gradloom(['evaluate', run, '--json']);
  const [evaluation] = jsonLines(stdout) as { rows: number; mae: number; rmse: number; naive: { mae: number } }[];
  expect(evaluation.rows).toBe(30 - 12);
  const test = Array.from({ length: 18 }, (_, n) => 282 + n);
  const naive = test.reduce((sum, n) => sum + Math.abs(sales(n) - sales(n - 1)), 0) / test.length;
  expect(evaluation.naive.mae).toBeCloseTo(naive, 2);
  expect(evaluation.mae).toBeLessThan(naive / 3);
  expect((await gradloom(['evaluate', run])).stdout).toMatch(
    /^ +naive mae +[\d.]+ +\(the last value of the window\)$/m,
  );
});

test('the last rows of a table or a stream are answered with the value after them', async () => {
  const { stdout } = await gradloom(['predict', run, file]);
  const [head, value, ...others] = stdout.trimEnd().split('\n');
  expect([head, others]).toEqual(['prediction', []]);
  expect(Math.abs(Number(value) - sales(300))).toBeLessThan(3);
  const last = folder.write('rows', tableOf(rows.slice(-12)));
  expect((await gradloom(['predict', run, last])).stdout).toBe(stdout);
  const objects = rows.slice(-12).map((row) => {
    const [date, weekday, sales] = row.split(',');
    return JSON.stringify({ date, weekday, sales });
  });
  const json = folder.write('objects', objects.join('\n'));
  const answered = jsonLines((await gradloom(['predict', run, json, '--json'])).stdout);
  expect(answered).toEqual([{ prediction: Number(value) }]);
});

test('inspect shows windows and network', async () => {
  const { stdout } = await gradloom(['inspect', run]);
  expect(stdout).toMatch(/^series +windows of 12 rows by date; the row after one is forecast$/m);
  expect(stdout).toContain('12x2 · gru 8 · dense 1');
});

test.each([
  ['too few rows', rows.slice(-11), 'short.csv has 11 rows, expected 12 or more (a window of the model)'],
  [
    'a gap',
    rows.filter((_, n) => n !== 7),
    'gap.csv: line 9 has the time 2024-01-09, expected 2024-01-08 (1 day after',
  ],
])('predict refuses %s in a sentence', async (_name, lines, sentence) => {
  const path = folder.write(sentence.split(/[ :]/)[0], tableOf(lines));
  expect(await gradloom(['predict', run, path])).toMatchObject({ code: 1, stderr: expect.stringContaining(sentence) });
});

test.each([
  [[...series(), '--folds', '3'], '--folds has 3, expected none: a series is split by time (validation, test)'],
  [[...series(), '--class-weight', 'balanced'], 'expected none (the targets of'],
  [series('300'), `train: --context has 300, and the training rows of ${file} have 300 rows of a series, expected 301`],
  [
    ['--target', 'sales', '--series', 'date', '--test', '0.85'],
    `train: --context has 24, and the training rows of ${file} have 15 rows of a series, expected 25 or more`,
  ],
])('train refuses %s in a sentence', async (flags, sentence) => {
  const { code, stderr } = await gradloom(['train', '--dataset', file, ...flags, ...quick, '--no-out']);
  expect(code).toBeGreaterThan(0);
  expect(stderr).toContain(sentence);
});

test('several steps of several series are forecast, a line for each series', async () => {
  const mixed = rows.slice(0, 80).flatMap((row) => [`north,${row}`, `south,${row}`]);
  const path = folder.write('shops.csv', ['shop,date,weekday,sales', ...mixed, ''].join('\n'));
  const out = join(folder.path, 'shops');
  const command = [
    ...series(),
    '--series-key',
    'shop',
    '--horizon',
    '2',
    '--steps',
    '2',
    '--hidden',
    '4',
    '--out',
    out,
  ];
  const started = await gradloom(['train', '--dataset', path, ...command]);
  expect(started.code).toBe(0); // a slow machine shows the epochs in stderr
  expect(started.stdout).not.toContain('not trained on');
  const opening = rows.slice(70, 80).map((row) => `east,${row}`);
  const shorter = folder.write('opening.csv', ['shop,date,weekday,sales', ...mixed, ...opening, ''].join('\n'));
  expect((await gradloom(['train', '--dataset', shorter, ...command.slice(0, -2), '--no-out'])).stdout).toContain(
    'not trained on: 1 of 3 series (east), with fewer than the 14 training rows of a window and its forecast (--context)',
  );
  expect(started.stdout).toMatch(/^no rows are held out: a tenth of a series has less than the 14 rows of a window/m);
  expect(started.stdout).toMatch(/^no early stopping: it needs validation rows \(--validation 0\.2\)$/m);
  const { stdout } = await gradloom(['predict', out, path]);
  const [head, ...lines] = stdout
    .trimEnd()
    .split('\n')
    .map((line) => line.split(','));
  expect(head).toEqual(['shop', 'sales+1', 'sales+2']);
  expect(lines.map(([shop]) => shop)).toEqual(['north', 'south']);
  expect(lines[0].slice(1)).toEqual(lines[1].slice(1));
});

test('a series with gaps is trained with a flag, and its model forecasts and is measured with gaps, too', async () => {
  const at = (n: number): string => new Date(Date.UTC(2024, 0, 1, n)).toISOString();
  const lines = Array.from({ length: 400 }, (_, n) => `${at(n)},${(n % 24) + noise(n)}`).filter(
    (_, n) => n % 90 !== 50,
  );
  const gappy = folder.write('gappy.csv', ['time,load', ...lines, ''].join('\n'));
  const flags = ['--target', 'load', '--series', 'time', '--horizon', '3'];
  const refused = await gradloom(['train', '--dataset', gappy, ...flags, ...quick, '--no-out']);
  expect(refused.stderr).toMatch(/line 52 .*--series-gaps interpolate .*--series-gaps skip .*--every /);
  for (const ways of [
    ['--series-gaps', 'skip'],
    ['--every', '1h', '--series-gaps', 'interpolate'],
  ]) {
    const out = join(folder.path, ways.join('').replaceAll('-', ''));
    const trained = await gradloom(['train', '--dataset', gappy, ...flags, ...ways, ...quick, '--out', out]);
    expect(trained.stdout).toMatch(/^4 gaps in time: /m);
    expect(trained.stdout).toMatch(/value\s+one\s+day\s+before:/);
    const evaluated = (await gradloom(['evaluate', out])).stdout;
    expect(evaluated).toMatch(/^ +step +mae +rmse +rmse of the last value +of the value one day before$/m);
    expect(evaluated).toMatch(/^ +load\+3( +[\d.]+){4}$/m);
    expect((await gradloom(['predict', out, gappy])).stdout).toMatch(
      /^load\+1,load\+2,load\+3\n[\d.]+,[\d.]+,[\d.]+\n$/,
    );
  }
});
