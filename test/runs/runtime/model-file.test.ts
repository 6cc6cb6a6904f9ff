import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { buildNetwork, createLoss, createRandom, type NetworkSpec, referenceKernels } from '@gradloom/core';
import { bindTensors, createWorkspace, forward } from '@gradloom/core/internal';
import {
  dense,
  dropout,
  evaluateModel,
  fingerprint,
  gelu,
  loadModel,
  type ModelContents,
  relu,
  saveModel,
  sequential,
} from '@gradloom/runtime';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { writeContainer } from '../../../packages/runtime/src/system/files/container.ts';
import { firstDifference } from '../../support/bits.ts';
import { gradloom } from '../../support/command-line.ts';
import { counted } from '../../support/count.ts';
import { randomDataset } from '../../support/random-dataset.ts';
import { propertySeed } from '../../support/seed.ts';
import { withStranger } from '../../support/stranger.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

const folder = temporaryFolder();
const path = `${folder.path}/model`;

const spec = sequential(5, dense(9), gelu(), dropout(0.5), dense(3));

function noise(length: number, stream: string): Float64Array {
  const random = createRandom(1, stream);
  return Float64Array.from({ length }, () => random.normal());
}

const parameters = noise(5 * 9 + 9 + 9 * 3 + 3, 'parameters');
const model: ModelContents = {
  spec,
  parameters,
  loss: 'softmax-cross-entropy',
  metadata: { labels: ['a', 'b', 'c'], divisor: 255, note: { seed: 1 } },
};

/** One dense layer, whose outputs are its inputs. */
function echo(width: number, loss?: ModelContents['loss']): ReturnType<typeof loadModel> {
  const identity = new Float64Array(width * width + width);
  for (let i = 0; i < width; i++) identity[i * width + i] = 1;
  const echoes: NetworkSpec = { input: width, layers: [{ kind: 'dense', out: width }] };
  saveModel(path, { spec: echoes, parameters: identity, ...(loss === undefined ? {} : { loss }) });
  return loadModel(path);
}

/** The outputs of the plain kernels, all rows at once, as evaluation runs them. */
function plainOutputs(x: Float64Array): Float64Array {
  const network = buildNetwork(spec);
  const rows = x.length / network.inputs;
  const workspace = createWorkspace(network, createLoss('mse'), rows, (length) => new Float64Array(length));
  workspace.x.set(x);
  const pass = {
    kernels: referenceKernels,
    training: false,
    seed: 0,
    step: 0,
    firstRow: 0,
    leafRows: 1,
    accumulate: false,
  };
  return Float64Array.from(forward(network, workspace, bindTensors(network, parameters), rows, pass));
}

describe('a model that is loaded', () => {
  test('has what was saved, weights bit for bit', () => {
    saveModel(path, model);
    const loaded = loadModel(path);
    expect(loaded).toMatchObject({ spec, loss: model.loss, metadata: model.metadata });
    expect(firstDifference(loaded.parameters, parameters)).toBeNull();
    expect(loaded.fingerprint).toBe(fingerprint(parameters));
  });

  test('has no loss and no notes where none were saved', () => {
    const loaded = echo(2);
    expect(loaded.metadata).toEqual({});
    expect(loaded).not.toHaveProperty('loss');
  });

  test('predicts the bits of the plain kernels, for any number of rows', () => {
    saveModel(path, model);
    const loaded = loadModel(path);
    for (const rows of [1, 2, 256, 257, 600]) {
      const x = noise(rows * 5, `rows ${rows}`);
      const y = plainOutputs(x);
      expect(firstDifference(loaded.outputs(x), y)).toBeNull();
      const nested = Array.from({ length: rows }, (_, n) => [...x.subarray(n * 5, (n + 1) * 5)]);
      expect(loaded.outputs(nested)).toEqual(nested.map((_, n) => [...y.subarray(n * 3, (n + 1) * 3)]));
    }
    expect(loaded.outputs([])).toEqual([]);
  });

  test('leaves the rows that it was given as they are', () => {
    const activationFirst = sequential(2, relu(), dense(1));
    saveModel(path, { spec: activationFirst, parameters: Float64Array.of(1, 1, 0) });
    const rows = Float64Array.of(-1, 2, 3, -4);
    expect([...loadModel(path).outputs(rows)]).toEqual([2, 3]);
    expect([...rows]).toEqual([-1, 2, 3, -4]);
  });
});

