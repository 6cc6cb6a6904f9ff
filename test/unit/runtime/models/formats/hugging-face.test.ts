import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { buildNetwork, createRandom, initializeParameters, type ModelContents } from '@gradloom/core';
import {
  adaptModel,
  createModel,
  exportModel,
  type ImportOptions,
  importModel,
  loadModel,
  saveModel,
} from '@gradloom/runtime';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readerOf } from '../../../../../packages/runtime/src/models/formats/hugging-face/config.ts';
import { architectures } from '../../../../../packages/runtime/src/models/formats/hugging-face/index.ts';
import { damageOf } from '../../../../support/damage.ts';
import { bytePairFiles, piecesFiles, type TokenizerFiles, wordPieceFiles } from '../../../../support/hugging-face.ts';
import { propertySeed } from '../../../../support/seed.ts';
import { temporaryFolder } from '../../../../support/temporary-folder.ts';

const folder = temporaryFolder();

type Config = Record<string, unknown> & { readonly model_type: string };

const gpt2: Config = {
  model_type: 'gpt2',
  n_embd: 6,
  n_layer: 2,
  n_head: 2,
  n_positions: 12,
  vocab_size: 270,
  eos_token_id: 265,
  n_ctx: 12,
  architectures: ['GPT2LMHeadModel'],
};
const llama: Config = {
  model_type: 'llama',
  hidden_size: 8,
  num_hidden_layers: 1,
  num_attention_heads: 4,
  intermediate_size: 12,
  num_key_value_heads: 2,
  max_position_embeddings: 16,
  vocab_size: 300,
  tie_word_embeddings: false,
};
const bert: Config = {
  model_type: 'bert',
  hidden_size: 6,
  num_hidden_layers: 1,
  num_attention_heads: 2,
  intermediate_size: 8,
  max_position_embeddings: 10,
  vocab_size: 24,
  id2label: { 0: 'bad', 1: 'good' },
};

/** A model of a config with drawn weights, as an import gives it. */
function modelOf(config: Config, { tokenizer, config: settings }: TokenizerFiles, prefix: string): ModelContents {
  const names = new Set(config.id2label === undefined ? [] : ['classifier.weight']);
  const fault = (has: string) => new Error(has);
  const request = { config, read: readerOf(config, fault), context: undefined, pooling: undefined, names };
  const { layers, positions, vocabulary, writes, labels } = architectures[config.model_type].describe(request);
  const network = buildNetwork({ input: [positions], layers: [...layers] });
  const parameters = new Float32Array(network.parameterCount);
  initializeParameters(network, parameters, 3);
  const random = createRandom(4, 'hugging-face');
  for (let i = 0; i < parameters.length; i++) parameters[i] += 0.1 * random.normal();
  const spec = {
    kind: 'huggingface',
    size: vocabulary,
    end: writes && typeof config.eos_token_id === 'number' ? [config.eos_token_id] : [],
    tokenizer: JSON.stringify(tokenizer),
    config: JSON.stringify(settings),
  } as const;
  return {
    spec: network.spec,
    parameters,
    loss: 'softmax-cross-entropy',
    metadata: { huggingface: { config: config as never, prefix }, ...(labels === undefined ? {} : { labels }) },
    preprocessing: writes
      ? { version: 1, text: { tokenizer: spec, context: positions, lines: false } }
      : {
          version: 1,
          columns: [{ name: 'text', type: 'text', tokenizer: spec, context: positions }],
          target: [{ name: 'class', type: 'classes', labels: labels ?? [] }],
        },
  };
}

const models: [name: string, contents: ModelContents][] = [
  ['gpt2', modelOf(gpt2, bytePairFiles(), 'transformer.')],
  ['llama', modelOf(llama, piecesFiles(), '')],
  ['bert', modelOf(bert, wordPieceFiles(), 'bert.')],
];

/** Writes a model into a folder, and other contents of some of its files. */
async function written(name: string, contents: ModelContents, others: Record<string, string> = {}): Promise<string> {
  const path = join(folder.path, name);
  await exportModel(path, contents, { format: 'huggingface' });
  for (const [file, text] of Object.entries(others)) folder.write(`${name}/${file}`, text);
  return path;
}

