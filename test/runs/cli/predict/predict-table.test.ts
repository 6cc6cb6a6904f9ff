import { readdirSync, readlinkSync } from 'node:fs';
import { createRandom } from '@gradloom/core';
import { loadModel, saveModel } from '@gradloom/runtime';
import { beforeAll, describe, expect, test, vi } from 'vitest';
import { gradloom, jsonLines } from '../../../support/command-line.ts';
import { temporaryFolder } from '../../../support/temporary-folder.ts';

const folder = temporaryFolder();
const random = createRandom(2, 'animals');
const animals = Array.from({ length: 90 }, (_, n) => ({
  weight: n % 8 === 0 ? '' : String(Math.round(100 * random.uniform()) / 10),
  home: ['house', 'zoo, or "park"', 'wood'][n % 3],
  kind: ['cat', 'big, emu', 'fox'][n % 3],
  years: String(1 + (n % 20) + 0.5),
}));
const quote = (cell: string) => `"${cell.replaceAll('"', '""')}"`;
const textOf = (names: readonly (keyof (typeof animals)[number])[], rows = animals) =>
  `${[names, ...rows.map((row) => names.map((name) => quote(row[name])))].map((line) => line.join(',')).join('\n')}\n`;

const file = folder.write('animals.csv', textOf(['weight', 'home', 'kind', 'years']));
const [classes, values] = [`${folder.path}/classes`, `${folder.path}/values`];
const quick = ['--hidden', '4', '--epochs', '3', '--threads', '1', '--quiet', '--validation', '0', '--test', '0'];

beforeAll(async () => {
  const common = ['train', '--dataset', file, ...quick];
  expect(await gradloom([...common, '--target', 'kind', '--out', classes])).toMatchObject({ code: 0 });
  expect(await gradloom([...common, '--target', 'years', '--drop', 'kind', '--out', values])).toMatchObject({
    code: 0,
  });
});

const few = animals.slice(0, 12);
const cells = few.map(({ weight, home, years }) => ({ weight, home, years }));
const answersOf = (run: string) =>
  loadModel(`${run}/model.gradloom`).predict(
    cells.map(({ weight, home, years }) => (run === classes ? { weight, home, years } : { weight, home })),
  );

describe.each([
  ['classes', classes],
  ['values', values],
])('rows of a table of %s', (_kind, run) => {
  test('get the answers of the library, as a line of JSON each', async () => {
    const rows = folder.write('rows.csv', textOf(['home', 'years', 'weight'], few));
    const { stdout, code } = await gradloom(['predict', run, rows, '--json']);
    expect(code).toBe(0);
    expect(jsonLines(stdout)).toEqual(answersOf(run));
  });

  test('get the same from JSON lines, and from CSV, on standard input', async () => {
    const lines = `${cells.map((row) => JSON.stringify(row)).join('\n')}\n`;
    const fromJson = await gradloom(['predict', run, '--json'], { stdin: lines });
    expect(jsonLines(fromJson.stdout)).toEqual(answersOf(run));
    const fromCsv = await gradloom(['predict', run, '-', '--json'], {
      stdin: textOf(['weight', 'home', 'years'], few),
    });
    expect(fromCsv.stdout).toBe(fromJson.stdout);
    const utf16 = folder.write('rows.txt', Buffer.from(`\ufeff${textOf(['weight', 'home', 'years'], few)}`, 'utf16le'));
    expect((await gradloom(['predict', run, utf16, '--json'])).stdout).toBe(fromJson.stdout);
    const lines16 = folder.write('lines.txt', Buffer.from(`\ufeff${lines}`, 'utf16le'));
    expect((await gradloom(['predict', run, lines16, '--json'])).stdout).toBe(fromJson.stdout);
  });
});

