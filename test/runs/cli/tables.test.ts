import { createRandom } from '@gradloom/core';
import { loadModel } from '@gradloom/runtime';
import { beforeAll, describe, expect, test } from 'vitest';
import { gradloom, jsonLines } from '../../support/command-line.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

const folder = temporaryFolder();
const random = createRandom(7, 'houses');

/** Houses with gaps and words; the price is thousands of their size and place. */
const houses = Array.from({ length: 160 }, (_, n) => {
  const size = 40 + Math.floor(120 * random.uniform());
  const city = ['Bonn', 'Köln', 'Trier'][n % 3];
  const price = 2000 * size + (city === 'Köln' ? 90_000 : 0) + 5000 * random.normal();
  return { id: n + 1, size: n % 9 === 0 ? '' : size, city, garden: n % 2 ? 'yes' : 'no', price: Math.round(price) };
});
type House = (typeof houses)[number];
const linesOf = (columns: readonly (keyof House)[], rows: readonly House[] = houses) =>
  `${[columns, ...rows.map((row) => columns.map((name) => row[name]))].map((line) => line.join(',')).join('\n')}\n`;

const file = folder.write('houses.csv', linesOf(['id', 'size', 'city', 'garden', 'price']));
const run = `${folder.path}/run`;
const quick = ['--hidden', '8', '--epochs', '30', '--batch', '16', '--lr', '0.02', '--threads', '1', '--test', '0.25'];
const flags = ['train', '--dataset', file, '--drop', 'id', ...quick];

let lines: Record<string, unknown>[] = [];
beforeAll(async () => {
  const outcome = await gradloom([...flags, '--validation', '0.1', '--out', run, '--json']);
  expect(outcome).toMatchObject({ code: 0, stderr: '' });
  lines = jsonLines(outcome.stdout);
});

describe('training on a table', () => {
  test('prints first the findings on each column, and the decisions', () => {
    const [start] = lines;
    const columns = start.columns as { name: string; role: string; type: string; gaps: number }[];
    expect(columns.map(({ name, role, type, gaps }) => [name, role, type, gaps])).toEqual([
      ['size', 'input', 'numeric', 18],
      ['city', 'input', 'categorical', 0],
      ['garden', 'input', 'boolean', 0],
      ['id', 'left out', null, 0],
      ['price', 'target', 'values', 0],
    ]);
    expect(start.decisions).toEqual([
      'houses.csv: fields separated by commas, names of columns in line 1',
      'the target "price" is read as values: more than 20 different numbers (--targets classes reads it as classes)',
      'numbers are scaled by mean and deviation of the training rows (--scale minmax, robust or none)',
      'gaps are filled with the median, or are a category (--missing drop leaves their rows out)',
      'held out: 16 rows for validation and 40 rows for the test, at random (--validation 0 --test 0 hold out none)',
      'no early stopping: 16 validation rows are too few to tell the best step, 100 are enough (--patience 20 stops early)',
    ]);
  });

  test('shows the same as a table on a terminal', async () => {
    const { stdout } = await gradloom([...flags, '--no-out']);
    expect(stdout).toMatch(/^column +type +why +gaps +becomes\n/);
    expect(stdout).toMatch(/^size +numeric .* 18 /m);
    expect(stdout).toMatch(/^id +left out$/m);
    expect(stdout).toMatch(/^price +target: values /m);
    const shown = await gradloom([...flags, '--no-out'], { terminal: 60, env: { NO_COLOR: '1' } });
    const [head] = shown.stdout.split('Trained');
    expect(Math.max(...head.split('\n').map((line) => line.length))).toBeLessThanOrEqual(60);
    for (const word of stdout.split('Trained')[0].match(/\(--[^)]*\)/g) ?? []) {
      expect(head.replaceAll(/\s+/g, ' ')).toContain(word);
    }
  });

  test('gives loss and metrics in the units of the target', () => {
    const done = lines.at(-1) ?? {};
    expect(done.testRmse).toBeGreaterThan(1000);
    expect(done.testLoss).toBeCloseTo(Number(done.testRmse) ** 2, -2);
    expect(done.testR2).toBeGreaterThan(0.8);
    const epochs = lines.filter(({ event }) => event === 'epoch');
    const last = epochs.at(-1) ?? {};
    expect(last.validationLoss).toBeCloseTo(Number(last.validationRmse) ** 2, -2);
    // Errors of the training rows are of the same size as those of others.
    expect(Number(last.trainLoss) / Number(last.validationLoss)).toBeGreaterThan(0.1);
    expect(Number(last.trainLoss) / Number(last.validationLoss)).toBeLessThan(10);
  });

  test('is measured again on the rows that were split off by time, in the encoding that was said', async () => {
    const out = `${folder.path}/by-time`;
    const lines = Array.from({ length: 200 }, (_, n) => `${n / 2},${n % 7},${n + (n % 7)}.5`);
    const path = folder.write('time.csv', Buffer.from(`\xe4,x,y\n${lines.join('\n')}`, 'latin1'));
    const flags = [
      '--split',
      'time:д',
      '--encoding',
      'windows-1251',
      '--target',
      'y',
      '--out',
      out,
      '--quiet',
      '--json',
    ];
    const [done] = jsonLines((await gradloom(['train', '--dataset', path, ...flags, ...quick])).stdout);
    const [again] = jsonLines((await gradloom(['evaluate', out, '--json'])).stdout);
    expect([again.rows, again.rmse]).toEqual([50, done.testRmse]);
    const random = ['--dataset', path, ...flags.slice(2, 6), '--no-out', '--quiet', '--json'];
    expect(jsonLines((await gradloom(['train', ...random, ...quick])).stdout)[0].testRmse).not.toBe(done.testRmse);
  });

  test('leaves out what numbers the rows, and says so', async () => {
    const { stdout, code } = await gradloom(['train', '--dataset', file, ...quick, '--no-out']);
    expect(stdout).toContain(
      'column "id" is left out: the numbers of the rows, from 1 to 160 (--column id:numeric keeps it)',
    );
    expect(code).toBe(0);
  });

  test('is the same run again from the command in its files', async () => {
    const again = await gradloom(['train', '--config', `${run}/config.json`, '--no-out', '--json']);
    expect(jsonLines(again.stdout).at(-1)).toMatchObject({ fingerprint: lines.at(-1)?.fingerprint });
  });

  test('goes on from its checkpoint, and not on a table that was scaled otherwise', async () => {
    const longer = `${folder.path}/longer`;
    const plain = ['train', '--dataset', file, '--drop', 'id', '--hidden', '8', '--batch', '16', '--validation', '0'];
    const steady = [...plain, '--test', '0.25', '--schedule', 'constant'];
    await gradloom([...steady, '--epochs', '30', '--out', longer, '--quiet']);
    const more = await gradloom(['train', '--resume', longer, '--epochs', '40', '--no-out', '--json']);
    const atOnce = await gradloom([...steady, '--epochs', '40', '--no-out', '--json', '--threads', '1']);
    const last = jsonLines(more.stdout).at(-1) ?? {};
    expect(last).toMatchObject({ fingerprint: jsonLines(atOnce.stdout).at(-1)?.fingerprint, epochs: 40 });
    const changed = houses.map((house) => ({ ...house, price: house.price * 2 }));
    const other = folder.write('other.csv', linesOf(['id', 'size', 'city', 'garden', 'price'], changed));
    const refused = await gradloom(['train', '--resume', `${run}/last.gradloom`, '--dataset', other, '--no-out']);
    expect(refused.stderr).toMatch(/^gradloom train: preprocessing\.target\[0\]\.center has \d.*: a resume continues/);
    expect(refused.code).toBe(2);
  });
});

