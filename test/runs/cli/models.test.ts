import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { NetworkSpec } from '@gradloom/core';
import { saveModel } from '@gradloom/runtime';
import { beforeAll, describe, expect, test } from 'vitest';
import { gradloom, jsonLines, temporaryDirectory } from '../../support/command-line.ts';

const runs = mkdtempSync(join(tmpdir(), 'gradloom-'));
const [blobs, xor] = [join(runs, 'blobs'), join(runs, 'xor')];

beforeAll(async () => {
  const common = ['--backend', 'reference', '--threads', '1', '--quiet'];
  await gradloom(['train', '--dataset', 'blobs', '--epochs', '3', '--out', blobs, ...common]);
  await gradloom(['train', '--dataset', 'xor', '--out', xor, ...common]);
  return () => rmSync(runs, { recursive: true });
});

test('a command that takes no model where one is expected says which run is meant, and in which order', async () => {
  const folder = temporaryDirectory();
  mkdirSync(join(folder, 'runs'));
  for (const name of ['rows.csv-1', 'rows.csv-2']) cpSync(xor, join(folder, 'runs', name), { recursive: true });
  writeFileSync(join(folder, 'rows.csv'), 'a,b\n0,1\n');
  writeFileSync(join(folder, 'fresh.csv'), '\ufeffé,b\n0,1\n');
  mkdirSync(join(folder, 'rows'));
  const [one, both] = ['runs/rows.csv-1', 'runs/rows.csv-1 or runs/rows.csv-2'];
  const before = process.cwd();
  process.chdir(folder);
  try {
    for (const [line, sentence] of [
      ['serve rows.csv-1', `rows.csv-1 does not exist, expected a run or a model file (did you mean ${one}?)`],
      ['predict runs/row rows.csv', `runs/row does not exist, expected a run or a model file (did you mean ${both}?)`],
      ['evaluate rows.csv', `rows.csv is a table, expected a run or a model file (did you mean ${both}?)`],
      [
        'serve fresh.csv',
        'fresh.csv is a table, expected a run or a model file (gradloom train --dataset fresh.csv makes a run of it)',
      ],
      ['inspect rows', `(it has no model.gradloom) (did you mean ${both}?)`],
      ['report row.csv-1', `scale wrote (did you mean ${one}?)`],
      ['train --resume rows.csv-1', `does not exist, expected a run or a checkpoint (did you mean ${one}?)`],
      ['serve other', 'other does not exist, expected a run or a model file'],
      [
        `predict rows.csv ${one}`,
        `rows.csv is given before the model ${one}, expected the model first: ${one} rows.csv`,
      ],
      [`evaluate rows.csv ${one}`, `is not needed, expected one model (did you mean ${one} --dataset rows.csv?)`],
      [`evaluate ${one} rows.csv`, 'is not needed, expected one model (did you mean --dataset rows.csv?)'],
    ] as const) {
      expect((await gradloom(line.split(' '))).stderr, line).toMatch(sentence.concat('\n'));
    }
  } finally {
    process.chdir(before);
  }
});

