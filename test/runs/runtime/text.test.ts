import { readFileSync } from 'node:fs';
import { buildNetwork } from '@gradloom/core';
import {
  createModel,
  type DataSplits,
  dense,
  type Evaluation,
  embedding,
  explainTexts,
  gru,
  type LayerSpec,
  loadText,
  type NetworkSpec,
  relu,
  sequential,
  splitDataset,
  subset,
  type TextOptions,
  type TrainEvent,
  type TrainOptions,
  textDataset,
  train,
} from '@gradloom/runtime';
import { resolveBackend } from '@gradloom/runtime/internal';
import { describe, expect, test } from 'vitest';
import { checkpointedRun } from '../../support/checkpointed-run.ts';
import { oracle } from '../../support/oracle.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

const folder = temporaryFolder();
const text = readFileSync('LICENSE', 'utf8');
const file = folder.write('text.txt', text);
const context = 8;

const layersFor = (V: number): LayerSpec[] => [embedding(V, 6), dense(5), relu(), dense(V)];
const specOf = ({ train: { classes, inputs } }: DataSplits): NetworkSpec =>
  sequential(inputs.columns, ...layersFor(classes ?? 0));
const options = {
  batch: 6,
  steps: 30,
  seed: 4,
  backend: 'wasm',
  evaluateEvery: 1,
  optimizer: { kind: 'adam', lr: 0.01 },
} as const satisfies TrainOptions;

const printOf = async (data: DataSplits, other: TrainOptions = {}): Promise<string> =>
  (await train(specOf(data), data, { ...options, ...other })).fingerprint;

const textsOf = (events: readonly TrainEvent[]) => events.filter((event) => event.type === 'text');

describe.each([
  ['windows that start anywhere', { context, validation: 0.2 }],
  ['lines', { lines: true, validation: 0.2 }],
] as [string, TextOptions][])('%s', (_, textOptions) => {
  const lines = text.split('\n').filter((line) => line !== '');
  const load = () => (textOptions.lines ? textDataset(lines.join('\n'), textOptions) : loadText(file, textOptions));

  test('any number of threads comes to the weights of plain steps, and to the same texts', async () => {
    const data = await load();
    const plain = oracle(specOf(data), data.train, options, resolveBackend('wasm'));
    const all: unknown[] = [];
    for (const threads of [1, 2, 3]) {
      const seen: TrainEvent[] = [];
      const onEvent = (event: TrainEvent) => void seen.push(event);
      const { parameters } = await train(specOf(data), data, { ...options, threads, onEvent });
      expect(parameters).toEqual(plain.parameters);
      all.push(textsOf(seen));
    }
    expect(new Set(all.map((texts) => JSON.stringify(texts))).size).toBe(1);
  });

  test('ten texts are written, the last that of the model', async () => {
    const data = await load();
    const seen: TrainEvent[] = [];
    const onEvent = (event: TrainEvent) => void seen.push(event);
    const result = await train(specOf(data), data, { ...options, onEvent });
    const texts = textsOf(seen);
    expect(texts.map(({ step }) => step)).toEqual([3, 6, 9, 12, 15, 18, 21, 24, 27, 30]);
    const last = texts[9].texts;
    const model = createModel(result);
    const generated = last.map((_, seed) => [...model.generate(undefined, { tokens: 150, seed })].join(''));
    expect(last).toEqual(generated);
    expect(last.length).toBeLessThanOrEqual(textOptions.lines ? 10 : 1);
    expect(texts[0].texts).not.toEqual(last);
  });

  test('a run that is resumed in the middle of an epoch is the whole run', async () => {
    const data = await load();
    const alone = { ...options, threads: 1 };
    const { result, checkpoints, events } = await checkpointedRun(specOf(data), data, alone, { steps: 7 });
    expect(checkpoints.length).toBeGreaterThan(2);
    for (const resume of checkpoints.slice(0, 2)) {
      const seen: TrainEvent[] = [];
      const onEvent = (event: TrainEvent) => void seen.push(event);
      expect(await printOf(data, { resume, threads: 2, onEvent })).toBe(result.fingerprint);
      expect(textsOf(seen)).toEqual(textsOf(events).filter(({ step }) => step > resume.progress.step));
    }
  });
});

test.each<TextOptions>([
  { tokenizer: 'characters', context },
  { tokenizer: 'bytes', context },
  { tokenizer: 'words', context },
  { tokenizer: 'words', lines: true },
])('tokens that stay in a file train to the same weights, losses and texts: %j', async (textOptions) => {
  const lines = text.split('\n').filter((line) => line !== '');
  const path = textOptions.lines ? folder.write('lines.txt', lines.join('\n')) : file;
  const both = [false, true].map(async (stream) => {
    const data = await loadText(path, { ...textOptions, validation: 0.2, stream });
    const seen: TrainEvent[] = [];
    const onEvent = (event: TrainEvent) => void seen.push(event);
    const few = { ...options, steps: 6, threads: stream ? 2 : 1, onEvent };
    const { fingerprint, validation } = await train(specOf(data), data, few);
    return { fingerprint, validation, texts: textsOf(seen) };
  });
  const [inMemory, inFile] = await Promise.all(both);
  expect(inFile).toEqual(inMemory);
});

test('without shuffling, the windows follow one another', async () => {
  const data = await loadText(file, { context, validation: 0 });
  const { starts: _, ...set } = data.train;
  const length = set.rows * context;
  const cut = (matrix: typeof set.inputs) => ({
    ...matrix,
    array: matrix.array.subarray(0, length) as typeof matrix.array,
  });
  const plain = { train: { ...set, inputs: cut(set.inputs), targets: cut(set.targets) } };
  expect(await printOf(data, { shuffle: false })).toBe(await printOf(plain, { shuffle: false }));
  expect(await printOf(data)).not.toBe(await printOf(plain));
});

