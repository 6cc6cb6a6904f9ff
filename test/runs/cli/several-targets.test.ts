import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fit as fitModel, loadModel } from '@gradloom/runtime';
import { createAnswerPool } from '@gradloom/runtime/internal';
import { beforeAll, describe, expect, test } from 'vitest';
import { watchRun } from '../../../packages/cli/src/commands/live/watched-run.ts';
import { exampleBody } from '../../../packages/cli/src/commands/serve/example-body.ts';
import { gradloom, jsonLines } from '../../support/command-line.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

const folder = temporaryFolder();
const cities = ['Bonn', 'Oslo', 'Ulm'];
/** Homes whose price follows from area and city, and which are sold if they are cheap. */
const rows = Array.from({ length: 150 }, (_, n) => {
  const [area, city] = [40 + ((n * 37) % 97), n % 3];
  const price = 2 * area + 40 * city;
  return { area, city: cities[city], price, buys: price < 230 ? 'yes' : 'no' };
});
const tableOf = (list: readonly object[]): string =>
  [Object.keys(list[0]).join(','), ...list.map((row) => Object.values(row).join(',')), ''].join('\n');
const file = folder.write('homes.csv', tableOf(rows));
const run = join(folder.path, 'run');
const data = ['--dataset', file, '--target', 'price,buys'];
const quick = ['--hidden', '16', '--lr', '0.01', '--batch', '64', '--backend', 'wasm'];
const home = { area: 50, city: 'Bonn' };

async function trained(...args: string[]): Promise<Record<string, unknown>> {
  const { code, stdout, stderr } = await gradloom(['train', ...args, '--quiet', '--json']);
  expect({ code, stderr }).toMatchObject({ code: 0 });
  return jsonLines(stdout)[0];
}

let fingerprint: unknown;
beforeAll(async () => {
  const flags = [...data, ...quick, '--steps', '300', '--threads', '1', '--out', run];
  const { code, stdout } = await gradloom(['train', ...flags]);
  expect(code).toBe(0);
  expect(stdout).toMatch(/, 1 value and 2 classes$/m);
  expect(stdout).toMatch(/loss price mse, buys softmax-cross-entropy$/m);
  expect(stdout).toMatch(/^test price +RMSE \d.*, R² 0\.9\d+$/m);
  expect(stdout).toMatch(/^test buys +accuracy \d+/m);
  fingerprint = loadModel(join(run, 'model.gradloom')).fingerprint;
});

test('a run has the same weights on three threads, by its config, and after a break', async () => {
  const flags = [...data, ...quick, '--schedule', 'constant', '--steps'];
  expect(await trained('--config', join(run, 'config.json'), '--threads', '3', '--no-out')).toMatchObject({
    fingerprint,
  });
  const half = join(folder.path, 'half');
  await trained(...flags, '11', '--out', half);
  expect((await gradloom(['verify', half])).code).toBe(0);
  const whole = await trained(...flags, '20', '--no-out');
  expect((await trained('--resume', half, '--steps', '20', '--threads', '3')).fingerprint).toBe(whole.fingerprint);
});

test('a program, a table, an object and a server have the same answers, each target in its own form', async () => {
  const model = loadModel(join(run, 'model.gradloom'));
  const [answer] = model.predict([home]) as unknown[];
  expect(answer).toEqual({
    prediction: { price: expect.closeTo(100, -1.5), buys: 'yes' },
    probabilities: { buys: { no: expect.any(Number), yes: expect.any(Number) } },
  });
  const { price, buys } = (answer as { prediction: { price: number; buys: string } }).prediction;
  const json = await gradloom(['predict', run, '--json'], { stdin: JSON.stringify(home) });
  expect(jsonLines(json.stdout)).toEqual([answer]);
  const csv = await gradloom(['predict', run, folder.write('one.csv', tableOf([home]))]);
  expect(csv.stdout).toMatch(new RegExp(`^price,buys,p\\(buys=no\\),p\\(buys=yes\\)\n${price},${buys},`));
  const pool = await createAnswerPool(model, { threads: 1, maxRows: 1 });
  try {
    const [{ text }] = await pool.answer([JSON.stringify(exampleBody(model))]);
    expect(JSON.parse(text)).toEqual(model.predict([JSON.parse(JSON.stringify(exampleBody(model)))])[0]);
  } finally {
    await pool.close();
  }
});

