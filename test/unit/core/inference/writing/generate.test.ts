import { readFileSync } from 'node:fs';
import {
  buildNetwork,
  createRandom,
  initializeParameters,
  type LayerSpec,
  type Model,
  openModel,
  type TextEncoding,
} from '@gradloom/core';
import { generateOptions, sampleToken } from '@gradloom/core/internal';
import { createModel, saveModel } from '@gradloom/runtime';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createContinuation } from '../../../../../packages/runtime/src/engine/evaluation/predictor.ts';
import { propertySeed } from '../../../../support/seed.ts';
import { temporaryFolder } from '../../../../support/temporary-folder.ts';

const folder = temporaryFolder();
const letters = ['\n', 'a', 'b', 'c', 'é'];
const V = letters.length;

/** A model of text whose weights are drawn, so large that its answers differ. */
function modelOf(layers: LayerSpec[], T: number, text: Partial<TextEncoding> = {}, type = Float64Array): Model {
  const spec = { input: T, layers: [{ kind: 'embedding', vocabulary: V, width: 4 }, ...layers] as LayerSpec[] };
  const network = buildNetwork(spec);
  const parameters = new type(network.parameterCount);
  initializeParameters(network, parameters, 1);
  const random = createRandom(1, 'weights');
  for (const { name, offset, length } of network.tensors) {
    if (!name.includes('running')) for (let i = 0; i < length; i++) parameters[offset + i] += random.normal();
  }
  const tokenizer = { kind: 'characters', vocabulary: letters } as const;
  const preprocessing = { version: 1, text: { tokenizer, context: T, lines: false, ...text } } as const;
  return createModel({ spec, parameters, loss: 'softmax-cross-entropy', preprocessing });
}

/** The text of `generate`, by the rule of windows, from outputs that are computed anew for each token. */
function anew(model: Model, prompt: string, T: number, options: object): string {
  const sampling = generateOptions.read(options);
  const end = model.preprocessing !== undefined && 'text' in model.preprocessing && model.preprocessing.text.lines;
  let window = [...(end ? ['\n'] : []), ...prompt].map((letter) => letters.indexOf(letter)).slice(-T);
  let text = '';
  for (let n = 0; n < sampling.tokens; n++) {
    const row = Float64Array.from({ length: T }, (_, t) => window[t] ?? 0);
    const y = model.outputs(row, { lengths: [window.length] }).slice((window.length - 1) * V, window.length * V);
    const token = sampleToken(y, sampling, n);
    if (end && letters[token] === '\n') break;
    text += letters[token];
    window = [...(window.length === T ? window.slice(T - Math.floor(T / 2)) : window), token];
  }
  return text;
}

const atPosition: fc.Arbitrary<LayerSpec> = fc.constantFrom<LayerSpec>(
  { kind: 'dense', out: 4, bias: false },
  { kind: 'activation', fn: 'gelu' },
  { kind: 'layer-norm' },
  { kind: 'rms-norm' },
  { kind: 'batch-norm' },
  { kind: 'swiglu', out: 4 },
  { kind: 'swiglu', out: 4, lora: { rank: 3 } },
  { kind: 'dropout', rate: 0.5 },
  { kind: 'channel-dropout', rate: 0.5 },
);
const overPositions: fc.Arbitrary<LayerSpec> = fc.constantFrom<LayerSpec>(
  { kind: 'gru', out: 4 },
  { kind: 'self-attention', heads: 1, causal: true, bias: false },
  { kind: 'self-attention', heads: 2, causal: true, rotary: true },
  { kind: 'self-attention', heads: 2, causal: true, lora: 2 },
  { kind: 'lstm', out: 4 },
  { kind: 'position-embedding' },
);
const layer = fc.oneof(
  atPosition,
  overPositions,
  fc.tuple(atPosition, overPositions).map((layers): LayerSpec => ({ kind: 'residual', layers })),
  fc.tuple(atPosition, overPositions).map(([f, s]): LayerSpec => ({ kind: 'residual', layers: [f], shortcut: [s] })),
);

