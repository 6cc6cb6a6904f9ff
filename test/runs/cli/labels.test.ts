import { join } from 'node:path';
import { loadModel } from '@gradloom/runtime';
import { beforeAll, expect, test } from 'vitest';
import { rowSchema } from '../../../packages/cli/src/commands/serve/row-schema.ts';
import { gradloom, jsonLines } from '../../support/command-line.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

const folder = temporaryFolder();
const labels = ['sports', 'tech', 'travel'];
/** Rows with any number of labels, of which one is rare. */
const rows = Array.from({ length: 240 }, (_, n) => {
  const [x, y, z] = [17, 29, 41].map((step) => ((n * step) % 83) / 83);
  return { x, y, z, sports: Number(x + y > 1), tech: Number(y > 0.4 + 0.2 * z), travel: Number(z > 0.9) };
});
const tableOf = (list: readonly object[]): string =>
  [Object.keys(list[0]).join(','), ...list.map((row) => Object.values(row).join(',')), ''].join('\n');
const file = folder.write('articles.csv', tableOf(rows));
const sameRows = folder.write('new.csv', tableOf(rows)); // of which none is held out
const run = join(folder.path, 'run');
const data = ['--dataset', file, '--target', labels.join()];
const quick = [
  '--hidden',
  '8',
  '--lr',
  '0.02',
  '--batch',
  '64',
  '--steps',
  '60',
  '--backend',
  'wasm',
  '--threads',
  '1',
];

let stdout: string;
beforeAll(async () => {
  const result = await gradloom(['train', ...data, ...quick, '--out', run]);
  expect(result.code).toBe(0);
  stdout = result.stdout;
});

/** Σ (R_k - R_{k-1}) · P_k over the distinct scores, from the highest: `average_precision_score` of scikit-learn. */
function averagePrecision(scores: readonly number[], targets: readonly number[]): number {
  const positives = targets.reduce((sum, target) => sum + target, 0);
  let [sum, recallBefore] = [0, 0];
  for (const threshold of [...new Set(scores)].sort((a, b) => b - a)) {
    const found = targets.filter((_, n) => scores[n] >= threshold);
    const right = found.reduce((count, target) => count + target, 0);
    sum += (right / positives - recallBefore) * (right / found.length);
    recallBefore = right / positives;
  }
  return sum;
}

test('targets of 0 and 1 are labels, with one output and a sigmoid each', () => {
  expect(stdout).toContain('"travel" are read as classes: only 0 and 1 (--targets values reads all as numbers)');
  expect(stdout).toMatch(/, 3 labels$/m);
  expect(stdout).toMatch(/heads sports 1 tech 1 travel 1$/m);
  expect(stdout).toMatch(/loss binary-cross-entropy of each target$/m);
  expect(stdout).toMatch(/^test travel +accuracy \S+ %, F1 \S+, average precision \S+, loss \S+$/m);
});

test('evaluate has F1 and average precision of each label, as its probabilities give them', async () => {
  const { stdout: answered } = await gradloom(['predict', run, file, '--json']);
  const answers = jsonLines(answered) as unknown as {
    prediction: Record<string, string>;
    probabilities: Record<string, Record<string, number>>;
  }[];
  const [document] = jsonLines((await gradloom(['evaluate', run, '--dataset', sameRows, '--json'])).stdout);
  const { targets, means } = document as unknown as {
    targets: Record<string, { figures: Record<string, { value: number }> }>;
    means: Record<string, number>;
  };
  const totals = { right: 0, rows: 0, answered: 0 };
  for (const label of labels) {
    const truth = rows.map((row) => row[label as 'sports']);
    const scores = answers.map(({ probabilities }) => probabilities[label]['1']);
    const chosen = answers.map(({ prediction }) => Number(prediction[label]));
    expect(chosen).toEqual(scores.map((score) => Number(score > 0.5)));
    const right = truth.filter((target, n) => target === 1 && chosen[n] === 1).length;
    const [rowsWithIt, answeredWithIt] = [truth, chosen].map((list) => list.filter((value) => value === 1).length);
    totals.right += right;
    totals.rows += rowsWithIt;
    totals.answered += answeredWithIt;
    const { figures } = targets[label];
    expect(figures.f1.value).toBeCloseTo((2 * right) / (rowsWithIt + answeredWithIt), 12);
    expect(figures['pr-auc'].value).toBeCloseTo(averagePrecision(scores, truth), 12);
  }
  expect(means['f1-micro']).toBeCloseTo((2 * totals.right) / (totals.rows + totals.answered), 12);
  const mean = labels.reduce((sum, label) => sum + targets[label].figures.f1.value, 0) / labels.length;
  expect(means.f1).toBeCloseTo(mean, 12);
  const { stdout: text } = await gradloom(['evaluate', run]);
  expect(text).toMatch(/^ {2}label +rows with it +F1 +average precision/m);
});

