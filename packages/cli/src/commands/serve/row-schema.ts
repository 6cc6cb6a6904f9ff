import type { ColumnEncoding, JsonObject, SeriesEncoding, TargetDecoding, TextEncoding } from '@gradloom/core';
import {
  exampleOf,
  generateOptions,
  inputsOf,
  labelListOf,
  mayLack,
  ofImages,
  ofTable,
  ofText,
  sequenceOf,
  takesGaps,
} from '@gradloom/core/internal';
import type { Model } from '@gradloom/runtime';
import { modelsOfHeads } from '@gradloom/runtime/internal';
import { defined } from '../../options/option.ts';
import { exampleBody } from './example-body.ts';

/** JSON Schema of the requests and answers of /predict, and for a model of text those of /generate. */
export interface RowSchema extends Exchange {
  readonly generate?: Exchange;
}

interface Exchange {
  readonly request: JsonObject;
  readonly response: JsonObject;
}

const DRAFT = 'https://json-schema.org/draft/2020-12/schema';
const MAX_EXAMPLES = 20;

/** The schema of a model, from the columns of its table. A text has at most `maxTokens` tokens. */
export function rowSchema(model: Model, maxRows: number, maxTokens: number): RowSchema {
  const rows = rowForms(model);
  const answer = answerSchema(model);
  const text = ofText(model.preprocessing);
  const example = exampleBody(model);
  return {
    request: {
      $schema: DRAFT,
      description: 'A row, or a list of rows.',
      ...(example === undefined ? {} : { examples: [example] }),
      anyOf: [...rows, { type: 'array', items: { anyOf: rows }, maxItems: maxRows }],
    },
    response: {
      $schema: DRAFT,
      description: 'The answer to a row, or a list of answers to a list of rows.',
      anyOf: [answer, { type: 'array', items: answer }],
    },
    ...(text === undefined ? {} : { generate: generateSchema(text.text, maxTokens) }),
  };
}

function generateSchema({ lines }: TextEncoding, maxTokens: number): Exchange {
  const ranges: Readonly<Record<keyof typeof generateOptions.table, JsonObject>> = {
    tokens: { type: 'integer', minimum: 1, maximum: maxTokens },
    temperature: { type: 'number', minimum: 0 },
    topK: { type: 'integer', minimum: 1 },
    topP: { type: 'number', exclusiveMinimum: 0, maximum: 1 },
    seed: { type: 'integer', minimum: 0 },
  };
  const options = Object.entries(generateOptions.table).map(([name, { standard, help = '' }]) => [
    name,
    { ...ranges[name as keyof typeof ranges], description: help, ...defined({ default: standard }) },
  ]);
  const prompt = {
    type: 'string',
    ...(lines ? { pattern: '^[^\\n]*$' } : { minLength: 1 }),
    description: `The start of ${lines ? 'a line' : 'the text; by default a line end'}.`,
  };
  return {
    request: {
      $schema: DRAFT,
      type: 'object',
      properties: { prompt, ...Object.fromEntries(options) },
      additionalProperties: false,
    },
    response: { $schema: DRAFT, type: 'string', description: 'The text after the prompt, as plain text in UTF-8.' },
  };
}

/** Schemas of the accepted forms of a row. */
function rowForms({ preprocessing, spec }: Model): JsonObject[] {
  const table = ofTable(preprocessing);
  if (table === undefined) {
    const I = inputsOf(spec);
    const numbers = { type: 'array', items: { type: 'number' }, minItems: I, maxItems: I };
    if (ofImages(preprocessing) !== undefined) return [imageSchema, numbers];
    if (ofText(preprocessing) !== undefined) return [textSchema, numbers];
    const T = sequenceOf([spec.input].flat());
    return T === null ? [numbers] : [numbers, sequenceSchema(numbers, T)];
  }
  const { columns } = table;
  const cells = columns.map(cellSchema);
  // A column such as to.city may also be in an object, to.
  const required = columns.filter((column) => !mayLack(column) && !column.name.includes('.')).map(({ name }) => name);
  const forms: JsonObject[] = [
    {
      type: 'object',
      properties: Object.fromEntries(columns.map(({ name }, c) => [name, cells[c]])),
      required,
      ...(required.length === 0 ? { minProperties: 1 } : {}),
      description: 'The cells by column. One that is not there is a gap. Other columns are not read.',
    },
    { type: 'array', prefixItems: cells, minItems: cells.length, maxItems: cells.length },
  ];
  return table.series === undefined ? forms : [windowSchema(forms, table.series)];
}

const windowSchema = (forms: JsonObject[], { context }: SeriesEncoding): JsonObject => ({
  type: 'array',
  items: { anyOf: forms },
  minItems: context,
  description: `Rows in the order of time; the model reads the last ${context}.`,
});

/** A row of a sequence that is padded on the right. */
const sequenceSchema = (inputs: JsonObject, T: number): JsonObject => ({
  type: 'object',
  properties: { inputs, length: { type: 'integer', minimum: 1, maximum: T, description: 'Its real positions.' } },
  required: ['inputs'],
  additionalProperties: false,
});

const textSchema: JsonObject = { type: 'string', description: 'A text; the model reads its last tokens.' };

