import { createRandom, type Model, type Preprocessing } from '@gradloom/core';
import { createModel, dense, embedding, flatten, loadParts, type NetworkSpec, sequential } from '@gradloom/runtime';
import { createAnswerPool } from '@gradloom/runtime/internal';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createTextAnswerer } from '../../../../../packages/runtime/src/models/serving/answer-texts.ts';
import { propertySeed } from '../../../../support/seed.ts';
import { temporaryFolder } from '../../../../support/temporary-folder.ts';

const folder = temporaryFolder();

const random = createRandom(1, 'weights');
const normals = (length: number) => Float64Array.from({ length }, () => random.normal());
const preprocessing: Preprocessing = {
  version: 1,
  columns: [
    { name: 'age', type: 'numeric', center: 40, scale: 10, fill: 38, indicator: false, range: [18, 90] },
    { name: 'city', type: 'categorical', categories: ['Bonn', 'Köln'], missing: false },
  ],
  target: [{ name: 'kind', type: 'classes', labels: ['a', 'b'] }],
};
const table = createModel({
  spec: { input: 3, layers: [{ kind: 'dense', out: 2 }] },
  parameters: normals(8),
  loss: 'softmax-cross-entropy',
  preprocessing,
});
const words = createModel({ spec: sequential(2, embedding(5, 2), flatten(), dense(1)), parameters: normals(10 + 5) });

const letters = createModel({
  spec: { input: 3, layers: [{ kind: 'embedding', vocabulary: 2, width: 2 }] },
  parameters: normals(4),
  loss: 'softmax-cross-entropy',
  preprocessing: {
    version: 1,
    text: { tokenizer: { kind: 'characters', vocabulary: ['a', 'b'] }, context: 3, lines: false },
  },
});

const reviews = createModel({
  spec: sequential(4, embedding(4, 2), flatten(), dense(1)),
  parameters: normals(8 + 9),
  preprocessing: {
    version: 1,
    columns: [
      {
        name: 'review',
        type: 'text',
        tokenizer: { kind: 'words', vocabulary: ['<unk>', 'the', ' film', ','] },
        context: 4,
      },
    ],
    target: [{ name: 'stars', type: 'values', center: 0, scale: 1 }],
  },
});

const answers = (model: Model, ...bodies: unknown[]) =>
  createTextAnswerer(model, { maxRows: 3 })(
    bodies.map((body) => (typeof body === 'string' ? body : JSON.stringify(body))),
  );

const rows = [
  { age: 30.5, city: 'Köln' },
  { age: 51, city: 'Bonn' },
];