test('one loss is that of each label, and numbers are read as such where it is said', async () => {
  const done = async (...flags: string[]) =>
    jsonLines((await gradloom(['train', ...data, ...quick, ...flags, '--no-out', '--quiet', '--json'])).stdout)[0];
  const [standard, same] = [await done(), await done('--loss', 'binary-cross-entropy')];
  expect(same.fingerprint).toBe(standard.fingerprint);
  const figures = { f1: expect.any(Number), averagePrecision: expect.any(Number) };
  expect(standard.testTargets).toMatchObject({ sports: figures, tech: figures, travel: figures });
  expect((await done('--targets', 'values')).testTargets).toMatchObject({ sports: { rmse: expect.any(Number) } });
});

test('a column of lists has an output for each label, and answers with the labels of a row', async () => {
  const listed = rows.map(({ x, y, z, ...on }) => ({
    x,
    y,
    z,
    tags: labels.filter((label) => on[label as 'sports'] === 1).join('; '),
  }));
  const lists = join(folder.path, 'lists');
  const flags = ['--dataset', folder.write('lists.csv', tableOf(listed)), ...quick];
  const { stdout: text } = await gradloom(['train', ...flags, '--out', lists]);
  expect(text).toMatch(/^tags +target: labels /m);
  expect(text).toMatch(/read as lists of 3 labels, separated by ";", \d+ rows without one \(--label-separator none/);
  const { stdout: json } = await gradloom(['predict', lists, file, '--json']);
  const answers = jsonLines(json) as unknown as { prediction: string[]; probabilities: Record<string, number> }[];
  for (const { prediction, probabilities } of answers)
    expect(prediction).toEqual(labels.filter((label) => probabilities[label] > 0.5));
  const model = loadModel(join(lists, 'model.gradloom'));
  expect(model.predict(rows.map(({ x, y, z }) => ({ x, y, z })))).toEqual(answers);
  const { stdout: csv } = await gradloom(['predict', lists, file]);
  const [head, ...lines] = csv.trimEnd().split('\n');
  expect(head).toBe('prediction,p(sports),p(tech),p(travel)');
  expect(lines.map((line) => line.split(',')[0])).toEqual(answers.map(({ prediction }) => prediction.join(';')));
  expect(JSON.stringify(rowSchema(model, 1, 1).response)).toContain('"items":{"enum":["sports","tech","travel"]}');
  const again = await gradloom(['train', '--config', join(lists, 'config.json'), '--no-out', '--quiet', '--json']);
  expect(jsonLines(again.stdout)[0].fingerprint).toBe(model.fingerprint);
});

test('folds have F1 of each label, and a row for each figure where these are many', async () => {
  const targets = Array.from({ length: 5 }, (_, k) => `l${k}`);
  const many = rows.map(({ x, y, z }, n) => ({
    x,
    y,
    z,
    ...Object.fromEntries(targets.map((name, k) => [name, Number((x + n) % (k + 2) < 1)])),
  }));
  const flags = ['--dataset', folder.write('many.csv', tableOf(many)), '--target', targets.join(), '--folds', '2'];
  const { stdout: text } = await gradloom(['train', ...flags, '--steps', '2', '--hidden', '4', '--no-out']);
  expect(text).toMatch(/^fold +1 +2 +mean +deviation\n─.*\nrows +120 +120\n/m);
  for (const name of targets) expect(text).toMatch(new RegExp(`^${name} F1 .*\n(.*\n)*linear ${name} F1 `, 'm'));
});

test('a list of numbers in a cell of the target, and numbers of 0 and 1 for the cross-entropy, are refused with the way out', async () => {
  const train = async (...flags: string[]) => (await gradloom(['train', ...flags, '--no-out'])).stderr;
  const lists = folder.write('lists.jsonl', '{"x":1,"tags":[1,2]}\n{"x":2,"tags":["a"]}\n');
  expect(await train('--dataset', lists)).toContain('; labels are a list of texts, such as ["sports", "tech"])');
  const numbers = await train(...data, '--targets', 'values', '--loss', 'binary-cross-entropy');
  expect(numbers).toContain('(numbers of a table are scaled; --targets classes reads 0 and 1 as classes)');
});
