import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { gradloom, jsonLines, temporaryDirectory } from '../../support/command-line.ts';
import { encodeNpy } from '../../support/encode-npy.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

const temporary = temporaryFolder();
const quick = ['--steps', '2', '--batch', '3', '--hidden', 'none', '--backend', 'wasm', '--threads', '1'];

describe('whole numbers as the labels of a table', () => {
  test.each([
    ['1,2,0\n2,3,1\n3,4,2\n', '--targets classes reads them as classes'],
    ['1,2,0.5\n2,3,1\n3,4,2\n', 'mse takes values'],
    ['1,2,-1\n2,3,1\n3,4,2\n', 'mse takes values'],
  ])('%j with cross-entropy: %s', async (text, advice) => {
    const file = join(temporaryDirectory(), 'labels.csv');
    writeFileSync(file, text);
    const loss = ['--loss', 'softmax-cross-entropy'];
    const { code, stderr } = await gradloom(['train', '--dataset', file, ...loss, '--no-out', ...quick]);
    expect(stderr).toBe(
      `gradloom train: --loss softmax-cross-entropy with --dataset ${file.slice(0, 60)}: the target of ${file} has numbers, expected classes for softmax-cross-entropy (${advice})\n`,
    );
    expect(code).toBe(2);
    if (!advice.startsWith('--')) return;
    const outcome = await gradloom(['train', '--dataset', `${file}:targets=classes`, ...loss, '--no-out', ...quick]);
    expect(outcome).toMatchObject({ code: 0, stderr: '' });
  });
});

test('an option of the dataset and a flag with another value contradict each other', async () => {
  const file = temporary.write('twice.csv', 'a,b\n1,2\n');
  const { code, stderr } = await gradloom(['train', '--dataset', `${file}:target=a`, '--target', 'b', '--no-out']);
  expect(stderr).toBe(`gradloom train: --target has "b" and --dataset has ${file}:target=a, expected one of the two\n`);
  expect(code).toBe(2);
});

describe('arrays', () => {
  // A class is where the product of both inputs is positive, which no line divides.
  const points = Array.from({ length: 240 }, (_, n) => [((n * 7) % 19) - 9.5, ((n * 11) % 23) - 11.5]);
  const x = temporary.write('points/x.npy', encodeNpy('f8', [240, 2], points.flat()));
  const classes = points.map(([a, b]) => Number(a * b > 0));
  temporary.write('points/y.npy', encodeNpy('i8', [240], classes));

  test('are learned by the defaults, and tested on rows that are held out', async () => {
    const args = ['train', '--dataset', join(x, '..'), '--no-out', '--threads', '1'];
    const whole = (await gradloom([...args, '--json'])).stdout;
    const [start] = jsonLines(whole.slice(0, whole.indexOf('\n')));
    const [done] = jsonLines((await gradloom([...args, '--json', '--quiet'])).stdout);
    expect(start).toMatchObject({ trainRows: 192, validationRows: 24, testRows: 24, batch: 32, totalSteps: 1000 });
    expect(done.testAccuracy).toBeGreaterThan(0.9);
    const { stdout } = await gradloom(args);
    const decisions = start.decisions as string[];
    expect(decisions[0]).toMatch(/^inputs are not scaled: /);
    expect(decisions[1]).toMatch(
      /^held out: 24 rows for validation and 24 rows for the test, each class in proportion /,
    );
    expect(stdout).toContain(`${decisions.join('\n')}\n\n`);
  });

  test('are answered from the file of their inputs, by the names of their classes', async () => {
    const out = join(temporaryDirectory(), 'run');
    const folder = join(x, '..');
    const names = ['--class-names', 'below,above'];
    const trained = await gradloom(['train', '--dataset', folder, ...names, '--out', out, ...quick]);
    expect(trained).toMatchObject({ code: 0, stderr: '' });
    const ofFile = await gradloom(['predict', out, x]);
    const lines = temporary.write('points.jsonl', points.map((point) => JSON.stringify(point)).join('\n'));
    expect(ofFile).toEqual(await gradloom(['predict', out, lines]));
    expect(ofFile.stdout).toMatch(/^0\t(below|above)\t/);
    const other = temporary.write(
      'wide.npy',
      encodeNpy(
        'f8',
        [2, 5],
        Array.from({ length: 10 }, () => 0),
      ),
    );
    expect((await gradloom(['predict', out, other])).stderr).toBe(
      `gradloom predict: ${other} has the shape (2, 5), expected rows of 2 numbers, which the model takes\n`,
    );
    expect((await gradloom(['predict', out, folder])).stderr).toBe(
      `gradloom predict: ${folder} is a folder, expected a file with a JSON array on each line (--dataset ${folder} reads a folder of arrays)\n`,
    );
  });

  test('have no row held out where the flags say so', async () => {
    const args = [
      'train',
      '--dataset',
      join(x, '..'),
      '--no-out',
      '--validation',
      '0',
      '--test',
      '0',
      '--json',
      ...quick,
    ];
    const [start] = jsonLines((await gradloom(args)).stdout);
    expect(start).toMatchObject({ trainRows: 240, validationRows: 0, testRows: 0 });
    expect((start.decisions as string[])[1]).toMatch(/^no rows are held out for the test /);
  });
});