test('fit has the weights of the command line', async () => {
  const flags = ['--steps', '30', '--backend', 'wasm', '--threads', '1', '--no-out'];
  const ofProgram = await fitModel(rows, { target: ['price', 'buys'], steps: 30, backend: 'wasm', threads: 2 });
  expect((await trained(...data, ...flags)).fingerprint).toBe(ofProgram.fingerprint);
});

test('rows of the run are answered beside their targets', async () => {
  const { stdout } = await gradloom(['predict', run, '--rows', '0..1']);
  expect(stdout).toMatch(/^0\tprice \S+ target \d+\tbuys (yes|no) \S+ % target (yes|no)$/m);
  const [first] = jsonLines((await gradloom(['predict', run, '--rows', '0..1', '--json'])).stdout);
  expect(first).toMatchObject({
    row: 0,
    targets: { price: { target: [expect.any(Number)] }, buys: { label: expect.any(String) } },
  });
});

test('each target has figures in its units, in evaluate, metrics.jsonl, the report and folds', async () => {
  const [evaluated] = jsonLines((await gradloom(['evaluate', run, '--json'])).stdout);
  const errors = loadModel(join(run, 'model.gradloom'))
    .predict(rows)
    .map(({ prediction }, n) => Math.abs((prediction as { price: number }).price - rows[n].price));
  const [whole] = jsonLines(
    (await gradloom(['evaluate', run, '--dataset', folder.write('all.csv', tableOf(rows)), '--json'])).stdout,
  ) as unknown as { targets: { price: { mae: number }; buys: { accuracy: number; classes: object[] } } }[];
  expect(whole.targets.price.mae).toBeCloseTo(errors.reduce((sum, error) => sum + error, 0) / rows.length, 9);
  expect(whole.targets.buys.classes).toHaveLength(2);
  const { price, buys } = evaluated.targets as Record<string, { rmse: number; accuracy: number }>;
  const done = await trained('--config', join(run, 'config.json'), '--no-out');
  expect(done.testTargets).toMatchObject({
    price: { rmse: expect.closeTo(price.rmse, 9) },
    buys: { accuracy: buys.accuracy },
  });
  const { stdout } = await gradloom(['evaluate', run]);
  expect(stdout).toMatch(/^target price\n {2}mae [\s\S]*^target buys\n {2}accuracy /m);
  const lines = readFileSync(join(run, 'metrics.jsonl'), 'utf8').trim().split('\n');
  expect(JSON.parse(lines.at(-1) ?? '')).toMatchObject({ validationTargets: { price: {}, buys: {} } });
  expect(readFileSync(join(run, 'report.html'), 'utf8')).toMatch(/test price<\/th><td>RMSE /);
  const folds = await gradloom(['train', ...data, ...quick, '--steps', '10', '--folds', '2', '--no-out']);
  expect(folds.stdout).toMatch(
    /^fold +rows +loss +price rmse +buys F1 +linear price( rmse)? +linear buys( F1)? +steps$/m,
  );
});

test('each target stands beside a constant and a linear model, in the terminal and in the report', async () => {
  const flags = ['--hidden', '16', '--steps', '10', '--backend', 'wasm', '--threads', '1', '--seed', '2', '--no-out'];
  const [done] = jsonLines((await gradloom(['train', ...data, ...flags, '--quiet', '--json'])).stdout);
  const alone = async (target: string, other: string) =>
    (await trained('--dataset', file, '--target', target, '--drop', other, ...flags)) as Record<string, number>;
  // The rows of both are the same: no class is dealt evenly, as `buys` alone would be.
  const price = await alone('price', 'buys');
  expect(done.baselineTargets).toMatchObject({
    price: { answer: 'the mean', rmse: expect.closeTo(price.baselineRmse, 9), accuracy: null },
    buys: { answer: 'yes', accuracy: expect.any(Number) },
  });
  const linear = done.linearTargets as Record<string, { rmse: number; accuracy: number }>;
  expect(linear.price.rmse).toBeCloseTo(price.linearRmse, 1);
  const { stdout } = await gradloom(['train', ...data, ...flags]);
  expect(stdout.replaceAll(/\n {2}/g, ' ')).toMatch(
    /^test RMSE of price \S+; linear model: \S+; always answering the mean: \S+\ntest accuracy of buys \S+ %; linear/m,
  );
  const html = readFileSync(join(run, 'report.html'), 'utf8');
  expect(html).toMatch(/<h1>homes\.csv: test price RMSE \S+, buys F1 \S+<\/h1>/);
  for (const name of ['rmse-1-price', 'predicted-against-actual-1-price', 'f1-2-buys', 'confusion-2-buys']) {
    expect(html).toContain(`<figure id="${name}">`);
  }
});