describe.each(models)('%s', (name, contents) => {
  test('written and read again is the same model, with its config', async () => {
    const path = await written(`same-${name}`, contents);
    expect(readdirSync(path).sort()).toEqual([
      ...['config.json', 'model.safetensors', 'tokenizer.json', 'tokenizer_config.json'],
    ]);
    const model = await importModel(path);
    expect(model.fingerprint).toBe(createModel(contents).fingerprint);
    expect(model.spec).toEqual(contents.spec);
    expect(model.preprocessing).toEqual(contents.preprocessing);
    const { config } = model.metadata.huggingface as { config: object };
    const { huggingface } = contents.metadata as unknown as { huggingface: { config: object } };
    expect(config).toMatchObject(huggingface.config);
    const again = await written(`again-${name}`, model);
    for (const file of readdirSync(path))
      expect(readFileSync(join(again, file))).toEqual(readFileSync(join(path, file)));
  });

  test('answers texts, also from a model file', async () => {
    const model = await importModel(await written(`texts-${name}`, contents));
    const file = join(folder.path, `${name}.gradloom`);
    saveModel(file, model);
    const rows = name === 'bert' ? [{ text: 'The cat sat' }, { text: 'good dog' }] : ['the and', 'an'];
    const answers = model.predict(rows as never);
    expect(loadModel(file).predict(rows as never)).toEqual(answers);
    expect(answers.every(({ prediction }) => prediction !== null)).toBe(true);
    if (name === 'bert') {
      // [CLS] the cat sat [SEP]
      expect([...model.encode([{ text: 'The cat sat' }])]).toEqual([2, 5, 6, 8, 3, 0, 0, 0, 0, 0]);
      const long = { text: 'the cat sat on the mat and the dog sat' };
      expect([...model.encode([long])].slice(-2)).toEqual([5, 3]); // cut before [SEP]
      return;
    }
    const start = name === 'llama' ? [1] : [];
    const text = [...model.generate('the', { tokens: 5, topK: 1 })].join('');
    expect(model.encode(['the']).slice(0, start.length)).toEqual(Float64Array.from(start));
    expect([...loadModel(file).generate('the', { tokens: 5, topK: 1 })].join('')).toBe(text);
  });
});

test.each(models)('%s with low-rank additions is written back with them in its weights', async (name, contents) => {
  const start = adaptModel(contents, { lora: { rank: 2 } });
  const random = createRandom(1, 'additions');
  const moved = {
    ...contents,
    ...start,
    parameters: Float64Array.from(start.parameters, (weight) => weight + random.normal() / 9),
  };
  const again = await importModel(await written(`lora-${name}`, moved as ModelContents));
  const merged = adaptModel(moved as ModelContents, { mergeLora: true });
  expect([again.spec, again.parameters]).toEqual([contents.spec, merged.parameters]);
});

test('a model with other classes is written back with their names', async () => {
  const model = createModel(models[2][1]);
  const { preprocessing, ...start } = adaptModel(model, { outputs: 3 });
  const labels = ['bad', 'so so', 'good'];
  const target = [{ name: 'class', type: 'classes', labels }] as const;
  const tuned = { ...start, preprocessing: { ...preprocessing, target } } as ModelContents;
  const again = await importModel(await written('classes', tuned));
  expect(again.metadata.labels).toEqual(labels);
  expect(again.fingerprint).toBe(createModel(tuned).fingerprint);
});

test('a token that ends texts ends what is written', async () => {
  const [, contents] = models[0];
  const { text } = contents.preprocessing as { text: { tokenizer: object; context: number; lines: boolean } };
  const lengthFor = (end: number[]): number => {
    const preprocessing = { version: 1, text: { ...text, tokenizer: { ...text.tokenizer, end } } } as never;
    return [...createModel({ ...contents, preprocessing }).generate('the', { tokens: 40, seed: 2 })].join('').length;
  };
  const every = Array.from({ length: 270 }, (_, token) => token);
  expect(lengthFor(every)).toBe(0);
  expect(lengthFor([])).toBeGreaterThan(0);
});

test('a shorter context reads the first positions, and is written with them', async () => {
  const notes: string[] = [];
  const [, contents] = models[0];
  const path = await written('shorter', contents);
  const model = await importModel(path, { context: 5, onNote: (note) => notes.push(note) });
  expect(notes).toEqual(['Rows have 5 tokens of the 12 that the model can read.']);
  const whole = createModel(contents);
  const [y, expected] = [model, whole].map(({ outputs, spec: { input } }) =>
    outputs(Float64Array.from([input].flat(), (T) => T).fill(0) && new Float64Array([input].flat()[0] as number)),
  );
  expect(y).toEqual(expected.slice(0, y.length));
  const again = await written('shorter-again', model);
  const config = JSON.parse(readFileSync(join(again, 'config.json'), 'utf8'));
  expect([config.n_positions, config.n_ctx]).toEqual([5, 5]);
  expect((await importModel(again)).fingerprint).toBe(model.fingerprint);
});

test('weights in several files are those of one', async () => {
  const [, contents] = models[0];
  const path = await written('shards', contents);
  const whole = readFileSync(join(path, 'model.safetensors'));
  const length = Number(whole.readBigUInt64LE());
  const { __metadata__: _, ...header } = JSON.parse(whole.toString('utf8', 8, 8 + length));
  const names = Object.keys(header);
  const files = ['model-00001-of-00002.safetensors', 'model-00002-of-00002.safetensors'];
  for (const [k, file] of files.entries()) {
    const own = names.filter((_name, i) => i % 2 === k);
    let end = 0;
    const parts = own.map((name) => {
      const [from, to] = header[name].data_offsets;
      end += to - from;
      const offsets = [end - (to - from), end];
      return {
        entry: [name, { ...header[name], data_offsets: offsets }],
        bytes: whole.subarray(8 + length + from, 8 + length + to),
      };
    });
    const text = Buffer.from(JSON.stringify(Object.fromEntries(parts.map(({ entry }) => entry))));
    const prefix = Buffer.alloc(8);
    prefix.writeBigUInt64LE(BigInt(text.length));
    folder.write(`shards/${file}`, Buffer.concat([prefix, text, ...parts.map(({ bytes }) => bytes)]));
  }
  rmSync(join(path, 'model.safetensors'));
  const map = Object.fromEntries(names.map((name, i) => [name, files[i % 2]]));
  folder.write('shards/model.safetensors.index.json', JSON.stringify({ weight_map: map }));
  expect((await importModel(path)).fingerprint).toBe(createModel(contents).fingerprint);
  // No other folder is read.
  for (const name of ['../model.safetensors', '/etc/model.safetensors', 'a/b.safetensors', 'config.json', 7]) {
    folder.write('shards/model.safetensors.index.json', JSON.stringify({ weight_map: { ...map, [names[0]]: name } }));
    await expect(importModel(path)).rejects.toThrow('expected the name of a .safetensors file in the same folder');
  }
});