// An epoch has 22 steps, and a run of 30 trains on 180 windows.
test.each<[string, number, TrainOptions, number[]]>([
  ['ten times in a run', 0.02, { steps: 30 }, [3, 6, 9, 12, 15, 18, 21, 22, 25, 28, 30]],
  ['in a tenth of its time', 0.1, { steps: 20 }, [10, 20]],
  ['after each of many epochs', 0.02, { steps: 250 }, [...Array.from({ length: 11 }, (_, k) => 22 * (k + 1)), 250]],
  ['after each epoch that a bad step goes back to', 0.02, { steps: 30, onNan: 'rollback' }, [22, 30]],
  ['as often as it is told', 0.02, { steps: 30, evaluateEvery: 0.2 }, [4, 8, 12, 16, 20, 22, 26, 30]],
])('windows are evaluated %s', async (_, validation, evaluating, expected) => {
  const data = await loadText(file, { context, validation });
  const { evaluateEvery: _every, ...plain } = options;
  const seen: number[] = [];
  const onEvent = (event: TrainEvent) => void (event.type === 'epoch' && event.validation && seen.push(event.step));
  await train(specOf(data), data, { ...plain, ...evaluating, onEvent });
  expect(seen).toEqual(expected);
});

test('each evaluation within a run is that of a run which ends there', async () => {
  const data = await loadText(file, { context, validation: 0.02 });
  const validations = new Map<number, Evaluation | undefined>();
  const onEvent = (event: TrainEvent) => void (event.type === 'epoch' && validations.set(event.step, event.validation));
  await train(specOf(data), data, { ...options, evaluateEvery: 0.2, onEvent });
  for (const steps of [8, 22]) {
    const { validation } = await train(specOf(data), data, { ...options, steps });
    expect(validations.get(steps)).toEqual(validation);
  }
});

test('the whole text as one batch is drawn anew in each step', async () => {
  const data = await textDataset('abcdefgh'.repeat(20), { context, validation: 0 });
  const batch = { batch: 'full', steps: 3 } as const;
  expect(await printOf(data, batch)).not.toBe(await printOf(data, { ...batch, shuffle: false }));
});

test.each<[string, (data: DataSplits) => unknown]>([
  [
    'splitDataset: .* has windows of one text or series, expected rows that share nothing',
    (data) => splitDataset(data.train, { test: 0.5 }),
  ],
  ['splitDataset: .* has windows of one text or series', (data) => splitDataset(data.train, { folds: 3 })],
  ['subset: .* has windows of one text or series', (data) => subset(data.train, Uint32Array.of(0))],
  ['train: classWeight', (data) => train(specOf(data), data, { ...options, classWeight: 'balanced' })],
])('windows are refused where rows would be mixed or weighed: %s', async (sentence, make) => {
  const data = await loadText(file, { context });
  await expect((async () => make(data))()).rejects.toThrow(new RegExp(sentence));
});

test('influences are refused where another layer reads the tokens, too', async () => {
  const data = await textDataset('abc\ndefgh\nif', { lines: true, validation: 0 });
  const V = data.train.classes ?? 0;
  const again: LayerSpec = { kind: 'like', layer: '0', of: 'input' };
  const spec = sequential(6, embedding(V, 3), again, { kind: 'plus', of: ['0', '1'] }, dense(V));
  const parameters = new Float64Array(buildNetwork(spec).parameterCount);
  const model = createModel({ spec, parameters, loss: 'softmax-cross-entropy' });
  await expect(explainTexts(model, data.train)).rejects.toThrow(
    `explainTexts: embedding(${V}x3), like 0 at layer 1 reads the tokens, expected the embedding alone to read them`,
  );
});

test('the influence of a token is the slope of log p by the length of its vector', async () => {
  // Letters of a line are all different, so that each has a vector of its own.
  const data = await textDataset('abc\ndefgh\nif', { lines: true, validation: 0 });
  const V = data.train.classes ?? 0;
  const spec = sequential(6, embedding(V, 3), gru(4, { reverse: true }), dense(V));
  const parameters = Float64Array.from({ length: buildNetwork(spec).parameterCount }, (_, p) => Math.sin(7 * p + 1));
  const loss = 'softmax-cross-entropy' as const;
  const explained = await explainTexts(createModel({ spec, parameters, loss }), data.train);
  const options = { rows: [2, 0], threads: 3 };
  expect(await explainTexts(createModel({ spec, parameters, loss }), data.train, options)).toEqual([
    explained[2],
    explained[0],
  ]);
  expect(explained.map(({ row, tokens }) => [row, tokens.length])).toEqual([0, 1, 2].map((n) => [n, [4, 6, 3][n]]));
  for (const { row, tokens, answer, target, probability, influences } of explained) {
    const logP = (token: number, factor: number): number => {
      const scaled = parameters.map((value, p) => (Math.floor(p / 3) === token ? value * factor : value));
      const x = Float64Array.from({ length: 6 }, (_, t) => tokens[t] ?? 0);
      const model = createModel({ spec, parameters: scaled, loss });
      return Math.log(model.probabilities(x, { lengths: [tokens.length] })[(tokens.length - 1) * V + answer]);
    };
    expect(target).toBe(data.train.targets.array[row * 6 + tokens.length - 1]);
    expect(Math.abs(logP(0, 1) - Math.log(probability))).toBeLessThan(1e-12);
    const slopes = tokens.map((token) => (logP(token, 1 + 1e-5) - logP(token, 1 - 1e-5)) / 2e-5);
    slopes.forEach((slope, t) => {
      expect(Math.abs(slope - influences[t])).toBeLessThan(1e-8);
    });
  }
});
