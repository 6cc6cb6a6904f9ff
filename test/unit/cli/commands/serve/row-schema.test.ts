import type { Json, JsonObject, Preprocessing } from '@gradloom/core';
import { createModel, type Model, type TextPreprocessing } from '@gradloom/runtime';
import { Ajv2020 } from 'ajv/dist/2020.js';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { rowSchema } from '../../../../../packages/cli/src/commands/serve/row-schema.ts';
import { failureOf } from '../../../../../packages/cli/src/terminal/failure.ts';
import { createTextAnswerer } from '../../../../../packages/runtime/src/models/serving/answer-texts.ts';
import { counted } from '../../../../support/count.ts';
import { propertySeed } from '../../../../support/seed.ts';
import { textModel } from '../../../../support/serving.ts';

const columns = [
  { name: 'age', type: 'numeric', center: 40, scale: 10, fill: 38, indicator: false },
  { name: 'since', type: 'date', center: 0, scale: 365, fill: null, indicator: false },
  { name: 'member', type: 'boolean', center: 0, scale: 1, fill: 0, indicator: false },
  { name: 'city', type: 'categorical', categories: ['Bonn', 'Köln'], missing: false },
] as const;
const classes = { name: 'kind', type: 'classes', labels: ['a', 'b'] } as const;
const value = (name: string) => ({ name, type: 'values', center: 100, scale: 7 }) as const;
const weights = (inputs: number, outputs: number) =>
  Float64Array.from({ length: (inputs + 1) * outputs }, (_, p) => Math.sin(p + 1));
const dense = (inputs: number, outputs: number) => ({
  spec: { input: inputs, layers: [{ kind: 'dense' as const, out: outputs }] },
  parameters: weights(inputs, outputs),
});

const models: [name: string, model: Model][] = [
  [
    'classes of a table',
    createModel({
      ...dense(5, 2),
      loss: 'softmax-cross-entropy',
      preprocessing: { version: 1, columns, target: [classes] },
    }),
  ],
  [
    'a value of a table',
    createModel({ ...dense(5, 1), preprocessing: { version: 1, columns, target: [value('price')] } }),
  ],
  [
    'values of a table',
    createModel({ ...dense(5, 2), preprocessing: { version: 1, columns, target: [value('low'), value('high')] } }),
  ],
  ['plain numbers', createModel(dense(4, 2))],
  [
    'rows with gaps',
    createModel({
      ...dense(6, 1),
      preprocessing: {
        version: 1,
        columns: [...columns.slice(0, 3), { ...columns[3], missing: true }],
        target: [value('price')],
      },
    }),
  ],
];

const cell = fc.oneof(
  ...[fc.double({ noNaN: true, noDefaultInfinity: true }), fc.boolean(), fc.constant(null), fc.string()],
  fc.constantFrom('Bonn', '2024-02-29', '1e3', 'yes', '', ' 7 ', {}, []),
);
/** Cells that each column takes, in every form, and others. */
const fitting = [
  fc.oneof(fc.integer(), fc.constantFrom('1e3', ' -7.5 ', null, '', 'NA')),
  fc.constantFrom('2024-02-29', '1970-01-01T00:00Z', '2024-12-31 23:59:00.5+02:00'),
  fc.oneof(fc.boolean(), fc.constantFrom('yes', 'F', 0, 1, null, '')),
  fc.oneof(fc.string(), fc.boolean(), fc.integer(), fc.constantFrom('Bonn', null)),
];
const cells = fitting.map((fittingCell) =>
  fc.oneof({ weight: 9, arbitrary: fittingCell }, { weight: 1, arbitrary: cell }),
);
const row = fc.oneof(
  fc.tuple(...cells),
  fc.record(Object.fromEntries(columns.map(({ name }, c) => [name, cells[c]]))),
  fc.record({ ...Object.fromEntries(columns.map(({ name }, c) => [name, cells[c]])), more: cell }),
  fc.record(Object.fromEntries(columns.slice(0, 3).map(({ name }, c) => [name, cells[c]]))),
  fc.array(cell, { minLength: 3, maxLength: 5 }),
  fc.array(fc.integer(), { minLength: 4, maxLength: 4 }),
);

test.each(models)('what is answered of %s fits the schema, and so does the answer', (_name, model) => {
  const ajv = new Ajv2020({ strict: true, allowUnionTypes: true });
  const { request, response } = rowSchema(model, 3, 100);
  const [isRequest, isResponse] = [ajv.compile(request), ajv.compile(response)];
  const answer = createTextAnswerer(model, { maxRows: 3 });
  let answered = 0;
  fc.assert(
    fc.property(fc.oneof(row, fc.array(row, { maxLength: 4 })), (body) => {
      const [{ text, fault }] = answer([JSON.stringify(body)]);
      if (fault !== undefined) return;
      if (text !== '[]') answered++;
      expect(isRequest(JSON.parse(JSON.stringify(body))), JSON.stringify(isRequest.errors)).toBe(true);
      expect(isResponse(JSON.parse(text)), JSON.stringify(isResponse.errors)).toBe(true);
    }),
    { seed: propertySeed, numRuns: counted(500, 5000) },
  );
  expect(answered).toBeGreaterThan(20);
});

test.each(models)('what has a column too few, a cell too many or another kind fits no schema of %s', (_name, model) => {
  const isRequest = new Ajv2020({ allowUnionTypes: true }).compile(rowSchema(model, 3, 100).request);
  for (const body of [7, 'x', null, {}, [1, 2, 3], [1, 2, 3, 4, 5], { age: 1, since: '', city: 'Bonn' }]) {
    expect(isRequest(body), JSON.stringify(body)).toBe(false);
  }
});