describe('a model of a table', () => {
  test('is evaluated on its own rows, to the figures of the run', async () => {
    const [evaluation] = jsonLines((await gradloom(['evaluate', run, '--json'])).stdout);
    const done = lines.at(-1) ?? {};
    expect(evaluation).toMatchObject({
      split: 'test',
      rows: 40,
      loss: done.testLoss,
      rmse: done.testRmse,
      r2: done.testR2,
    });
  });

  test('is evaluated on another file by the names of its columns, in any order', async () => {
    const rows = houses.slice(0, 30);
    const other = folder.write('mixed.csv', `${linesOf(['price', 'garden', 'city', 'size'], rows)},no,Bonn,100\n`);
    const { stdout, stderr } = await gradloom(['evaluate', run, '--dataset', other, '--json']);
    expect(stderr).toBe(
      'gradloom evaluate: warning: 1 of 31 rows: the row has no "price", the target, and is left out: it is line 32\n',
    );
    const [evaluation] = jsonLines(stdout);
    const answers = loadModel(`${run}/model.gradloom`).predict(
      rows.map(({ size, city, garden }) => ({ size, city, garden })),
    );
    const errors = rows.map(({ price }, n) => Number(answers[n].prediction) - price);
    const rmse = Math.sqrt(errors.reduce((sum, error) => sum + error * error, 0) / errors.length);
    expect(evaluation).toMatchObject({ split: 'all', rows: 30, rmse: expect.closeTo(rmse, 6) });
  });

  test('is inspected with its columns', async () => {
    const { stdout } = await gradloom(['inspect', run]);
    expect(stdout).toMatch(/^columns +size \(numeric\), city \(categorical\), garden \(boolean\)$/m);
    expect(stdout).toMatch(/^target +price \(values\)$/m);
    const [description] = jsonLines((await gradloom(['inspect', run, '--json'])).stdout);
    expect(description.preprocessing).toEqual(loadModel(`${run}/model.gradloom`).preprocessing);
  });

  test('refuses a file without one of its columns', async () => {
    const other = folder.write('few.csv', linesOf(['size', 'city', 'price']));
    const { stderr, code } = await gradloom(['evaluate', run, '--dataset', other]);
    expect(stderr).toBe(
      `gradloom evaluate: --dataset ${other} has the columns "size", "city", "price", expected "garden" too, which the model was trained with\n`,
    );
    expect(code).toBe(1);
  });
});