test('the live page has the figures of each target, and the wrong answers of those with classes', async () => {
  const { result } = watchRun(run).facts();
  const { price, buys } = result?.testTargets ?? {};
  expect([price.rmse, price.accuracy, buys.accuracy]).toEqual([expect.any(Number), undefined, expect.any(Number)]);
  expect(result?.wrong.map(({ target, split }) => [target, split])).toEqual([['buys', 'test']]);
  const { rows: count, answers } = await watchRun(run).wrongRows();
  expect(answers.map(({ wrong }) => [wrong.target, wrong.split])).toEqual([['buys', 'validation']]);
  const path = ['--split', 'validation', '--json'];
  const [evaluated] = jsonLines((await gradloom(['evaluate', join(run, 'last.gradloom'), ...path])).stdout);
  const { accuracy } = (evaluated.targets as Record<string, { accuracy: number }>).buys;
  expect(answers[0].mistaken).toBe(Math.round((1 - accuracy) * count));
});

test('a threshold of a target with two classes is chosen, saved and used by each that answers', async () => {
  const saved = join(folder.path, 'threshold');
  await trained('--config', join(run, 'config.json'), '--steps', '20', '--out', saved);
  const flags = ['--threshold', 'buys=0.9999', '--save-threshold', '--json'];
  const [evaluated] = jsonLines((await gradloom(['evaluate', saved, ...flags])).stdout);
  const { price, buys } = evaluated.targets as Record<string, { threshold: object | null; rows: number; classes: [] }>;
  expect([price.threshold, buys.threshold]).toEqual([null, { value: 0.9999, by: 'flag', on: null }]);
  const model = loadModel(join(saved, 'model.gradloom'));
  expect(model.metadata.headThresholds).toEqual({ buys: 0.9999 });
  const answers = model.predict(rows.slice(0, 20)) as unknown as { prediction: { buys: string } }[];
  expect(new Set(answers.map(({ prediction }) => prediction.buys))).toEqual(new Set(['no']));
  const { stdout } = await gradloom(['predict', saved, '--rows', '0..9', '--json']);
  expect(jsonLines(stdout).every(({ targets }) => (targets as { buys: { label: string } }).buys.label === 'no')).toBe(
    true,
  );
  const [again] = jsonLines((await gradloom(['evaluate', saved, '--json', '--top-k', '2'])).stdout);
  expect(again.targets).toMatchObject({
    price: { topK: null },
    buys: { threshold: { by: 'model' }, topK: { k: 2, accuracy: 1 } },
  });
});

test('explain says what each target needs, or one', async () => {
  const documents = jsonLines((await gradloom(['explain', run, '--json'])).stdout);
  expect(documents).toMatchObject([
    { target: 'price', metric: 'r2' },
    { target: 'buys', metric: 'accuracy' },
  ]);
  const [alone] = jsonLines((await gradloom(['explain', run, '--target', 'buys', '--json'])).stdout);
  expect(alone.importances).toEqual(documents[1].importances);
});

test('an ONNX file has outputs of each target, and inspect its loss', async () => {
  const onnx = join(folder.path, 'homes.onnx');
  expect((await gradloom(['export', run, onnx])).code).toBe(0);
  const text = readFileSync(onnx, 'latin1');
  for (const name of ['price.prediction', 'buys.label', 'buys.probabilities']) expect(text).toContain(name);
  expect((await gradloom(['inspect', run])).stdout).toMatch(/^loss +price mse, buys softmax-cross-entropy$/m);
});