const cases = fc.record({
  layers: fc.array(layer, { maxLength: 3 }),
  last: fc.constantFrom<LayerSpec>({ kind: 'dense', out: V }, { kind: 'dense', out: V, tiedTo: '0' }),
  T: fc.integer({ min: 1, max: 7 }),
  lines: fc.boolean(),
  prompt: fc.array(fc.constantFrom('a', 'b', 'c', 'é'), { minLength: 1, maxLength: 9 }),
  type: fc.constantFrom(Float64Array, Float32Array),
  inTurns: fc.boolean(),
  options: fc.record({
    tokens: fc.integer({ min: 1, max: 20 }),
    temperature: fc.constantFrom(0, 0.7, 3),
    topK: fc.constantFrom(1, 2, V),
    topP: fc.constantFrom(0.5, 1),
    seed: fc.integer({ min: 0, max: 99 }),
  }),
});

test('a text is that of outputs computed anew for each token, to the bit, whoever else computes in between', () => {
  const other = modelOf([{ kind: 'gru', out: V }], 4);
  const rows = new Float64Array(256 * 4).fill(1); // as many as a pass has, so that all of the memory is written
  fc.assert(
    fc.property(cases, ({ layers, last, T, lines, prompt, type, inTurns, options }) => {
      const model = modelOf([...layers, last], T, { lines }, type as Float64ArrayConstructor);
      const expected = anew(model, prompt.join(''), T, options);
      expect([...model.generate(prompt.join(''), options)].join('')).toBe(expected);
      // Two texts in turns, or another model in the same memory.
      const [one, two] = [model.generate(prompt.join(''), options), model.generate('ab', { ...options, tokens: 20 })];
      let [text, second] = ['', ''];
      for (const part of one) {
        text += part;
        if (inTurns) second += two.next().value ?? '';
        else other.outputs(rows);
      }
      expect(text).toBe(expected);
      if (inTurns) expect(anew(model, 'ab', T, { ...options, tokens: 20 }).slice(0, second.length)).toBe(second);
      // Several texts that share the passes, which begin and end at other times.
      const prompts = [prompt.join(''), 'ab', 'c', prompt.join('')];
      const texts = prompts.map(() => '');
      for (const parts of model.generateAll(prompts, options)) {
        for (const [k, part] of parts.entries()) texts[k] += part;
        if (!inTurns) other.outputs(rows);
      }
      expect(texts).toEqual(prompts.map((each, k) => anew(model, each, T, { ...options, seed: options.seed + k })));
      const path = `${folder.path}/model.gradloom`;
      saveModel(path, model);
      expect([...openModel(readFileSync(path)).generate(prompt.join(''), options)].join('')).toBe(expected);
    }),
    {
      numRuns: 60,
      seed: propertySeed,
      // A text that goes on as it has begun: by one token at a time.
      examples: [
        [
          {
            layers: [{ kind: 'gru', out: 4 }],
            last: { kind: 'dense', out: V },
            T: 7,
            lines: false,
            prompt: ['b'],
            type: Float64Array,
            inTurns: true,
            options: { tokens: 20, temperature: 3, topK: V, topP: 1, seed: 1 },
          },
        ],
      ],
    },
  );
});

