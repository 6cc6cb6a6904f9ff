import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  buildNetwork,
  createPredictor,
  createRandom,
  gptNetwork,
  type Model,
  openModel,
  type Preprocessing,
} from '@gradloom/core';
import {
  batchNorm,
  dense,
  gelu,
  loadModel,
  type ModelContents,
  type NetworkSpec,
  saveModel,
  sequential,
  train,
} from '@gradloom/runtime';
import { afterAll, describe, expect, type TestContext, test } from 'vitest';
import { firstDifference } from '../../../support/bits.ts';
import { closeBrowser } from '../../../support/browser.ts';
import { onPage } from '../../../support/model-page.ts';
import { randomDataset } from '../../../support/random-dataset.ts';
import { temporaryFolder } from '../../../support/temporary-folder.ts';

const folder = temporaryFolder();
const path = join(folder.path, 'model.gradloom');

const random = createRandom(1, 'weights');
const normals = (length: number) => Float64Array.from({ length }, () => random.normal());

const preprocessing: Preprocessing = {
  version: 1,
  columns: [
    { name: 'age', type: 'numeric', center: 37.25, scale: 11.3, fill: 38, indicator: true },
    { name: 'since', type: 'date', center: 18262, scale: 365.25, fill: null, indicator: false, parts: ['month'] },
    { name: 'member', type: 'boolean', center: 0.4, scale: 0.49, fill: 0, indicator: false },
    { name: 'city', type: 'categorical', categories: ['Bonn', 'Köln', 'a=b'], missing: true },
  ],
  target: [{ name: 'kind', type: 'classes', labels: ['a', 'b', '__proto__'] }],
};
const classifier: ModelContents = {
  spec: sequential(10, dense(9), gelu(), batchNorm(), dense(3)),
  parameters: normals(10 * 9 + 9 + 4 * 9 + 9 * 3 + 3).map(Math.abs), // variances are not below 0
  loss: 'softmax-cross-entropy',
  preprocessing,
};
const regressor: ModelContents = {
  spec: { input: 10, layers: [{ kind: 'dense', out: 1 }] },
  parameters: normals(11),
  loss: 'mse',
  preprocessing: { ...preprocessing, target: [{ name: 'price', type: 'values', center: 152.1, scale: 77.3 }] },
};
const numbers: ModelContents = {
  spec: { input: 5, layers: [{ kind: 'dense', out: 70 }, { kind: 'tanh' }, { kind: 'dense', out: 2 }] },
  parameters: normals(5 * 70 + 70 + 70 * 2 + 2),
  loss: 'softmax-cross-entropy',
  metadata: { labels: ['no', 'yes'], divisor: 255 },
};

const gpt = gptNetwork(2, 2, 8)([8], 5);
const writer: ModelContents = {
  spec: gpt,
  parameters: normals(buildNetwork(gpt).parameterCount),
  loss: 'softmax-cross-entropy',
  preprocessing: {
    version: 1,
    text: { tokenizer: { kind: 'characters', vocabulary: ['\n', 'a', 'b', 'c', 'é'] }, context: 8, lines: false },
  },
};

const cells = [
  { age: 30.1, since: '2020-02-29', member: true, city: 'Köln' },
  { age: null, since: '1999-12-31T23:59:59.5Z', member: 'no', city: '' },
  { age: '1e2', since: '2024-01-01', member: 0, city: 'a=b' },
  { age: -7, since: '2031-07-01', member: 'Y', city: 'Ulm' },
];
const cases: [name: string, contents: ModelContents, rows: Parameters<Model['predict']>[0]][] = [
  ['of classes of a table', classifier, cells],
  ['of values of a table', regressor, cells.map((row) => Object.values(row))],
  ['of floats', { ...numbers, parameters: Float32Array.from(numbers.parameters) }, [[...normals(5)]]],
  ['of floats of a table', { ...classifier, parameters: Float32Array.from(classifier.parameters) }, cells],
  ['of plain numbers', numbers, Array.from({ length: 300 }, () => [...normals(5)])],
];

/** What a model of text writes. */
const written = (model: Model) => [
  [...model.generate('é', { tokens: 40, topK: 3, seed: 1 })],
  [...model.generate('abcabcabc', { tokens: 20, temperature: 2, topP: 0.9 })],
];