describe('an option of tables is refused by its flag', () => {
  test.each([
    [['--drop', 'nothing'], '--drop has "nothing", expected one of "id", "size"'],
    [
      ['--target', 'prize'],
      '--target has "prize", expected one of "id", "size", "city", "garden", "price" (1 to 5) (did you mean price?)',
    ],
    [['--column', 'size'], '--column has "size", expected a column and its type, such as age:numeric'],
    [['--column', 'size:number'], '--column size has "number", expected one of numeric, categorical, boolean, date'],
    [['--column', 'city:numeric'], `--dataset ${file}: line 2, column 3 ("city") has "Bonn", expected a number`],
    [['--one-hot-limit', '0'], '--one-hot-limit has 0, expected a whole number of at least 1'],
    [['--scale', 'log'], '--scale has "log", expected one of standard, minmax, robust, none'],
  ])('%s', async (more, sentence) => {
    const { stderr, code } = await gradloom(['train', '--dataset', file, ...more, '--no-out']);
    expect(stderr).toContain(`gradloom train: ${sentence}`);
    expect(stderr.match(/\n/g)).toHaveLength(1);
    expect(code).toBeGreaterThan(0);
  });
});

describe('a target with one class is refused, and named where only the training rows have one', () => {
  const few = ['--hidden', 'none', '--steps', '2', '--threads', '1', '--no-out', '--quiet'];

  test.each([
    ['in the table', 'a,b\n1,x\n2,x\n', [], 'has the class "x" in all 2 rows'],
    ['in a table of one row', 'a,b\n1,x\n', [], 'has the class "x" in its only row'],
    ['in a cache', 'a,b\n1,x\n2,x\n', ['--stream'], 'has the class "x" in all 2 rows'],
    ['of several targets', 'a,b,c\n1,x,2\n2,x,3\n', ['--target', 'b,c'], 'has the class "x" in all 2 rows'],
  ])('%s', async (_where, text, more, has) => {
    const one = folder.write('one.csv', text);
    const outcome = await gradloom(['train', '--dataset', one, ...few, ...more]);
    expect(outcome.stderr).toMatch(/^gradloom train: [^\n]*\n$/);
    expect(outcome.stderr).toContain(`one.csv: column "b", the target, ${has}, expected two classes or more`);
    expect(outcome.code).toBe(1);
  });

  test('in the training rows', async () => {
    const one = folder.write('one.csv', 'a,b\n1,x\n2,x\n3,y\n');
    const { code, stderr } = await gradloom(['train', '--dataset', one, ...few, '--test', '0.34']);
    expect(stderr).toMatch(/^gradloom train: warning: [^\n]*\n$/);
    const has = 'has "x" in all training rows, so there is nothing to tell apart';
    expect(stderr).toContain(`one.csv: column "b", the target, ${has}`);
    expect(code).toBe(0);
  });
});

test('flags of columns may be repeated, and stand in the file as typed', async () => {
  const more = ['--column', 'size:numeric', '--column', 'city:categorical', '--drop', 'id,garden', '--target', 'price'];
  const { stdout, stderr } = await gradloom(['train', '--dataset', file, ...more, ...quick, '--no-out', '--json']);
  expect(stderr).toBe('');
  const [start] = jsonLines(stdout);
  expect(start.options).toMatchObject({
    column: { size: 'numeric', city: 'categorical' },
    drop: ['id', 'garden'],
    target: ['price'],
  });
});

test('a table with more columns than rows has a linear model, and its folds are compared with a constant', async () => {
  const wave = (n: number, c: number): number => Math.sin((n + 1) * (c + 1) * 12.9898) * 43758.5453;
  const cell = (n: number, c: number): number => wave(n, c) - Math.floor(wave(n, c));
  const lines = Array.from({ length: 60 }, (_, n) =>
    Array.from({ length: 2101 }, (_, c) => cell(n, c).toFixed(4)).join(','),
  );
  const names = Array.from({ length: 2101 }, (_, c) => `c${c}`).join(',');
  const wide = folder.write('wide.csv', [names, ...lines].join('\n'));
  const run = ['train', '--dataset', wide, '--hidden', '16', '--threads', '1', '--no-out'];
  const { stdout } = await gradloom([...run, '--steps', '120']);
  const text = stdout.replace(/\s+/g, ' ');
  expect(text).toMatch(/test RMSE [\d.]+; linear model: [\d.]+; always answering the mean: [\d.]+/);
  expect(text).toMatch(
    /The network overfits: its RMSE is [\d.]+ on training rows and [\d.]+ on validation rows \(2,100 inputs for 48/,
  );
  const folds = (await gradloom([...run, '--steps', '20', '--folds', '3'])).stdout;
  expect(folds).toMatch(
    /^The network is (no|hardly) better than always answering the mean: mean rmse [\d.]+, and [\d.]+ of/m,
  );
});