test('without --json the answers are a table that reads back as such', async () => {
  const rows = folder.write('rows.csv', textOf(['weight', 'home', 'years'], few));
  const { stdout } = await gradloom(['predict', classes, rows]);
  const [head, ...lines] = stdout.trimEnd().split('\n');
  expect(head).toBe('prediction,"p(big, emu)",p(cat),p(fox)');
  const answers = answersOf(classes);
  expect(lines).toEqual(
    answers.map(({ prediction, probabilities = {} }) =>
      [prediction === 'big, emu' ? '"big, emu"' : prediction, ...Object.values(probabilities)].join(','),
    ),
  );
  const years = await gradloom(['predict', values, rows]);
  expect(years.stdout).toBe(
    `prediction\n${answersOf(values)
      .map(({ prediction }) => `${prediction}\n`)
      .join('')}`,
  );
});

test('a probability stands under its class where classes are numbers, and a row without an answer has empty cells', async () => {
  const { spec, parameters, loss = 'softmax-cross-entropy', preprocessing } = loadModel(`${classes}/model.gradloom`);
  if (preprocessing === undefined || !('columns' in preprocessing)) throw new Error('no preprocessing of a table');
  const labels = ['-1', '0', '1']; // an object has -1 last
  const target = [{ name: 'sign', type: 'classes' as const, labels }];
  const path = `${folder.path}/signs.gradloom`;
  saveModel(path, { spec, loss, parameters, preprocessing: { ...preprocessing, target } });
  const rows = folder.write('rows.csv', textOf(['weight', 'home', 'years'], few));
  const signs = await gradloom(['predict', path, rows]);
  const [head, ...lines] = signs.stdout.trimEnd().split('\n');
  expect(head).toBe('prediction,p(-1),p(0),p(1)');
  expect(lines).toEqual(
    loadModel(path)
      .predict(cells.map(({ weight, home, years }) => ({ weight, home, years })))
      .map(({ prediction, probabilities = {} }) => [prediction, ...labels.map((name) => probabilities[name])].join()),
  );
  saveModel(path, { spec, loss, parameters: parameters.map(() => 1e300), preprocessing: { ...preprocessing, target } });
  const none = await gradloom(['predict', path, folder.write('one.csv', 'weight,home,years\n1e9,wood,1e9\n')]);
  expect(none.stdout).toBe(`${head}\n,,,\n`);
});

test('columns that the model does not read are named, and what no training row had is said', async () => {
  const other = [
    { ...few[0], home: 'moon', weight: '3' },
    { ...few[1], weight: '4', years: '' },
    { ...few[1], weight: '4', years: '900' },
    { ...few[1], weight: '4', years: '-7' },
  ];
  const rows = folder.write('rows.csv', textOf(['kind', 'weight', 'home', 'years'], other).replace('kind', 'sort'));
  const { stderr, code } = await gradloom(['predict', classes, rows]);
  expect(stderr.split('\n')).toEqual([
    `gradloom predict: ${rows}: columns that the model does not read: "sort"`,
    'gradloom predict: warning: 1 row has a value such as "moon" in column "home", which no training row had',
    'gradloom predict: warning: 1 row has a gap in column "years", which few or no training rows had',
    expect.stringMatching(
      /^gradloom predict: warning: 2 rows have a value such as "900" in column "years", outside of \S+ to \S+, the range/,
    ),
    '',
  ]);
  expect(code).toBe(0);
});

test('rows of JSON without a key have a gap where training rows had gaps, in a file as in a stream', async () => {
  const lines = (more: object) => `${JSON.stringify({ home: 'house', years: 2, ...more })}\n`.repeat(2);
  const { stdout } = await gradloom(['predict', classes, '--json'], { stdin: lines({ weight: null }) });
  expect(jsonLines(stdout)).toHaveLength(2);
  const absent = await gradloom(['predict', classes, '--json'], { stdin: lines({}) });
  expect(absent).toMatchObject({ code: 0, stdout });
  const inFile = await gradloom(['predict', classes, folder.write('absent.jsonl', lines({})), '--json']);
  expect(inFile).toMatchObject({ code: 0, stdout });
});

