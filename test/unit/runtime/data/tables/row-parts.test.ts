import { readFileSync } from 'node:fs';
import { buildNetwork, openModel } from '@gradloom/core';
import { partsNetwork, rowPartsOf } from '@gradloom/core/internal';
import {
  createModel,
  type Dataset,
  dense,
  explainModel,
  fit as fitRows,
  loadModel,
  prepareTable,
  readTable,
  saveModel,
  splitTable,
  type TableOptions,
} from '@gradloom/runtime';
import { encodeSplit, readTableAs } from '@gradloom/runtime/internal';
import { expect, test } from 'vitest';
import { createTextAnswerer } from '../../../../../packages/runtime/src/models/serving/answer-texts.ts';
import { temporaryFolder } from '../../../../support/temporary-folder.ts';

const folder = temporaryFolder();
let files = 0;
const read = (lines: readonly string[], options: TableOptions = {}, ending = 'csv') =>
  readTable(folder.write(`parts-${files++}.${ending}`, `${lines.join('\n')}\n`), {
    columns: { message: 'text' },
    ...options,
  });

const lines = [
  'message,age,city,seen',
  'a good film,20,Bonn,yes',
  'a dull film,40,Trier,no',
  'good,30,Bonn,yes',
  'not a good film at all,10,Bonn,no',
];
const rows = [
  { message: 'a good film', age: 20, city: 'Bonn' },
  { message: 'good never', age: null, city: 'Ulm' },
];

/** A model of rows with parts, with weights that tell rows apart. */
function modelOf({ preprocessing, classes }: Dataset) {
  const spec = partsNetwork(rowPartsOf(preprocessing) ?? [], [dense(classes ?? 1)]);
  const parameters = Float64Array.from({ length: buildNetwork(spec).parameterCount }, (_, i) => Math.sin(3 * i));
  return createModel({ spec, parameters, loss: 'softmax-cross-entropy', ...(preprocessing && { preprocessing }) });
}

test('a text follows numbers and categories as tokens, padded with a token of its own', async () => {
  const { sets, preprocessing } = splitTable(await read(lines));
  const vocabulary = ['<unk>', ' film', ' good', 'a'];
  expect(preprocessing.columns[0]).toMatchObject({
    name: 'message',
    tokenizer: { vocabulary },
    context: 6,
    padding: 4,
  });
  expect(rowPartsOf(preprocessing)).toEqual([
    { name: 'cells', shape: [3] },
    { name: 'message', shape: [6], vocabulary: 5 },
  ]);
  const { array, columns } = sets.train.inputs;
  const row = (n: number) => [...array.subarray(n * columns, (n + 1) * columns)];
  const deviation = Math.sqrt(125);
  expect(row(0)).toEqual([-5 / deviation, 1, 0, 3, 2, 1, 4, 4, 4]);
  expect(row(1)).toEqual([15 / deviation, 0, 1, 3, 0, 1, 4, 4, 4]);
  expect(sets.train.lengths).toBeUndefined();
});

test('texts in the middle of a table, and a name that a network has for something else', async () => {
  const table = await read(['x,cells,input,y', '1,a,b,2', '2,a,b,3'], {
    columns: { cells: 'text', input: 'text' },
    tokenizer: 'characters',
  });
  expect(rowPartsOf(splitTable(table).preprocessing)).toEqual([
    { name: 'cells', shape: [1] },
    { name: 'column cells', shape: [1], vocabulary: 3 },
    { name: 'column input', shape: [1], vocabulary: 3 },
  ]);
});

test('the vocabulary and the length of a text are those of the training rows', async () => {
  const table = await read([...lines, 'never never seen again by anyone at all here,3,Ulm,yes']);
  const split = { train: Uint32Array.of(0, 1, 2, 3), test: Uint32Array.of(4) };
  const { sets, preprocessing, notes } = prepareTable(table, split);
  expect(preprocessing).toEqual({ ...splitTable(await read(lines)).preprocessing });
  expect([...(sets.test?.inputs.array ?? [])].slice(3)).toEqual([0, 0, 0, 0, 0, 0]);
  expect(notes).toContain(
    '1 of 5 texts in column "message" are cut to the first 6 tokens (--context)'.replace('are', 'is'),
  );
});

test('a model answers a row alike from memory, a file, a server, a browser and beside other rows', async () => {
  const { sets, preprocessing } = splitTable(await read(lines));
  const model = modelOf(sets.train);
  const path = `${folder.path}/parts.gradloom`;
  saveModel(path, model);
  const answers = model.predict(rows);
  expect(answers[0].probabilities).not.toEqual(answers[1].probabilities);
  expect(model.predict(rows.map(({ message, age, city }) => [message, age, city]))).toEqual(answers);
  for (const other of [loadModel(path), openModel(readFileSync(path))])
    expect(rows.map((row) => other.predict([row])[0])).toEqual(answers);
  const [reply] = createTextAnswerer(model, { maxRows: 10 })([JSON.stringify(rows)]);
  expect(JSON.parse(reply.text)).toMatchObject(answers);
  // Rows that are read for the model have the inputs that it gives them.
  const other = folder.write('other.jsonl', rows.map((row) => JSON.stringify({ ...row, seen: 'no' })).join('\n'));
  const table = await readTableAs(other, preprocessing);
  const { train } = encodeSplit(table, preprocessing, { train: Uint32Array.of(0, 1) });
  expect([...train.inputs.array]).toEqual([...model.encode(rows)]);
});

test('fit learns what a text alone tells, and an explanation takes a text as one column', async () => {
  const words = ['good', 'lovely', 'dull', 'poor'];
  const many = Array.from({ length: 160 }, (_, n) => ({
    age: (n * 37) % 50,
    message: `the film was ${words[n % 4]}`,
    seen: n % 4 < 2 ? 'yes' : 'no',
  }));
  const options = { columns: { message: 'text' }, target: 'seen', steps: 60, threads: 2, backend: 'wasm' } as const;
  const model = await fitRows(many, options);
  expect(model.result.test?.accuracy).toBe(1);
  expect((await fitRows(many, { ...options, threads: 1 })).fingerprint).toBe(model.fingerprint);
  const table = await read(
    many.map((row) => JSON.stringify(row)),
    {},
    'jsonl',
  );
  const dataset = splitTable(table).sets.train;
  const { importances } = await explainModel(model, dataset, { threads: 1 });
  expect(importances.map(({ name }) => name)).toEqual(['age', 'message']);
  expect(importances[0].mean).toBe(0);
  expect(importances[1].mean).toBeGreaterThan(0.3);
});

test.each<[string, readonly string[], TableOptions]>([
  [
    'line 3, column 2 ("message") has no text, expected a text of at least a character (--missing drop',
    ['x,message,y', '1,a,b', '2,,b'],
    {},
  ],
  [
    'columns has text for "y", expected another type: it is the target',
    lines.map((line) => line.replace('seen', 'y')),
    { columns: { y: 'text' } },
  ],
  ['columns has text for "message", expected another type in a series', lines, { series: 'age' }],
  ['columns has "nothing", expected one of "message", "age", "city", "seen"', lines, { columns: { nothing: 'text' } }],
])('%s', async (sentence, table, options) => {
  await expect(read(table, options)).rejects.toThrow(sentence);
});

test('a row without text is left out where gaps are dropped', async () => {
  const table = await read(['x,message,y', '1,a,b', '2,,b', ',c,b'], { missing: 'drop' });
  expect(table.rows).toBe(1);
  expect(table.decisions.at(-1)).toBe(
    '2 of 3 rows: the rows have gaps and are left out (--missing impute fills gaps in)',
  );
});