describe('--loss', () => {
  test.each([
    ['price=mae', { price: { kind: 'mae' }, buys: { kind: 'softmax-cross-entropy' } }],
    [
      'price=huber:delta=2,weight=0.5,buys=binary-cross-entropy',
      { price: { kind: 'huber', delta: 2, weight: 0.5 }, buys: { kind: 'binary-cross-entropy' } },
    ],
    ['price=mae,weight=0.5', { price: { kind: 'mae', weight: 0.5 }, buys: { kind: 'softmax-cross-entropy' } }],
    ['{"price":"mae"}', { price: { kind: 'mae' }, buys: { kind: 'softmax-cross-entropy' } }],
  ])('%s is the loss of each, and of a run by the command in its config', async (loss, expected) => {
    const out = join(folder.path, `loss-${loss.length}`);
    await trained(...data, ...quick, '--steps', '2', '--loss', loss, '--out', out);
    const { options, command } = JSON.parse(readFileSync(join(out, 'config.json'), 'utf8'));
    expect(options.loss).toEqual(expected);
    const typed = / --loss (\S+) /.exec(command)?.[1] ?? '';
    const again = await trained(...data, ...quick, '--steps', '2', '--loss', typed, '--no-out');
    expect(again.fingerprint).toBe(loadModel(join(out, 'model.gradloom')).fingerprint);
  });

  test('gives numbers outputs of their own, which are one output without it', async () => {
    const flags = [
      '--dataset',
      file,
      '--target',
      'price,area',
      '--column',
      'buys:categorical',
      '--steps',
      '2',
      '--no-out',
    ];
    for (const loss of [[], ['--loss', 'price=mae,area=mse'], ['--loss', 'price=mae']]) {
      const figures = { mae: expect.any(Number), rmse: expect.any(Number) };
      expect(await trained(...flags, ...loss)).toMatchObject({
        testRmse: null,
        baselineRmse: null,
        linearRmse: null,
        testTargets: { price: figures, area: figures },
        baselineTargets: { price: { rmse: expect.any(Number) }, area: { rmse: expect.any(Number) } },
        linearTargets: { price: figures, area: figures },
      });
    }
  });

  test.each([
    ['the loss has "mae", expected one for each target: price=mse,buys=softmax-cross-entropy', ['--loss', 'mae']],
    ['the loss has "prize", expected the outputs "price", "buys"', ['--loss', 'prize=mae']],
    ['--loss has the target "price" twice, expected one loss for each', ['--loss', 'price=mae,price=mse']],
    ['--loss of "price" mae: weight has 0, expected a number above 0', ['--loss', 'price=mae:weight=0']],
    ['homes.csv, such as buys=balanced', ['--class-weight', 'yes=5']],
  ])('%s', async (sentence, args) => {
    const { code, stderr } = await gradloom(['train', ...data, ...args, '--no-out']);
    expect(code).toBeGreaterThan(0);
    expect(stderr).toContain(sentence);
    expect(stderr.trim().split('\n')).toHaveLength(1);
  });
});

test('a target named kind is refused beside others, since a loss says its kind by that name', async () => {
  const kinds = folder.write('kinds.csv', tableOf(rows.map(({ buys, ...row }) => ({ ...row, kind: buys }))));
  const { stderr } = await gradloom(['train', '--dataset', kinds, '--target', 'price,kind', '--no-out']);
  expect(stderr).toContain('has the target "kind" beside others, expected another name');
});

test.each([
  [
    '--threshold has target "price", expected one of buys (the targets with two classes)',
    ['evaluate', '--threshold', 'price=0.3'],
  ],
  [
    '--threshold has "buys=0.3,buys=f1", expected a number such as 0.3, or auto, f1 or youden, or one for a target',
    ['evaluate', '--threshold', 'buys=0.3,buys=f1'],
  ],
  ['--top-k has 5, expected at most 2, the most classes of a target', ['evaluate', '--top-k', '5']],
  ['--target has "sold", expected one of "price", "buys"', ['explain', '--target', 'sold']],
  ['--out is given for several targets, expected --target with one of "price", "buys"', ['explain', '--out', 'x']],
])('%s', async (sentence, [command, ...flags]) => {
  expect((await gradloom([command, run, ...flags])).stderr).toContain(sentence);
});