test.each<[string, Config, ImportOptions, string]>([
  [
    'another family',
    { ...gpt2, model_type: 't5' },
    {},
    'has the model_type "t5", expected one of bert, gpt2, llama, mi',
  ],
  ['a size of 0', { ...gpt2, n_embd: 0 }, {}, 'config.json has n_embd 0, expected a whole number from 1 to 16777216'],
  ['too many layers', { ...gpt2, n_layer: 1e9 }, {}, 'has n_layer 1000000000, expected a whole number from 1 to 1024'],
  [
    'another shape',
    { ...gpt2, n_embd: 4 },
    {},
    'wte.weight of shape [270, 6] in place of [270, 4]; wpe.weight of shape',
  ],
  [
    'fewer layers',
    { ...gpt2, n_layer: 1 },
    {},
    'has the tensors h.1.ln_1.weight, h.1.ln_1.bias, h.1.attn.c_attn.weight',
  ],
  ['more layers', { ...gpt2, n_layer: 3 }, {}, 'has no tensor h.2.ln_1.weight; no tensor h.2.ln_1.bias'],
  [
    'an activation',
    { ...gpt2, activation_function: 'mish' },
    {},
    'has activation_function "mish", expected one of gelu',
  ],
  ['a way to scale', { ...gpt2, scale_attn_weights: false }, {}, 'has scale_attn_weights false, expected true, which'],
  ['angles', { ...llama, rope_scaling: { type: 'yarn' } }, {}, 'has rotary angles of type "yarn", expected default, l'],
  [
    'no factor',
    { ...llama, rope_scaling: { type: 'linear' } },
    {},
    'has factor undefined of rotary angles, expected a',
  ],
  ['a long context', gpt2, { context: 13 }, 'importModel: context has 13, expected at most 12 (its positions)'],
])('%s is refused in a sentence', async (_title, config, options, sentence) => {
  const contents = models.find(([name]) => name === config.model_type)?.[1] ?? models[0][1];
  const path = await written('refused', contents, { 'config.json': JSON.stringify(config) });
  const error = await importModel(path, options).then(() => null, String);
  expect(error).toContain(sentence);
  expect(error).toMatch(/^[^\n]*, expected [^\n]*$/);
});

test('a folder without a config, and a model of another kind, are refused', async () => {
  folder.write('none/README.md', '');
  await expect(importModel(join(folder.path, 'none'))).rejects.toThrow(
    'has no config.json, expected a folder of Hugging',
  );
  const { metadata: _, ...plain } = models[0][1];
  await expect(written('plain', plain)).rejects.toThrow(
    'exportModel: the model has no config of Hugging Face in its metadata, expected a model that was imported from such',
  );
  const { spec, parameters, ...others } = models[0][1];
  const wider = { ...others, spec: { ...spec, layers: spec.layers.slice(0, -1) }, parameters };
  const { preprocessing: __, loss: ___, ...cut } = wider;
  await expect(written('cut', cut)).rejects.toThrow(
    'exportModel: the model has fewer layers, expected layer 8, dense(6',
  );
});

test.each(['config.json', 'model.safetensors', 'tokenizer.json', 'tokenizer_config.json'])(
  'a damaged %s gives a model or one sentence',
  async (file) => {
    const name = `damaged-${file}`;
    const path = await written(name, models[2][1]);
    const whole = readFileSync(join(path, file));
    // Mostly the header, where a change matters.
    const damage = fc.oneof(
      damageOf(whole),
      damageOf(whole.subarray(0, 300)).map((bytes) =>
        bytes.length < 300 ? bytes : Buffer.concat([bytes.subarray(0, 300), whole.subarray(300)]),
      ),
    );
    await fc.assert(
      fc.asyncProperty(damage, async (bytes) => {
        folder.write(`${name}/${file}`, bytes);
        const error = await importModel(path)
          .then((model) => void model.predict([{ text: 'the cat' }]))
          .then(
            () => null,
            (error: Error) => error.message,
          );
        if (error !== null) expect(error).toMatch(/^[^\n]*, expected [^\n]*$/);
      }),
      { numRuns: 150, seed: propertySeed },
    );
  },
);