describe('a body', () => {
  test('with a list of rows gets a list, with a row an object, in the bits of the model', () => {
    const [list, one, cells] = answers(table, rows, rows[1], [30.5, 'Köln']);
    expect(list).toEqual({ rows: 2, text: JSON.stringify(table.predict(rows)) });
    expect(one).toEqual({ rows: 1, text: JSON.stringify(table.predict(rows)[1]) });
    expect(cells).toEqual({ rows: 1, text: JSON.stringify(table.predict(rows)[0]) });
    expect(answers(table, [])).toEqual([{ rows: 0, text: '[]' }]);
  });

  test('of a model of text is a text or a list of texts, of any length', () => {
    const [list, one, tokens] = answers(letters, ['a', 'abab', [0, 1, 1]], '"ab"', [0, 1, 0]);
    expect(list).toEqual({ rows: 3, text: JSON.stringify(letters.predict(['a', 'bab', 'abb'])) });
    expect(one).toEqual({ rows: 1, text: JSON.stringify(letters.predict(['ab'])[0]) });
    expect(tokens).toEqual({ rows: 1, text: JSON.stringify(letters.predict(['aba'])[0]) });
  });

  test('of a model of a series is a window or a list of windows, of rows by name or by place', () => {
    const numbers = { type: 'numeric', center: 0, scale: 1, fill: 0, indicator: false } as const;
    const step = { unit: 'days', size: 1 } as const;
    const series = createModel({
      spec: { input: [2, 2], layers: [{ kind: 'flatten' }, { kind: 'dense', out: 1 }] },
      parameters: Float64Array.of(1, 10, 100, 1000, 0),
      loss: 'mse',
      preprocessing: {
        version: 1,
        columns: [
          { ...numbers, name: 'a' },
          { ...numbers, name: 'b' },
        ],
        target: [{ name: 'b', type: 'values', center: 0, scale: 1 }],
        series: { time: 't', target: 'b', context: 2, horizon: 1, step },
      },
    });
    const byName = [
      { a: 1, b: 2 },
      { b: 4, a: 3 },
    ];
    const bodies = [
      byName,
      [
        [0, 0],
        [1, 2],
        [3, 4],
      ],
      [byName],
      [
        [
          [1, 2],
          [3, 4],
        ],
      ],
      [byName[0]],
      byName[0],
      3,
    ];
    const texts = answers(series, ...bodies).map(({ text }) => text);
    const answer = '{"prediction":4321}';
    expect(texts.slice(0, 4)).toEqual([answer, answer, `[${answer}]`, `[${answer}]`]);
    expect(texts[4]).toBe('window 0 has 1 row, expected a list of 2 rows or more');
    expect(texts[5]).toBe('window 0 has {"a":1,"b":2}, expected a list of 2 rows or more');
    expect(texts[6]).toBe('body has 3, expected a row or a list of rows, as JSON');
  });

  test('hears which of its rows has what few or no training rows had', () => {
    const [{ text, unusual }] = answers(table, [rows[0], { age: null, city: 'Ulm' }, { age: 91, city: 'Bonn' }]);
    const [known, noted, outside] = JSON.parse(text);
    expect(unusual).toEqual({ age: 2, city: 1 });
    expect(outside.notes).toEqual(['column "age" has "91", outside of 18 to 90, the range of the training rows']);
    expect(known).not.toHaveProperty('notes');
    expect(noted.notes).toEqual([
      'column "age" has a gap, which few or no training rows had',
      'column "city" has "Ulm", which no training row had',
    ]);
  });

  test('hears which of its texts are at least half of words that the model does not know', () => {
    const texts = ['the film, then', 'the plot, then', 'the cinema was'].map((review) => ({ review }));
    const [{ text, unusual }] = answers(reviews, texts);
    const [known, half, third] = JSON.parse(text);
    expect(known).not.toHaveProperty('notes');
    expect(half.notes).toEqual([
      'column "review" has "the plot, then", with 2 unknown tokens of 4: few or no training rows had such',
    ]);
    expect(third.notes).toEqual([
      'column "review" has "the cinema was", with 2 unknown tokens of 3: few or no training rows had such',
    ]);
    expect(unusual).toEqual({ review: 2 });
  });

  test.each<[string, unknown, Model]>([
    [
      'row 0, column "review" is the last, and the row has 2 cells, expected a row of 1 cell ("review"); several rows are [["..."], ["..."]]',
      ['the film', 'the'],
      reviews,
    ],
    ['body has "the film", expected a row or a list of rows, as JSON, such as {"review": ...}', '"the film"', reviews],
    ['body is not valid JSON, expected a row or a list of rows, as JSON (', '{"age":', table],
    ['body is not valid JSON, expected', '', table],
    ['body has 7, expected a row or a list of rows, as JSON, such as {"age": ..., "city": ...}', 7, table],
    ['body has null, expected', null, table],
    [
      'row 0, column "city" is the last, and the row has 3 cells, expected a row of 2 cells ("age", "city")',
      [1, 2, 3],
      table,
    ],
    ['row 1, column "age" has "old", expected a number', [rows[0], { age: 'old', city: '' }], table],
    ['row 0, column "ages" is unknown, expected "age", "city"', { ages: 1, city: '' }, table],
    ['row 0, column "age" is missing, expected a value', '{"__proto__":{"age":1},"city":""}', table],
    ['body has a list of rows in "rows", expected the list itself: [...]', { rows }, table],
    ['row 1 has 3, expected an object by column name, or a list of cells', [rows[0], 3], table],
    ['row 0, column "age" has Infinity, expected a number', '[1e400,"Bonn"]', table],
    ['row 0, column "city" has {}, expected text', { age: 1, city: {} }, table],
    ['row 0: embedding(5x2) at layer 0: index at place 1 has 9', [1, 9], words],
    ['row 0 has Infinity, expected finite numbers', '[1,1e400]', words],
    ['row 0 has {}, expected an array of 2 numbers', [{}], words],
    ['row 1 has the character "c" (U+0063), expected one of the 2 of the vocabulary', ['a', 'c'], letters],
    ['row 0 has no text, expected at least a character', '""', letters],
    ['row 0 has {}, expected a text, or an array of', [{}], letters],
    ['body has "a", expected a row or a list of rows, as JSON', '"a"', words],
  ])('that is no row is refused: %s', (sentence, body, model) => {
    const [reply] = answers(model, body);
    expect(reply).toMatchObject({ rows: 0, fault: 'content', text: expect.stringContaining(sentence) });
  });

  test('with too many rows is refused as such', () => {
    const [reply] = answers(table, [rows[0], rows[0], rows[0], rows[0]]);
    expect(reply).toEqual({ rows: 0, fault: 'rows', text: 'body has 4 rows, expected at most 3' });
  });

  test('of a megabyte of brackets is refused', () => {
    const [open, closed] = answers(table, '['.repeat(1 << 20), `${'['.repeat(1 << 20)}${']'.repeat(1 << 20)}`);
    for (const reply of [open, closed]) expect(reply).toMatchObject({ rows: 0, fault: 'content' });
  });
});