describe('probabilities', () => {
  test('of logits of classes are their softmax, however large', () => {
    const { probabilities } = echo(3, 'softmax-cross-entropy');
    const [p, far] = probabilities([
      [0, Math.log(2), Math.log(5)],
      [-1e300, 0, 1e300],
    ]);
    for (const [o, value] of p.entries()) expect(value).toBeCloseTo([1 / 8, 2 / 8, 5 / 8][o], 15);
    expect(far).toEqual([0, 0, 1]);
  });

  test('of yes and no are the sigmoid of each', () => {
    const p = echo(2, 'binary-cross-entropy').probabilities(Float64Array.of(0, Math.log(3)));
    expect(p[0]).toBe(0.5);
    expect(p[1]).toBeCloseTo(0.75, 15);
  });

  test('are refused where the outputs are no logits', () => {
    const sentence = 'expected softmax-cross-entropy or soft-target-cross-entropy or binary-cross-entropy';
    expect(() => echo(2, 'mse').probabilities([[1, 2]])).toThrow(`probabilities: loss has mse, ${sentence}`);
    expect(() => echo(2).probabilities([[1, 2]])).toThrow(`probabilities: loss has none, ${sentence}`);
  });
});

test('the class of a row is its highest output, the first where two are', () => {
  expect(
    echo(3, 'softmax-cross-entropy').classify([
      [1, 3, 2],
      [-1, -3, -1],
      [0, 0, 9],
    ]),
  ).toEqual([1, 0, 2]);
});

test('of one output, yes lies above 0 in logits and above 1/2 in values', () => {
  const rows = [[-1], [0], [0.4], [0.6]];
  expect(echo(1, 'binary-cross-entropy').classify(rows)).toEqual([0, 0, 1, 1]);
  expect(echo(1, 'mse').classify(rows)).toEqual([0, 0, 0, 1]);
});

test.each([
  ['outputs: row 1 has [1], expected an array of 2 numbers', [[1, 2], [1]]],
  ['outputs: row 0 has 1, expected an array of 2 numbers', JSON.parse('[1, 2]')],
  ['outputs: row 0 has [1,"2"], expected an array of 2 numbers', JSON.parse('[[1, "2"]]')],
  ['outputs: rows has "rows", expected an array of rows', JSON.parse('"rows"')],
  ['outputs: rows has 3 numbers, expected a multiple of 2', Float64Array.of(1, 2, 3)],
])('rows that do not fit are refused: %s', (sentence, rows) => {
  expect(() => echo(2).outputs(rows)).toThrow(sentence);
});

describe('a model whose parts do not fit', () => {
  const bad: [string, object][] = [
    [
      'buildNetwork: dense(4->1) at layer 0: input has length 4',
      { spec: { input: 3, layers: [{ kind: 'dense', in: 4, out: 1 }] } },
    ],
    ['parameters has 84 numbers, expected 5', { spec: { input: 4, layers: [{ kind: 'dense', out: 1 }] } }],
    ['buildNetwork: spec has null', { spec: null }],
    ['loss: kind has "msee", expected one of', { loss: 'msee' }],
    ['metadata has [], expected an object', { metadata: [] }],
    ['metadata.labels has ["a",1], expected an array of names', { metadata: { labels: ['a', 1] } }],
    ['metadata.divisor has 0, expected a number other than 0', { metadata: { divisor: 0 } }],
    ['metadata.threshold has "0.5", expected a number', { metadata: { threshold: '0.5' } }],
  ];

  test.each(bad)('is not saved: %s', (sentence, change) => {
    const target = `${folder.path}/never`;
    expect(() => saveModel(target, { ...model, ...change })).toThrow(sentence);
    expect(() => readFileSync(target)).toThrow('ENOENT');
  });

  test.each(bad)('is not loaded: %s', (sentence, change) => {
    writeContainer(
      'here',
      path,
      'model',
      { ...model, parameters: undefined, ...change },
      new Map([['parameters', parameters]]),
    );
    expect(() => loadModel(path)).toThrow(sentence);
    expect(() => loadModel(path)).toThrow(
      /^loadModel: [^\n]*model has parts that do not belong together \([^\n]*\), expected those of one model$/,
    );
  });

  test('is not loaded without weights, from another kind of file, or from none', () => {
    writeContainer('here', path, 'model', { spec }, new Map([['weights', parameters]]));
    expect(() => loadModel(path)).toThrow(`loadModel: ${path} has the sections weights, expected parameters`);
    writeContainer('here', path, 'table', { spec }, new Map([['parameters', parameters]]));
    expect(() => loadModel(path)).toThrow(`loadModel: ${path} has the kind "table", expected model`);
    expect(() => loadModel(folder.path)).toThrow(`loadModel: ${folder.path} is a directory, expected a Gradloom file`);
    expect(() => loadModel(`${path}s`)).toThrow(`loadModel: ${path}s does not exist, expected a Gradloom file`);
  });
});