/** All that a model says of rows. */
const said = (model: Model, rows: (typeof cases)[number][2]) => ({
  outputs: model.outputs(rows as number[][]),
  probabilities: model.loss === 'mse' ? null : model.probabilities(rows as number[][]),
  classify: model.classify(rows),
  predict: model
    .predict(rows)
    .map(({ prediction, probabilities }) => [prediction, Object.entries(probabilities ?? {})]),
  fingerprint: model.fingerprint,
  metadata: model.metadata,
  spec: model.spec,
});

afterAll(closeBrowser);

describe.each(cases)('a model %s', (_name, contents, rows) => {
  test('opened from its bytes says what loadModel says, bit by bit', () => {
    saveModel(path, contents);
    const bytes = readFileSync(path);
    const loaded = loadModel(path);
    const opened = openModel(bytes);
    expect(firstDifference(opened.parameters, loaded.parameters)).toBeNull();
    expect(said(opened, rows)).toEqual(said(loaded, rows));
    expect(said(openModel(Uint8Array.from(bytes).buffer), rows)).toEqual(said(loaded, rows));
  });

  test('does so in a browser', async (context) => {
    saveModel(path, contents);
    expect(await inBrowser(context, said, rows)).toEqual(said(loadModel(path), rows));
  }, 60_000);
});

test('a model of text writes in a browser what it writes in Node', async (context) => {
  saveModel(path, writer);
  expect(await inBrowser(context, written, null)).toEqual(written(loadModel(path)));
}, 60_000);

/** What a function says of the model in `path` and rows in a browser. */
const inBrowser = async <Rows, Said>(context: TestContext, say: (model: Model, rows: Rows) => Said, rows: Rows) =>
  (await onPage(context, [readFileSync(path)], say, [rows])).said[0];

test('a model of floats keeps its type in the file, computes in it, and answers in doubles', () => {
  const parameters = Float32Array.from(numbers.parameters);
  saveModel(path, { ...numbers, parameters });
  const opened = openModel(readFileSync(path));
  expect(opened.parameters).toEqual(parameters);
  expect(opened.fingerprint).toMatch(/^[0-9a-f]{64}$/);
  const x = normals(5 * 100);
  const y = opened.outputs(x);
  expect(y).toEqual(createPredictor(buildNetwork(numbers.spec), parameters)(x));
  expect(y).toEqual(y.map(Math.fround));
  expect(opened.classify(x)).toHaveLength(100);
  expect(opened.probabilities(x).some((value) => value !== Math.fround(value))).toBe(true);
});

test('opens the model of a checkpoint', async () => {
  const rows = randomDataset({ rows: 12, inputs: 3, classes: 2 });
  const spec: NetworkSpec = { input: 3, layers: [{ kind: 'dense', out: 2 }] };
  const checkpoint = { folder: folder.path, every: 2 };
  const { fingerprint } = await train(spec, { train: rows }, { epochs: 2, backend: 'wasm', threads: 1, checkpoint });
  const opened = openModel(readFileSync(join(folder.path, 'last.gradloom')));
  expect(opened.fingerprint).toBe(fingerprint);
});

describe('a file that is no model', () => {
  test.each([
    ['bytes has "text", expected a Uint8Array or an ArrayBuffer', 'text'],
    ['bytes is not a Gradloom file, expected a model or a checkpoint (it is empty)', new Uint8Array(0)],
    [
      'bytes is not a Gradloom file, expected a model or a checkpoint (it begins with "age,y',
      Buffer.from('age,y\n1,2'),
    ],
  ])('is refused in one sentence: %s', (sentence, bytes) => {
    expect(() => openModel(bytes as Uint8Array)).toThrow(`openModel: ${sentence}`);
  });

  test('nor is one whose parts do not fit', () => {
    saveModel(path, regressor);
    const bytes = readFileSync(path);
    bytes[bytes.length - 1] ^= 1;
    expect(() => openModel(bytes)).toThrow(
      'openModel: bytes has a wrong checksum, expected the file as it was written',
    );
  });
});

test('a weight that is not finite is refused when a row is asked', () => {
  saveModel(path, { ...regressor, parameters: regressor.parameters.map((value, p) => (p === 3 ? Number.NaN : value)) });
  const opened = openModel(readFileSync(path));
  expect(() => opened.outputs(cells)).toThrow('outputs: W of dense(10->1) at layer 0 has NaN, expected finite numbers');
});
