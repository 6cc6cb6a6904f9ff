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
import { expect, test } from 'vitest';
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
    const y = model.outputs(row, [window.length]).slice((window.length - 1) * V, window.length * V);
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
  { kind: 'dropout', rate: 0.5 },
  { kind: 'channel-dropout', rate: 0.5 },
);
const overPositions: fc.Arbitrary<LayerSpec> = fc.constantFrom<LayerSpec>(
  { kind: 'gru', out: 4 },
  { kind: 'self-attention', heads: 1, bias: false },
  { kind: 'self-attention', heads: 2, rotary: true },
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
  fc.assert(
    fc.property(cases, ({ layers, last, T, lines, prompt, type, options }) => {
      const model = modelOf([...layers, last], T, { lines }, type as Float64ArrayConstructor);
      const expected = anew(model, prompt.join(''), T, options);
      expect([...model.generate(prompt.join(''), options)].join('')).toBe(expected);
      // Two texts in turns, and another model in the same memory.
      const [one, two] = [model.generate(prompt.join(''), options), model.generate('ab', { ...options, tokens: 20 })];
      let text = '';
      for (const part of one) {
        text += part;
        two.next();
        other.predict(['abc']);
      }
      expect(text).toBe(expected);
      const path = `${folder.path}/model.gradloom`;
      saveModel(path, model);
      expect([...openModel(readFileSync(path)).generate(prompt.join(''), options)].join('')).toBe(expected);
    }),
    { numRuns: 60, seed: propertySeed },
  );
});