describe('evaluate', () => {
  test('gives the same results for a run as training, on the same held-out rows', async () => {
    const out = join(temporaryDirectory(), 'run');
    const trained = await gradloom([
      'train',
      '--dataset',
      'moons',
      '--epochs',
      '3',
      '--backend',
      'wasm',
      '--out',
      out,
      '--json',
    ]);
    const { testLoss, testAccuracy, fingerprint } = jsonLines(trained.stdout).at(-1) ?? {};
    const { stdout } = await gradloom(['evaluate', out, '--backend', 'wasm', '--json']);
    expect(jsonLines(stdout)).toEqual([
      expect.objectContaining({ loss: testLoss, accuracy: testAccuracy, fingerprint, split: 'test', rows: 100 }),
    ]);
  });

  test('counts each row once: in its class, and in the answer it got', async () => {
    const { stdout } = await gradloom(['evaluate', blobs, '--split', 'train', '--json', '--top-k', '2']);
    const [{ rows, accuracy, classes, topK }] = jsonLines(stdout) as [
      Record<string, never> & { classes: { rows: number; answers: number[] }[]; topK: { accuracy: number } },
    ];
    expect(rows).toBe(400);
    expect(classes.map(({ answers }) => answers.reduce((a, b) => a + b))).toEqual(classes.map((c) => c.rows));
    expect(classes.reduce((sum, c) => sum + c.rows, 0)).toBe(rows);
    expect(classes.reduce((sum, { answers }, c) => sum + answers[c], 0) / rows).toBeCloseTo(accuracy, 12);
    expect(topK.accuracy).toBeGreaterThanOrEqual(accuracy);
  });

  test('measures on other rows of the same shape, of which nothing is held out', async () => {
    const { stdout } = await gradloom(['evaluate', blobs, '--dataset', 'blobs:seed=1,rows=60', '--json']);
    expect(jsonLines(stdout)).toMatchObject([{ rows: 60, split: 'all' }]);
  });

  test('prints the figures of each class and the confusion matrix', async () => {
    const { code, stdout } = await gradloom(['evaluate', blobs]);
    expect(stdout).toMatch(/^blobs: 100 test rows\n/);
    expect(stdout).toMatch(/\n {2}class +rows +recall +precision\n {2}0 +\d+ +[\d.]+ %/);
    expect(stdout).toMatch(/\n {2}predicted +0 +1 +2\n {2}0 +[\d·]+ +[\d·]+ +[\d·]+\n/);
    expect(code).toBe(0);
  });

  test.each([
    [['--split', 'validation'], 2, '--split has validation, expected train or test (blobs has no other set)'],
    [
      ['--dataset', 'xor'],
      2,
      'MODEL with --dataset xor: the target of xor has values, expected class indices for softmax-cross-entropy (mse takes values)',
    ],
    [
      ['--dataset', 'blobs:classes=4'],
      2,
      "MODEL with --dataset blobs: the network's output has 3, expected 4 (classes of blobs)",
    ],
    [
      ['--dataset', 'mnist'],
      2,
      "MODEL with --dataset mnist: the network's input has 2, expected 784 or [28, 28, 1] (a row of mnist)",
    ],
    [['--top-k', '4'], 2, '--top-k has 4, expected at most 3 (classes of blobs)'],
  ])('refuses %j', async (flags, code, sentence) => {
    const { stderr, ...outcome } = await gradloom(['evaluate', blobs, ...flags]);
    expect(stderr).toBe(`gradloom evaluate: ${sentence.replace('MODEL', blobs)}\n`);
    expect(outcome.code).toBe(code);
  });

  test('calls the rows that a model was trained on training rows', async () => {
    expect((await gradloom(['evaluate', xor, '--split', 'train'])).stdout).toMatch(/^xor: 4 training rows\n/);
  });

  test('asks for a dataset where the model names none', async () => {
    const file = join(temporaryDirectory(), 'plain.gradloom');
    const spec = { input: 2, layers: [{ kind: 'dense' as const, out: 1 }] };
    saveModel(file, { spec, parameters: Float64Array.of(1, 2, 3) });
    const { code, stderr } = await gradloom(['evaluate', file]);
    expect(stderr).toBe(
      'gradloom evaluate: --dataset is missing, expected one, since the model does not say what it was trained on\n',
    );
    expect(code).toBe(2);
    expect((await gradloom(['evaluate', file, '--dataset', 'xor', '--json'])).code).toBe(0);
  });
});

describe('predict', () => {
  test('says what evaluate says where model and data do not fit', async () => {
    const [evaluated, predicted] = await Promise.all(
      ['evaluate', 'predict'].map((command) => gradloom([command, xor, '--dataset', 'mnist'])),
    );
    expect(predicted.stderr.replace('predict', 'evaluate')).toBe(evaluated.stderr);
    expect([predicted.code, evaluated.code]).toEqual([2, 2]);
  });

  test('warns where there are no rows to answer', async () => {
    expect(await gradloom(['predict', xor, '-'], { stdin: '\n' })).toEqual({
      code: 0,
      stdout: '',
      stderr: 'gradloom predict: warning: standard input has no rows\n',
    });
  });

  test('answers rows of standard input like rows of a file and of a dataset', async () => {
    const text = '[0, 0]\n\n[0, 1]\r\n[1, 0]\n[1, 1]';
    const file = join(temporaryDirectory(), 'rows.jsonl');
    writeFileSync(file, text);
    const piped = await gradloom(['predict', xor, '--json'], { stdin: text });
    expect(jsonLines(piped.stdout).map(({ row }) => row)).toEqual([0, 1, 2, 3]);
    expect(await gradloom(['predict', xor, file, '--json'])).toEqual(piped);
    const fromDataset = jsonLines((await gradloom(['predict', xor, '--rows', '0..3', '--json'])).stdout);
    expect(fromDataset.map(({ target, ...answer }) => answer)).toEqual(jsonLines(piped.stdout));
    expect(fromDataset.map(({ target }) => target)).toEqual([[0], [1], [1], [0]]);
  });

  test('names a class and its probability, the highest output under softmax', async () => {
    const { stdout } = await gradloom(['predict', blobs, '--rows', '0..20', '--json']);
    for (const { class: best, probability, outputs } of jsonLines(stdout)) {
      const logits = outputs as number[];
      const total = logits.reduce((sum, y) => sum + Math.exp(y), 0);
      expect(logits[Number(best)]).toBe(Math.max(...logits));
      expect(probability).toBeCloseTo(Math.exp(Math.max(...logits)) / total, 12);
    }
  });

  test('keeps the order in which rows are asked for', async () => {
    const { stdout } = await gradloom(['predict', xor, '--rows', '3,0..1']);
    expect(stdout).toMatch(/^3\t0\.\d+\ttarget 0\n0\t0\.\d+\ttarget 0\n1\t0\.\d+\ttarget 1\n$/);
  });

  test.each([
    ['[0, 1]\n[0, 1, 2]\n', 'line 2 of standard input has 3 entries, expected a JSON array of 2 numbers'],
    ['\n[0, "1"]\n', 'line 2 of standard input has "1" in it, expected a JSON array of 2 numbers'],
    ['[0, null]', 'line 1 of standard input has null in it, expected a JSON array of 2 numbers'],
    ['[0, 1e999]', 'line 1 of standard input has Infinity in it, expected a JSON array of 2 numbers'],
    ['{"a": 1}', 'line 1 of standard input has {"a":1}, expected a JSON array of 2 numbers'],
    ['0 1', 'line 1 of standard input has "0 1", expected a JSON array of 2 numbers'],
  ])('refuses %j', async (stdin, sentence) => {
    const { code, stderr } = await gradloom(['predict', xor], { stdin });
    expect(stderr).toBe(`gradloom predict: ${sentence}\n`);
    expect(code).toBe(1);
  });

  test('names the file and the line of an invalid row, and reads a pipe by its name', async () => {
    const file = join(temporaryDirectory(), 'two rows.jsonl');
    writeFileSync(file, '\ufeff[0, 1]\r\n[0, 1\n');
    const { code, stderr, stdout } = await gradloom(['predict', xor, file]);
    expect(stderr).toBe(`gradloom predict: line 2 of ${file} has "[0, 1", expected a JSON array of 2 numbers\n`);
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
  });

  test('refuses rows that are not there, a second source, and to wait for a terminal', async () => {
    const refusals = [
      await gradloom(['predict', xor, '--rows', '2..4']),
      await gradloom(['predict', xor, 'rows.jsonl', '--rows', '0']),
      await gradloom(['predict', xor], { terminal: 80 }),
    ];
    expect(refusals.map(({ stderr }) => stderr)).toEqual([
      'gradloom predict: --rows has 4, expected rows from 0 to 3 (of the train rows of xor)\n',
      'gradloom predict: --rows is given with the file rows.jsonl, expected one of the two\n',
      'gradloom predict: no rows are given, expected a file, rows on standard input, or --rows 0..9 of a dataset\n',
    ]);
    expect(refusals.map(({ code }) => code)).toEqual([2, 2, 2]);
  });
});