const formats = [
  { name: 'sum', type: 'numeric', format: { decimal: 'comma', thousands: 'point', unit: '€' }, range: [900, 1234.56] },
  { name: 'day', type: 'date', format: { order: 'dmy' }, range: [19_000, 20_000] },
  { name: 'us', type: 'date', format: { order: 'mdy' }, range: [19_000, 20_000] },
  { name: 'iso', type: 'date', range: [19_000, 20_000] },
  { name: 'at', type: 'date', format: { order: 'time' }, range: [0.25, 0.75] },
  { name: 'share', type: 'numeric', range: [0.123, 0.124] },
].map((column) => ({ center: column.range[0] + 0.01, scale: 1, fill: null, indicator: false, ...column }));
const words = (tokenizer: object) => [{ name: 'review', type: 'text', tokenizer, context: 8 }];
const ofColumns = (columns: readonly object[], I: number, more = {}) => {
  const preprocessing = { version: 1, columns, target: [value('y')], ...more } as unknown as Preprocessing;
  return createModel({ ...dense(I, 1), preprocessing });
};
const series = { time: 't', target: 'sum', context: 3, horizon: 1, step: { unit: 'days', size: 1 } };

test.each([
  ...models,
  ['cells written in other ways', ofColumns(formats, 6)],
  ['words', ofColumns(words({ kind: 'words', vocabulary: ['<unk>', ',', ' film', 'the'] }), 8)],
  ['characters', ofColumns(words({ kind: 'characters', vocabulary: ['\n', ' ', 'a', 'é'] }), 8)],
  ['a character', ofColumns(words({ kind: 'characters', vocabulary: ['\n', '?'] }), 8)],
  ['bytes', ofColumns(words({ kind: 'bytes' }), 8)],
  ['text', createModel(textModel)],
  ['a series', ofColumns(formats.slice(0, 1), 3, { series, target: [value('sum')] })],
] as [string, Model][])(
  'the schema of %s has a row that fits it, and that is answered without a note',
  (_name, model) => {
    const { request } = rowSchema(model, 3, 100);
    const [example] = request.examples as Json[];
    const isRequest = new Ajv2020({ allowUnionTypes: true }).compile(request);
    expect(isRequest(example), JSON.stringify(isRequest.errors)).toBe(true);
    const [{ text, fault }] = createTextAnswerer(model, { maxRows: 3 })([JSON.stringify(example)]);
    expect(fault, text).toBeUndefined();
    expect(JSON.parse(text)).not.toHaveProperty('notes');
  },
);

test.each([
  ['words', ['<unk>', ' May', ' as', ' best', ' the', ' was', 'It', 'May'], 'It was the best'],
  ['words', ['<unk>', ' film', ' was', 'the'], 'the film was'],
  ['characters', [...' Iabehlstvw'], 'It was the best all that I have'],
])('the example of a text of %s is a sentence, as far as its words are known: %j', (kind, vocabulary, text) => {
  const model = ofColumns(words({ kind, vocabulary }), 8);
  expect(rowSchema(model, 3, 100).request.examples).toEqual([{ review: text }]);
});

test('the schema shows how numbers and dates are written, and cells like that are taken', () => {
  const model = ofColumns(formats, 6);
  const [{ properties }] = rowSchema(model, 3, 100).request.anyOf as { properties: Record<string, JsonObject> }[];
  const shown = formats.map(({ name }) => / such as (.+?)( or |\.$)/.exec(String(properties[name].description))?.[1]);
  expect(shown).toEqual(['1.234,5 €', '31.12.2024', '12/31/2024', '2024-12-31', '11:59 PM', undefined]);
  expect(model.predict([[...shown.slice(0, 5), '0.1']])).toHaveLength(1);
});

test.each([false, true])(
  'what a model of text writes from fits the schema, and nothing else does (lines: %s)',
  (lines) => {
    const { text } = textModel.preprocessing as TextPreprocessing;
    const model = createModel({ ...textModel, preprocessing: { version: 1, text: { ...text, lines } } });
    const { generate } = rowSchema(model, 3, 100);
    const isRequest = new Ajv2020({ strict: true }).compile(generate?.request ?? {});
    const values = fc.constantFrom(0, 1, 2.5, 100, 101, -1, null, '1');
    const names = ['tokens', 'temperature', 'topK', 'topP', 'seed'];
    const options = fc.record(Object.fromEntries(names.map((name) => [name, values])), { requiredKeys: [] });
    const prompt = fc.constantFrom(
      {},
      { prompt: 'ab' },
      { prompt: '' },
      { prompt: 'a\nb' },
      { prompt: 7 },
      { promt: 'a' },
    );
    const seen = new Set<boolean>();
    fc.assert(
      fc.property(prompt, options, (start, rest) => {
        const body = { ...start, ...rest };
        const { prompt, ...requestOptions } = body as { prompt?: string; tokens?: number };
        const isAnswered =
          (requestOptions.tokens ?? 0) <= 100 && failureOf(() => model.generate(prompt, requestOptions)) === null;
        seen.add(isAnswered);
        expect(isRequest(body), JSON.stringify(body)).toBe(isAnswered);
      }),
      { seed: propertySeed, numRuns: counted(500, 5000) },
    );
    expect(seen.size).toBe(2);
  },
);
