import { readFileSync } from 'node:fs';
import { openModel } from '@gradloom/core';
import { tokensOf } from '@gradloom/core/internal';
import {
  createModel,
  createTokenizer,
  type Dataset,
  explainModel,
  explainTexts,
  gruNetwork,
  loadModel,
  prepareTable,
  readTable,
  saveModel,
  splitTable,
  type TableOptions,
  type TokenizerName,
} from '@gradloom/runtime';
import { encodeSplit, readTableAs } from '@gradloom/runtime/internal';
import { describe, expect, test } from 'vitest';
import { createTextAnswerer } from '../../../../../packages/runtime/src/models/serving/answer-texts.ts';
import { temporaryFolder } from '../../../../support/temporary-folder.ts';

const folder = temporaryFolder();
let files = 0;
const read = (lines: readonly string[], options: TableOptions = {}, ending = 'csv') =>
  readTable(folder.write(`texts-${files++}.${ending}`, `${lines.join('\n')}\n`), {
    columns: { review: 'text' },
    ...options,
  });

const reviews = [
  ['a good film', 'yes'],
  ['a dull film', 'no'],
  [' Good ', 'yes'],
  ['not a good film at all', 'no'],
  ['good film', 'yes'],
  ['a dull new film', 'no'],
] as const;
const lines = ['review,seen', ...reviews.map((row) => row.join(','))];
const texts = reviews.map(([text]) => text.trim());

/** The real tokens of each row. */
const tokensIn = ({ rows, inputs, lengths }: Dataset): number[][] =>
  Array.from({ length: rows }, (_, n) => [
    ...inputs.array.slice(n * inputs.columns, n * inputs.columns + (lengths?.array[n] ?? inputs.columns)),
  ]);

test.each<TokenizerName>(['words', 'characters', 'bytes', 'gpt2'])(
  'texts become tokens of %s, padded with their lengths',
  async (kind) => {
    const { sets, preprocessing, notes } = splitTable(await read(lines, { tokenizer: kind }));
    const tokenOptions = tokensOf(preprocessing);
    if (tokenOptions === undefined) throw new Error('no texts');
    const tokenizer = createTokenizer(tokenOptions.tokenizer);
    const expectedTokens = texts.map((text) => [
      ...tokenizer.encode(kind === 'words' ? ` ${text.toLowerCase()}` : text),
    ]);
    expect(tokensIn(sets.train)).toEqual(expectedTokens);
    expect(tokenOptions.context).toBe(Math.max(...expectedTokens.map(({ length }) => length)));
    const { array, columns } = sets.train.inputs;
    // Padding is 0, and what the model reads of a row has the same tokens.
    const padded = expectedTokens.flatMap((row) => [...row, ...new Array(columns - row.length).fill(0)]);
    expect([...array]).toEqual(padded);
    expect(array.BYTES_PER_ELEMENT).toBe(kind === 'gpt2' ? 2 : 1);
    expect(modelOf(sets.train).encode(texts.map((review) => ({ review })))).toEqual(Float64Array.from(padded));
    expect(notes).toEqual([]);
  },
);

/** A model of a dataset of texts, with weights that tell rows apart. */
function modelOf({ preprocessing, inputs, classes }: Dataset) {
  const texts = tokensOf(preprocessing);
  if (texts === undefined || preprocessing === undefined) throw new Error('no texts');
  const vocabulary = createTokenizer(texts.tokenizer).size;
  const spec = gruNetwork(1, 4, { vocabulary })([inputs.columns], classes ?? 1);
  const count = vocabulary * 4 + 2 * (4 * 12 + 12) + 4 * (classes ?? 1) + (classes ?? 1);
  const parameters = Float64Array.from({ length: count }, (_, i) => Math.sin(3 * i));
  return createModel({ spec, parameters, loss: classes === null ? 'mse' : 'softmax-cross-entropy', preprocessing });
}

test('the vocabulary is that of words which the training rows have twice, and other rows have no part in it', async () => {
  const table = await read([...lines, 'never never seen,yes']);
  const rows = { train: Uint32Array.from({ length: 6 }, (_, n) => n), test: Uint32Array.of(6) };
  const { sets, preprocessing } = prepareTable(table, rows);
  const vocabulary = ['<unk>', ' a', ' dull', ' film', ' good'];
  expect(tokensOf(preprocessing)?.tokenizer).toEqual({ kind: 'words', vocabulary });
  expect(sets.test && tokensIn(sets.test)).toEqual([[0, 0, 0]]);
});

test('texts longer than the context are cut, which is said once, and told of each row that a model answers', async () => {
  const prepared = splitTable(await read(lines, { context: 3 }), { validation: 0.5 });
  expect(prepared.notes).toEqual(['2 of 6 texts in column "review" are cut to the first 3 tokens (--context)']);
  const model = modelOf(prepared.sets.train);
  const heard: unknown[] = [];
  const rows = [['a good film'], ['a good film or not']];
  const answers = model.predict(rows, {
    onNote: ({ tokens, unknown }, row) => {
      if (unknown === undefined) heard.push([tokens, row]);
    },
  });
  expect(heard).toEqual([[5, 1]]);
  expect(answers[1]).toEqual(answers[0]);
});