const BASE64_IMAGE = 'A PNG or JPEG file of any size, in base64.';

const imageSchema: JsonObject = {
  type: 'object',
  properties: { image: { type: 'string', contentEncoding: 'base64', description: BASE64_IMAGE } },
  required: ['image'],
  additionalProperties: false,
};

/** JSON types of a cell by the type of its column. */
const cellTypes = {
  numeric: ['number', 'string'],
  boolean: ['boolean', 'number', 'string'],
  date: ['string'],
  categorical: ['string', 'number', 'boolean'],
  text: ['string'],
  image: ['string'],
} as const;

const cellDescriptions = {
  numeric: 'A number; as text, in decimal.',
  boolean: 'True or false; as text also yes, no, t, f, y, n, 1 or 0.',
  date: 'A date or date-time such as 2024-12-31 or 2024-12-31T23:59:00Z (ISO 8601).',
  categorical: 'A category. An unknown one is predicted without it, and noted.',
  text: 'A text of at least a character; the model reads its first tokens.',
  image: BASE64_IMAGE,
} as const;

// Descriptions of a column that encodes rare and unknown categories alike.
const NOTED_OTHERS = 'A category. Rare and unknown ones are predicted alike; unknown ones are noted.';
const UNNOTED_OTHERS = 'A category. Rare and unknown ones are predicted alike.';

function cellSchema(column: ColumnEncoding): JsonObject {
  const { type } = column;
  const text = describeCell(column);
  const mayBeGap = takesGaps(column);
  return {
    type: mayBeGap ? [...cellTypes[type], 'null'] : [...cellTypes[type]],
    description: mayBeGap ? `${text} Null or empty text for a gap.` : text,
    ...(type === 'text' && !mayBeGap ? { minLength: 1 } : {}),
    ...(type === 'image' ? { contentEncoding: 'base64' } : {}),
    ...(type === 'categorical' ? { examples: column.categories.slice(0, MAX_EXAMPLES) } : {}),
  };
}

function describeCell(column: ColumnEncoding): string {
  if (column.type === 'categorical' && column.others) return column.others === true ? UNNOTED_OTHERS : NOTED_OTHERS;
  if (!('format' in column) || column.format === undefined) return cellDescriptions[column.type];
  const example = exampleOf(column.format);
  if (!('order' in column.format)) return `A number; as text, such as ${example}.`;
  return `${column.format.order === 'time' ? 'A time of day' : 'A date'} such as ${example}.`;
}

/** The labels of each column of lists. */
export function labelsByList(target: readonly TargetDecoding[]): ReadonlyMap<string, readonly string[]> {
  const labels = new Map<string, string[]>();
  for (const decoding of target) {
    const column = labelListOf(decoding)?.column;
    if (column !== undefined) labels.set(column, [...(labels.get(column) ?? []), decoding.name]);
  }
  return labels;
}

function answerSchema(model: Model): JsonObject {
  const { preprocessing } = model;
  const [first, ...others] = preprocessing?.target ?? [];
  const notes = {
    type: 'array',
    items: { type: 'string' },
    description:
      'Categories that no training row had, gaps that few or none had, and texts that are cut or half unknown.',
  };
  const models = modelsOfHeads(model);
  const p = { type: 'number', minimum: 0, maximum: 1 };
  if (models !== null) {
    const labels = labelsByList(preprocessing?.target ?? []);
    const listSchemas = [...labels].map(([column, names]) => {
      const prediction = { type: ['array', 'null'], items: { enum: names }, description: 'The labels of the row.' };
      const probabilities = { type: 'object', properties: Object.fromEntries(names.map((name) => [name, p])) };
      return [column, { prediction, probabilities } as JsonObject] as const;
    });
    const inLists = new Set([...labels.values()].flat());
    const headSchemas = models
      .filter(({ name }) => !inLists.has(name))
      .map((head) => [head.name, answerSchema(head.model).properties as JsonObject] as const);
    const schemas = [...headSchemas, ...listSchemas];
    const [[, only]] = schemas;
    if (schemas.length === 1 && models.length > 1)
      return { type: 'object', properties: { ...only, notes }, required: ['prediction'] };
    const part = (key: 'prediction' | 'probabilities') => {
      const entries = schemas
        .filter(([, schema]) => schema[key] !== undefined)
        .map(([name, schema]) => [name, schema[key]]);
      return { type: 'object', properties: Object.fromEntries(entries) };
    };
    const [prediction, probabilities] = [part('prediction'), part('probabilities')];
    return { type: 'object', properties: { prediction, probabilities, notes }, required: ['prediction'] };
  }
  if (first?.type === 'classes') {
    const probabilities = { type: 'object', properties: Object.fromEntries(first.labels.map((label) => [label, p])) };
    const prediction = { enum: [...first.labels, null] };
    return { type: 'object', properties: { prediction, probabilities, notes }, required: ['prediction'] };
  }
  const value = { type: ['number', 'null'] };
  const values = { type: ['object', 'null'], additionalProperties: { type: 'number' } };
  const prediction = first === undefined ? {} : others.length === 0 ? value : values;
  return { type: 'object', properties: { prediction, notes }, required: ['prediction'] };
}