describe('a folder with a validation set of its own', () => {
  const rows = (count: number) =>
    encodeNpy(
      'f8',
      [count, 2],
      Array.from({ length: 2 * count }, (_, k) => k % 5),
    );
  const labels = (count: number) =>
    encodeNpy(
      'i8',
      [count],
      Array.from({ length: count }, (_, k) => k % 2),
    );
  const folder = (counts: Readonly<Record<string, number>> = { train: 12, validation: 3, test: 2 }): string => {
    const path = join(temporaryDirectory(), 'arrays');
    mkdirSync(path);
    for (const [set, count] of Object.entries(counts)) {
      writeFileSync(join(path, `x_${set}.npy`), rows(count));
      writeFileSync(join(path, `y_${set}.npy`), labels(count));
    }
    return path;
  };

  test('is validated on it, and the model measured on it', async () => {
    const path = folder();
    const out = join(path, 'run');
    const { stdout, stderr } = await gradloom(['train', '--dataset', path, '--json', '--out', out, ...quick]);
    expect(stderr).toBe('');
    const [start, epoch] = jsonLines(stdout);
    expect(start).toMatchObject({ trainRows: 12, validationRows: 3, testRows: 2 });
    expect(epoch.validationLoss).toEqual(expect.any(Number));
    const evaluation = jsonLines((await gradloom(['evaluate', out, '--split', 'validation', '--json'])).stdout)[0];
    expect(evaluation).toMatchObject({ split: 'validation', rows: 3, loss: epoch.validationLoss });
  });

  const OF_FEW = /^no early stopping: 3 validation rows are too few .* \(--patience 20 stops early\)$/;
  test.each([
    [{ train: 12, validation: 3, test: 2 }, [], [OF_FEW]],
    [{ train: 12, validation: 100, test: 2 }, [], []],
    [
      { train: 60, validation: 3 },
      [],
      [/^held out: 6 rows for the test, each class .* \(--test 0 holds out none\)$/, OF_FEW],
    ],
    [{ train: 12, validation: 3 }, [], [/^no rows are held out for the test /, OF_FEW]],
    [{ train: 12, test: 2 }, [], [/^no early stopping: it needs validation rows /]],
    [
      { train: 12, test: 2 },
      ['--validation', '0.25'],
      [/^held out: 3 rows for validation, .* \(--validation 0 holds/, OF_FEW],
    ],
    [
      { train: 12, validation: 3, test: 2 },
      ['--folds', '2', '--fold', '1'],
      [/^held out: 6 rows for the test, each class in proportion \(the test rows are one of 2 folds\)$/, OF_FEW],
    ],
  ])('says of sets of %j with %j only what is decided about the others', async (counts, flags, expected) => {
    const args = ['train', '--dataset', folder(counts), '--no-out', '--json', ...flags, ...quick];
    const [start] = jsonLines((await gradloom(args)).stdout);
    const [, ...decisions] = start.decisions as string[];
    expect(decisions).toEqual(expected.map((pattern) => expect.stringMatching(pattern)));
  });

  test('refuses another share beside it', async () => {
    const path = folder();
    const { stderr, code } = await gradloom(['train', '--dataset', path, '--validation', '0.1', '--no-out', ...quick]);
    expect(stderr).toBe(
      'gradloom train: --validation has 0.1, expected none, since arrays has its own validation set\n',
    );
    expect(code).toBe(2);
  });
});

describe('a model of named classes', () => {
  const file = join(temporary.path, 'plants.csv');
  const run = join(temporary.path, 'run');
  beforeAll(async () => {
    writeFileSync(
      file,
      `a,b,kind\n${Array.from({ length: 12 }, (_, k) => `${2 * k},${k % 3},${k < 6 ? 'fern' : 'moss'}`).join('\n')}\n`,
    );
    expect(
      await gradloom(['train', '--dataset', file, '--test', '0.25', '--out', run, '--quiet', ...quick]),
    ).toMatchObject({ code: 0, stderr: '' });
  });

  test.each([
    ['1,2,0.5\n', '1 training row, 1 value'],
    ['1,2,fern\n2,2,moss\n', '2 training rows, 2 classes'],
  ])('train counts %j as %s', async (rows, count) => {
    const few = join(temporary.path, 'few.csv');
    writeFileSync(few, `a,b,kind\n${rows}`);
    const { stdout } = await gradloom(['train', '--dataset', few, '--no-out', ...quick]);
    expect(stdout.split('\n')).toContain(`${few}: ${count}`);
  });

  test('predict prints the names, those of the targets too', async () => {
    const { stdout } = await gradloom(['predict', run, '--dataset', file, '--rows', '0,2']);
    expect(stdout).toMatch(/^0\t(fern|moss)\t\S+ %\ttarget fern\n2\t(fern|moss)\t\S+ %\ttarget moss\n$/);
    const [first] = jsonLines((await gradloom(['predict', run, '--dataset', file, '--rows', '0', '--json'])).stdout);
    expect(first).toMatchObject({ target: [0], targetLabel: 'fern' });
  });

  test('evaluate says of another file how many rows it has, not that they are those of training', async () => {
    const other = join(temporary.path, 'other.csv');
    writeFileSync(other, 'a,b,kind\n1,2,fern\n2,3,moss\n');
    const first = async (...args: string[]) => (await gradloom(['evaluate', run, ...args])).stdout.split('\n')[0];
    expect(await first('--dataset', other)).toBe(`${other}: 2 rows`);
    writeFileSync(other, 'a,b,kind\n1,2,fern\n');
    expect(await first('--dataset', other)).toBe(`${other}: 1 row`);
    expect(await first()).toBe(`${file}: 3 test rows`);
    expect(await first('--split', 'train')).toBe(`${file}: 9 training rows`);
    const [evaluation] = jsonLines((await gradloom(['evaluate', run, '--dataset', other, '--json'])).stdout);
    expect(evaluation).toMatchObject({ split: 'all', rows: 1 });
  });
});

describe('--evaluate-test', () => {
  const args = ['train', '--dataset', 'blobs:rows=60', '--epochs', '4', '--hidden', '4', '--threads', '1'];
  const lines = async (...more: string[]) => jsonLines((await gradloom([...args, '--json', ...more])).stdout);

  test('gives the test figures of each epoch, marks them as looked at, and changes no weight', async () => {
    const out = join(temporaryDirectory(), 'run');
    const [plain, looked] = [await lines('--no-out'), await lines('--evaluate-test', '--out', out)];
    expect(looked.at(-1)).toMatchObject({ testLookedAt: true, fingerprint: plain.at(-1)?.fingerprint });
    expect(plain.at(-1)).toMatchObject({ testLookedAt: false });
    const epochs = looked.filter(({ event }) => event === 'epoch');
    expect(epochs).toHaveLength(4);
    for (const epoch of epochs) {
      expect(epoch).toMatchObject({
        testLoss: expect.any(Number),
        testAccuracy: expect.any(Number),
        validationLoss: null,
      });
    }
    expect(epochs.at(-1)?.testLoss).toBe(looked.at(-1)?.testLoss);
    expect(plain.filter((line) => line.event === 'epoch' && 'testLoss' in line)).toEqual([]);
    expect(readFileSync(join(out, 'metrics.jsonl'), 'utf8').match(/"testAccuracy"/g)).toHaveLength(4);
    expect((await gradloom(['verify', out])).code).toBe(0);
    expect((await gradloom(['report', out])).code).toBe(0);
  });

  test('is said to people and drawn as a line of its own, and asks for a test set', async () => {
    const { stdout } = await gradloom([...args, '--evaluate-test', '--no-out']);
    expect(stdout).toMatch(/\ntest set +looked at during training: /);
    const pages = temporaryDirectory();
    const out = join(pages, 'looked');
    await gradloom([...args, '--evaluate-test', '--validation', '0.2', '--out', out]);
    const page = readFileSync(join(out, 'report.html'), 'utf8');
    for (const picture of ['loss', 'accuracy']) {
      const figure = page.match(new RegExp(`<figure id="${picture}">[\\s\\S]*?</figure>`))?.[0] ?? '';
      expect(figure).toMatch(/>test, looked at during training<\/text>/);
      expect(figure).toMatch(/Test: (loss|accuracy) of the test rows after each epoch\. They were looked at during/);
      // Its points: one an epoch, in the third line's colour.
      expect(figure.match(/<g [^>]*fill="var\(--c3\)"[^>]*>[\s\S]*?<\/g>/)?.[0].match(/<circle/g)).toHaveLength(4);
    }
    expect(page).toMatch(/test set<\/t[hd]><td[^>]*>looked at during training</);
    const plain = join(pages, 'plain');
    await gradloom([...args, '--out', plain]);
    expect(readFileSync(join(plain, 'report.html'), 'utf8')).not.toContain('looked at');
    await gradloom(['report', out, plain, '--out', join(pages, 'both')]);
    expect(readFileSync(join(pages, 'both', 'report.html'), 'utf8')).toContain('Test loss, looked at during training:');
    expect(await gradloom([...args, '--evaluate-test', '--no-out', '--test', '0'])).toEqual({
      code: 2,
      stdout: '',
      stderr: 'gradloom train: --evaluate-test is set, expected a dataset with a test set\n',
    });
  });
});