test('a file whose fields are drawn, with a SHA-256 that is right, answers a row, and is described, or is refused in one sentence', async () => {
  const { parameters: _, ...content } = { ...model, extra: [1, { deep: 'text' }] };
  const strange = join(folder.path, 'strange.gradloom');
  const rows = folder.write('rows.txt', '[1,2,3,4,5]\n');
  const sentence = /^gradloom (predict|inspect): [^\n]*expected [^\n]*\n$/;
  const answered = { predict: 0, inspect: 0 };
  const draw = fc.asyncProperty(withStranger(content), async (drawn) => {
    if (typeof drawn !== 'object' || drawn === null || Array.isArray(drawn)) return;
    try {
      writeContainer('here', strange, 'model', drawn, new Map([['parameters', parameters]]));
    } catch (error) {
      // What a file cannot hold is no file.
      expect(String(error)).toContain('__proto__');
      return;
    }
    for (const [command, ...args] of [
      ['predict', strange, rows],
      ['inspect', strange],
    ] as const) {
      const { code, stdout, stderr } = await gradloom([command, ...args]);
      if (code === 0) {
        expect(stderr).toBe('');
        answered[command]++;
      } else expect({ code, stdout, stderr }).toEqual({ code: 1, stdout: '', stderr: expect.stringMatching(sentence) });
      expect(stderr).not.toMatch(/TypeError|not iterable|not a function|Cannot read/);
    }
  });
  await fc.assert(draw, { seed: propertySeed, numRuns: counted(100, 3000) });
  // Most notes mean nothing to the arithmetic.
  expect(Math.min(answered.predict, answered.inspect)).toBeGreaterThan(10);
}, 600_000);

test('every changed byte and every cut is refused', () => {
  saveModel(path, model);
  const whole = readFileSync(path);
  const refusal = /^loadModel: [^\n]* (?:has|is) [^\n]*, expected [^\n]*$/;
  for (let i = 0; i < whole.length; i++) {
    const bytes = Buffer.from(whole);
    bytes[i] ^= 1 << (i % 8);
    expect(() => loadModel(folder.write('damaged', bytes))).toThrow(refusal);
    expect(() => loadModel(folder.write('damaged', whole.subarray(0, i)))).toThrow(refusal);
  }
});

test('a model with a weight that is not finite can be read, but neither answers nor is evaluated', async () => {
  const spoilt = parameters.map((value, p) => (p === 46 ? Number.NaN : value));
  saveModel(path, { ...model, parameters: spoilt });
  const loaded = loadModel(path);
  const sentence = 'b of dense(5->9) at layer 0 has NaN, expected finite numbers';
  expect(() => loaded.outputs([[0, 0, 0, 0, 0]])).toThrow(`outputs: ${sentence}`);
  expect(() => loaded.classify([[0, 0, 0, 0, 0]])).toThrow(`classify: ${sentence}`);
  const dataset = randomDataset({ rows: 9, inputs: 5, classes: 3 });
  await expect(evaluateModel(spec, spoilt, dataset)).rejects.toThrow(`evaluateModel: ${sentence}`);
});