test('by default the context is that of the longest text, unless it is twice as long as most', async () => {
  const long = Array.from({ length: 20 }, () => 'a good film,yes');
  const { preprocessing } = splitTable(await read(['review,seen', ...long, `${'very '.repeat(40)}dull,no`]));
  expect(tokensOf(preprocessing)?.context).toBe(6);
});

test('a model answers a row alike from memory, a file, a server and beside other rows', async () => {
  const { sets, preprocessing } = splitTable(await read(lines));
  const model = modelOf(sets.train);
  const path = `${folder.path}/texts.gradloom`;
  saveModel(path, model);
  const rows = texts.map((review) => ({ review }));
  const answers = model.predict(rows);
  expect(new Set(answers.map(({ probabilities }) => probabilities?.yes)).size).toBe(texts.length);
  for (const one of [loadModel(path), openModel(readFileSync(path))]) {
    expect(rows.map((row) => one.predict([row])[0])).toEqual(answers);
  }
  expect(model.predict(Float64Array.from(sets.train.inputs.array), { lengths: sets.train.lengths?.array })).toEqual(
    answers,
  );
  const [all, one] = createTextAnswerer(model, { maxRows: 10 })([rows, rows[2]].map((body) => JSON.stringify(body)));
  // Beside the answers, notes tell of words that training rows had once.
  expect([JSON.parse(all.text), JSON.parse(one.text)]).toMatchObject([answers, answers[2]]);
  const explanation = await explainTexts(model, sets.train);
  expect(explanation.map(({ tokens }) => tokens)).toEqual(tokensIn(sets.train));
  expect(explanation.map(({ probability }) => probability)).toEqual(
    answers.map(({ prediction, probabilities }) => probabilities?.[String(prediction)]),
  );
  // Rows that are read for the model have the tokens of its vocabulary.
  const other = folder.write('other.jsonl', '{"id":1,"seen":"no","review":"good never"}\n');
  const table = await readTableAs(other, preprocessing);
  expect(tokensIn(encodeSplit(table, preprocessing, { train: Uint32Array.of(0) }).train)).toEqual([[4, 0]]);
  await expect(explainModel(model, sets.train)).rejects.toThrow('has a column of texts alone');
});

test('rows of texts are rows: folds, shares of each class, weights, and values', async () => {
  const many = Array.from({ length: 40 }, (_, n) => `${n % 4 === 0 ? 'good' : 'dull film'},${n % 4},${n % 2}`);
  const table = await read(['review,stars,w', ...many], { target: 'stars', weightColumn: 'w' });
  const { sets } = splitTable(table, { folds: 4, fold: 2 });
  expect(sets.train.rows).toBe(30);
  const counts = [0, 1, 2, 3].map((stars) => sets.train.targets.array.filter((t) => t === stars).length);
  expect(counts.toSorted()).toEqual([7, 7, 8, 8]);
  expect(sets.train.weights?.array).toHaveLength(30);
  const values = splitTable(
    await read(['review,stars,w', ...many], { target: 'stars', targets: 'values', drop: ['w'] }),
  );
  const [answer] = modelOf(values.sets.train).predict([{ review: 'good' }]);
  expect(answer.prediction).toBeTypeOf('number');
});

describe('what does not fit is refused in one sentence', () => {
  test.each<[string, readonly string[], TableOptions]>([
    [
      'columns has text for "review", expected another type: it is the target (--target names another column)',
      ['seen,review', 'yes,good'],
      {},
    ],
    [
      'line 3, column 1 ("review") has no text, expected a text of at least a character',
      ['review,seen', 'a,b', ' ,b'],
      {},
    ],
    ['stream has true, expected none: the texts of a column are held in memory', lines, { stream: true }],
    ['tokenizer has "bytes", expected none without a column of type text', lines, { tokenizer: 'bytes', columns: {} }],
    ['horizon has 2, expected none without series', lines, { horizon: 2 }],
    ['expected another type in a series', ['t,review,x', '1,a,2', '2,b,3'], { series: 't' }],
  ])('%s', async (sentence, rows, options) => {
    await expect(read(rows, options)).rejects.toThrow(sentence);
  });

  test('a row without text, for a model', async () => {
    const model = modelOf(splitTable(await read(lines)).sets.train);
    const problem = 'column "review" has no text, expected a text of at least a character';
    for (const review of ['', '  ', null])
      expect(() => model.predict([{ review }])).toThrow(`predict: row 0, ${problem}`);
    const [reply] = createTextAnswerer(model, { maxRows: 1 })(['{"review":""}']);
    expect(reply).toEqual({ rows: 0, text: `row 0, ${problem}`, fault: 'content' });
  });
});

test('rows without text are left out where gaps are dropped, and words that stand for gaps elsewhere are texts', async () => {
  const table = await read(
    ['{"review":"NA","seen":"yes"}', '{"review":null,"seen":"no"}', '{"review":"?","seen":"no"}'],
    { missing: 'drop' },
    'jsonl',
  );
  expect(table.rows).toBe(2);
  expect(table.decisions.at(-1)).toBe('1 of 3 rows: the row has no text and is left out');
});