test('bodies in one call get the replies that each gets alone, whatever they are', () => {
  const row = fc.record({
    age: fc.oneof(fc.double(), fc.string(), fc.constant(null)),
    city: fc.constantFrom('Bonn', 'Ulm', '', 3),
  });
  const body = fc.oneof(row, fc.array(row, { maxLength: 4 }), fc.jsonValue()).map((value) => JSON.stringify(value));
  const some = fc.array(fc.oneof(body, fc.string()), { maxLength: 6 });
  fc.assert(
    fc.property(some, (bodies) => {
      const replies = answers(table, ...bodies);
      expect(replies).toEqual(bodies.flatMap((it) => answers(table, it)));
      for (const { fault, text } of replies) if (fault === undefined) JSON.parse(text);
    }),
    { seed: propertySeed, numRuns: 300 },
  );
});

test('a row that a layer refuses does not keep the other bodies from their answers', () => {
  const bodies = [
    [1, 2],
    [
      [0, 0],
      [7, 1],
    ],
    [4, 4],
  ];
  const replies = answers(words, ...bodies);
  expect(replies.map(({ fault }) => fault)).toEqual([undefined, 'content', undefined]);
  expect(replies).toEqual(bodies.flatMap((it) => answers(words, it)));
  expect(replies[1].text).toMatch(/^row 1: embedding/);
});

/** Too long to be answered without a thread. */
const long = (body: string): string => `${' '.repeat(10_000)}${body}`;

test('threads give the replies of this thread, and those of two models their own', async () => {
  const pools = await Promise.all([table, words].map((model) => createAnswerPool(model, { threads: 2, maxRows: 3 })));
  try {
    const bodies = ['[[30,"Bonn"]]', '{"age":1}', '[1,2]', '[9,2]'];
    for (const [p, model] of [table, words].entries()) {
      const replies = createTextAnswerer(model, { maxRows: 3 })(bodies);
      const calls = Array.from({ length: 6 }, (_, n) => pools[p].answer(n < 2 ? bodies : bodies.map(long)));
      for (const call of calls) expect(await call).toEqual(replies);
    }
  } finally {
    await Promise.all(pools.map((pool) => pool.close()));
  }
});

test("threads have the parts of a user's own", async () => {
  const source =
    "export const cube = { part: 'activation', name: 'cube', apply: (z) => z * z * z, derivative: (z) => 3 * z * z };";
  const parts = await loadParts([folder.write('parts.mjs', source)]);
  const spec = { input: 2, layers: [{ kind: 'cube' }, { kind: 'dense', out: 1 }] } as unknown as NetworkSpec;
  const model = createModel({ spec, parameters: normals(3), parts });
  const pool = await createAnswerPool(model, { threads: 2, maxRows: 3 });
  try {
    const [reply] = await pool.answer([long('[2,3]')]);
    expect(JSON.parse(reply.text)).toEqual(model.predict([[2, 3]])[0]);
  } finally {
    await pool.close();
  }
});