test('the column of the target is left unread without a word', async () => {
  expect(await gradloom(['predict', classes, file])).toMatchObject({ code: 0, stderr: '' });
  const png = await gradloom(['predict', classes, 'a.png']);
  expect(png.stderr).toBe('gradloom predict: a.png is an image, expected rows (the model is one of a table)\n');
});

test('evaluation of the same rows gives the same answers, bit by bit', async () => {
  const { stdout } = await gradloom(['predict', values, '--dataset', file, '--json']);
  const all = loadModel(`${values}/model.gradloom`).predict(animals.map(({ weight, home }) => ({ weight, home })));
  expect(jsonLines(stdout).map(({ outputs }) => outputs)).toEqual(all.map(({ prediction }) => [prediction]));
  expect(jsonLines(stdout)[3].target).toEqual([expect.closeTo(4.5, 12)]);
});

describe('is refused with its place', () => {
  const csv = (name: string, text: string) => folder.write(name, text);
  test.each<[rows: () => string | null, stdin: string, sentence: string]>([
    [
      () => csv('a.csv', 'weight,home,years\n1,house,2\nx,house,3\n'),
      '',
      'line 3 of FILE, column "weight" has "x", expected a number',
    ],
    [() => csv('b.csv', 'weight,years\n1,2\n'), '', 'FILE has the columns "weight", "years", expected "home" too'],
    [() => csv('c.csv', 'weight,home,years\n1,house\n'), '', 'line 2 of FILE has 2 columns, expected 3'],
    [
      () => csv('rows', '{"weight":1,"years":3}\n'.repeat(4000)),
      '',
      'line 1 of FILE, column "home" is missing, expected a value, or null for a gap',
    ],
    [() => csv('d.csv', '1,2\n3,4\n'), '', 'line 1 of FILE has 2 columns, expected 3 ("weight", "home", "years")'],
    [() => `${folder.path}/none.csv`, '', 'FILE does not exist, expected a CSV file'],
    [
      () => null,
      '{"weight":1,"home":"house","years":"old"}\n',
      'line 1 of standard input, column "years" has "old", expected a number',
    ],
    [
      () => null,
      '{"weight":1,"years":3}\n',
      'line 1 of standard input, column "home" is missing, expected a value, or null for a gap',
    ],
    [() => null, '[1,"house",2]\n[1]\n', 'line 2 of standard input has 1 cells, expected 3'],
    [
      () => null,
      '{"weight":1,\n',
      'line 1 of standard input has "{\\"weight\\":1,", expected a JSON object by column name',
    ],
    [
      () => null,
      '{"weight":[1],"home":"house","years":1}\n',
      'line 1 of standard input, column "weight" has [1], expected a number',
    ],
  ])('%#: %s', async (rows, stdin, sentence) => {
    const path = rows();
    const { stderr, code } = await gradloom(['predict', classes, ...(path === null ? [] : [path])], { stdin });
    expect(stderr).toContain(`gradloom predict: ${sentence.replace('FILE', path ?? '')}`);
    expect(code).toBe(1);
    if (process.platform === 'linux') await vi.waitFor(() => expect(openFiles()).not.toContain(path));
  });

  /** The paths of open files. */
  const openFiles = (): string[] =>
    readdirSync('/proc/self/fd').flatMap((descriptor) => {
      try {
        return readlinkSync(`/proc/self/fd/${descriptor}`);
      } catch {
        return []; // closed meanwhile
      }
    });
});

test('no rows give no answers: a warning where a file has none, and a usage error where none are given', async () => {
  const none = await gradloom(['predict', classes], { stdin: '' });
  const sentence = 'no rows are given, expected a file, rows on standard input, or --rows 0..9 of a dataset';
  expect(none).toEqual({ code: 2, stdout: '', stderr: `gradloom predict: ${sentence}\n` });
  const named = await gradloom(['predict', classes, '-'], { stdin: '' });
  expect(named).toEqual({ code: 0, stdout: '', stderr: 'gradloom predict: warning: standard input has no rows\n' });
});