test('a text that was left out of a call goes on as computed anew, though others have used its row', () => {
  const T = 6;
  const model = modelOf(
    [
      { kind: 'gru', out: 4 },
      { kind: 'self-attention', heads: 2, causal: true },
      { kind: 'dense', out: V },
    ],
    T,
  );
  const next = createContinuation(buildNetwork(model.spec), model.parameters, 'softmax-cross-entropy', 3);
  const check = (texts: number[][]): void => {
    const expected = texts.map((tokens) => {
      const row = Float64Array.from({ length: T }, (_, t) => tokens[t] ?? 0);
      return model.outputs(row, { lengths: [tokens.length] }).slice((tokens.length - 1) * V, tokens.length * V);
    });
    expect(next(texts)).toEqual(expected);
  };
  check([
    [1, 2],
    [3, 1],
    [2, 4],
  ]);
  check([
    [1, 2, 3],
    [2, 4, 1],
  ]); // the second text's row lies between
  check([[3, 1, 2]]);
  check([
    [2, 4, 1, 1],
    [3, 1, 2, 4],
    [1, 2, 3, 0],
  ]);
});

test('temperature 0 takes the likeliest token, the first of equals', () => {
  const greedy = generateOptions.read({ temperature: 0 });
  expect(sampleToken(Float64Array.of(1, 3, -2, 3), greedy, 0)).toBe(1);
});

test('tokens are drawn as often as the softmax of outputs / temperature has it, within top k and top p', () => {
  const logits = [Math.log(4), Math.log(1), Math.log(3), Math.log(2)];
  const shares = (options: object): number[] => {
    const counts = logits.map(() => 0);
    const sampling = generateOptions.read({ temperature: 1, ...options });
    for (let n = 0; n < 4000; n++) counts[sampleToken(Float64Array.from(logits), sampling, n)]++;
    return counts.map((count) => Math.round(count / 400));
  };
  expect(shares({})).toEqual([4, 1, 3, 2]);
  expect(shares({ temperature: 0.5, topK: 2 }).map((share) => share > 0)).toEqual([true, false, true, false]);
  expect(shares({ temperature: 0.5, topK: 2 })[0]).toBe(6); // 16 / 25
  expect(shares({ topP: 0.7 }).map((share) => share > 0)).toEqual([true, false, true, false]);
  expect(shares({ topP: 0.71 }).map((share) => share > 0)).toEqual([true, false, true, true]);
  expect(shares({ topP: 0.01 })).toEqual([10, 0, 0, 0]);
  // The top p is that of the top k.
  expect(shares({ topK: 3, topP: 0.75 }).map((share) => share > 0)).toEqual([true, false, true, false]);
  const equal = Array.from({ length: 100 }, (_, n) =>
    sampleToken(new Float64Array(4), generateOptions.read({ topK: 2 }), n),
  );
  expect(new Set(equal)).toEqual(new Set([0, 1]));
});

test('without a prompt a text begins after a line end, or the first token of a vocabulary that has none', () => {
  const model = modelOf([{ kind: 'dense', out: V }], 4);
  const written = (one: Model, prompt?: string) => [...one.generate(prompt, { tokens: 9, temperature: 3 })].join('');
  expect(written(model)).toBe(written(model, '\n'));
  const tokenizer = { kind: 'characters', vocabulary: ['a', 'b', 'c', 'd', 'e'] } as const;
  const oneLine = modelOf([{ kind: 'dense', out: V }], 4, { tokenizer });
  expect(written(oneLine)).toBe(written(oneLine, 'a'));
});

test('another seed writes another text', () => {
  const model = modelOf([{ kind: 'gru', out: V }], 4);
  const text = (seed: number) => [...model.generate('a', { tokens: 40, temperature: 3, seed })].join('');
  expect(text(1)).toBe(text(1));
  expect(text(2)).not.toBe(text(1));
});

test('the last of several texts may have the largest seed, and a prompt that is left out is the default', () => {
  const model = modelOf([{ kind: 'dense', out: V }], 4);
  const seed = Number.MAX_SAFE_INTEGER - 1;
  const options = { tokens: 3, seed };
  const texts = ['', ''];
  // biome-ignore lint/suspicious/noSparseArray: whoever deletes a prompt has one
  for (const parts of model.generateAll([, 'a'], options)) {
    for (const [k, part] of parts.entries()) texts[k] += part;
  }
  const [first, second] = [undefined, 'a'].map((prompt, k) => model.generate(prompt, { ...options, seed: seed + k }));
  expect(texts).toEqual([[...first].join(''), [...second].join('')]);
  expect(() => model.generateAll(['a', 'b', 'c'], options)).toThrow(
    `generateAll: seed has ${seed}, expected at most ${seed - 1} (each of 3 texts has the next seed)`,
  );
});