describe('a model of named classes', () => {
  test('cannot draw on the terminal with what it holds', async () => {
    const file = join(temporaryDirectory(), 'model.gradloom');
    const spec: NetworkSpec = { input: 2, layers: [{ kind: 'dense', out: 2 }] };
    const metadata = { labels: ['\u001b[31mred\n', 'b\t\u202ee'], '\u001b[1mnote': '\u001b[5m\u009b' };
    saveModel(file, { spec, parameters: new Float64Array(6), loss: 'softmax-cross-entropy', metadata });
    const seen = [
      await gradloom(['inspect', file]),
      await gradloom(['evaluate', file, '--dataset', 'moons']),
      await gradloom(['predict', file], { stdin: '[0, 0]\n' }),
    ];
    for (const { code, stdout } of seen) {
      expect(code).toBe(0);
      expect(stdout.replaceAll(/[\n\t]/g, '')).not.toMatch(/[\p{Cc}\p{Cf}]/u);
    }
    expect(seen[2].stdout).toBe('0\t\ufffd[31mred\ufffd\t50.00 %\n');
  });

  const rows = ['0,0,cat', '0,1,cat', '5,0,dog', '5,1,dog', '0,9,"big, emu"', '1,9,"big, emu"'];

  test('comes from a CSV file, names what it predicts, and knows its classes in another file by their names', async () => {
    const folder = temporaryDirectory();
    const [file, other, out] = ['my animals.csv', 'other ä.csv', 'run'].map((name) => join(folder, name));
    writeFileSync(file, `x,y,kind\n${rows.join('\n')}\n`);
    writeFileSync(other, '5,0,dog\n0,9,"big, emu"\n');
    const common = ['--hidden', '8', '--epochs', '200', '--backend', 'reference', '--threads', '1', '--quiet'];
    await gradloom(['train', '--dataset', `${file}:target=kind`, '--out', out, ...common]);
    const { stdout } = await gradloom(['predict', out, '--rows', '0..5', '--json']);
    expect(jsonLines(stdout).map(({ label }) => label)).toEqual(['cat', 'cat', 'dog', 'dog', 'big, emu', 'big, emu']);
    const evaluated = await gradloom(['evaluate', out, '--dataset', other, '--json']);
    expect(jsonLines(evaluated.stdout)[0]).toMatchObject({ rows: 2, accuracy: 1 });
    writeFileSync(other, '5,0,dog\n0,9,cow\n');
    expect(await gradloom(['evaluate', out, '--dataset', other])).toEqual({
      code: 1,
      stdout: '',
      stderr: `gradloom evaluate: --dataset ${other}: line 2, column 3 has "cow", expected one of big, emu, cat, dog\n`,
    });
  });
});