test('parts of bytes are whole characters, and together the text of all tokens', () => {
  const bytes = [...new TextEncoder().encode('aé☃🙂')];
  // Each token is followed by the next of this list: an embedding of 256 that is the table of its logits.
  const parameters = new Float64Array(256 * 256);
  bytes.forEach((byte, i) => {
    parameters[byte * 256 + bytes[(i + 1) % bytes.length]] = 1;
  });
  const model = createModel({
    spec: { input: 3, layers: [{ kind: 'embedding', vocabulary: 256, width: 256 }] },
    parameters,
    loss: 'softmax-cross-entropy',
    preprocessing: { version: 1, text: { tokenizer: { kind: 'bytes' }, context: 3, lines: false } },
  });
  expect([...model.generate('a', { tokens: bytes.length, temperature: 0 })]).toEqual(['é', '☃', '🙂', 'a']);
  expect([...model.generate('a', { tokens: 3, temperature: 0 })]).toEqual(['é', '\uFFFD']);
});

describe('what does not fit is refused in one sentence, before anything is written', () => {
  const model = modelOf([{ kind: 'dense', out: V }], 4);
  const withLayers = (...layers: LayerSpec[]) => modelOf([...layers, { kind: 'dense', out: V }], 4);
  const refused = /^generate: the network has .*, whose outputs do not follow one after the other, expected layers/;
  test.each<[string | RegExp, () => unknown]>([
    [
      'generate: prompt has the character "x" (U+0078), expected one of the 5 of the vocabulary, at position 2',
      () => model.generate('abx'),
    ],
    ['generate: prompt has no text, expected at least a character', () => model.generate('')],
    ['generate: prompt has 3, expected a text', () => model.generate(3 as never)],
    [
      'generate: prompt has a line end at position 1, expected the start of one line',
      () => modelOf([{ kind: 'dense', out: V }], 4, { lines: true }).generate('a\nb'),
    ],
    ['generate: temperature has -1, expected', () => model.generate('a', { temperature: -1 })],
    ['generate: topP has 0, expected a number above 0 and at most 1', () => model.generate('a', { topP: 0 })],
    [
      'generate: the model is a model of plain numbers, expected a model of text',
      () =>
        createModel({
          spec: { input: 1, layers: [{ kind: 'dense', out: 1 }] },
          parameters: Float64Array.of(1, 1),
        }).generate('a'),
    ],
    [refused, () => withLayers({ kind: 'gru', out: 4, reverse: true }).generate('a')],
    [refused, () => withLayers({ kind: 'self-attention', heads: 2, causal: false }).generate('a')],
    [refused, () => withLayers({ kind: 'conv1d', out: 4, kernel: 3, padding: 1 }).generate('a')],
    [refused, () => withLayers({ kind: 'residual', layers: [{ kind: 'lstm', out: 4, reverse: true }] }).generate('a')],
    [
      /^generate: the network has cross-attention.*, expected self-attention: a text .* has no second sequence to read$/,
      () => withLayers({ kind: 'cross-attention', heads: 2, of: ['0', '0'] }).generate('a'),
    ],
  ])('%s', (sentence, make) => {
    expect(make).toThrow(sentence);
  });

  test('an output that is no number', () => {
    const broken = modelOf([{ kind: 'dense', out: V }], 4);
    broken.parameters.fill(1e308);
    expect(() => [...broken.generate('a')]).toThrow(
      'generate: token 0 has no answer, expected outputs that are finite',
    );
  });
});
