import { buildNetwork, createRandom, type NetworkSpec } from '@gradloom/core';
import { createModel, type TypedNumbers } from '@gradloom/runtime';
import { describe, expect, test } from 'vitest';
import { collectGarbage } from '../../../packages/runtime/src/engine/threads/contexts.ts';
import { everyLayer, inputsFor, weightsFor } from '../../support/every-layer.ts';

const ROWS = 77;

const bytesOf = (values: Float64Array | Float32Array): Uint8Array =>
  new Uint8Array(values.buffer, values.byteOffset, values.byteLength);

describe.each([
  ['float64', Float64Array],
  ['float32', Float32Array],
] as const)('a model in %s', (_, Values) => {
  test.each(Object.entries(everyLayer))('answers rows as it answers each alone: %s', async (_, spec) => {
    const model = createModel({ spec, parameters: Values.from(weightsFor(spec)) });
    const { inputs, outputs, input } = buildNetwork(spec);
    const rows = inputsFor(spec, ROWS);
    const x = Values.from(rows.flat());
    const expected = new Values(ROWS * outputs);
    for (const [n, row] of rows.entries()) expected.set(model.outputs([row])[0], n * outputs);
    for (const answers of [
      model.outputs(x),
      model.outputs({ shape: [ROWS, ...input], values: x }),
      model.outputs(rows.map((row) => Values.from(row))).flat(),
      model.outputs(rows, { out: new Values(ROWS * outputs) }),
      model.outputs(Float64Array.from(rows.flat()), { out: new Float64Array(ROWS * outputs) }),
      await model.outputsAll(x, { out: new Values(ROWS * outputs) }),
      await model.outputsAll(rows, { out: new Values(ROWS * outputs), threads: 3 }),
      (await model.outputsAll(rows, { threads: 2 })).flat(),
    ]) {
      expect(Buffer.compare(bytesOf(Values.from(answers)), bytesOf(expected))).toBe(0);
    }
    expect(x.length).toBe(ROWS * inputs);
  });
});

const spec: NetworkSpec = {
  input: 512,
  layers: [
    { kind: 'dense', out: 900 },
    { kind: 'activation', fn: 'relu' },
    { kind: 'dense', out: 900 },
    { kind: 'activation', fn: 'relu' },
    { kind: 'dense', out: 3 },
  ],
};
const random = createRandom(3, 'answers');
const x = Float64Array.from({ length: 100 * 512 }, () => random.uniform());
const wide = createModel({ spec, parameters: weightsFor(spec), loss: 'softmax-cross-entropy' });

describe('many rows', () => {
  test('have the answers of predict, for any number of threads, several calls at once', async () => {
    const expected = wide.predict(x);
    const answers = await Promise.all([1, 2, 3, 2].map((threads) => wide.predictAll(x, { threads })));
    for (const each of answers) expect(each).toEqual(expected);
  });

  test('are refused with the row, as by predict, whichever thread has it', async () => {
    const words: NetworkSpec = { input: 8, layers: [{ kind: 'embedding', vocabulary: 5, width: 400 }, ...spec.layers] };
    const flat: NetworkSpec = { ...words, layers: [words.layers[0], { kind: 'flatten' }, ...spec.layers] };
    const model = createModel({ spec: flat, parameters: weightsFor(flat) });
    const tokens = new Int32Array(500 * 8).fill(1);
    tokens[77 * 8 + 3] = 5;
    tokens[400 * 8 + 3] = 6;
    expect(() => model.outputs(tokens)).toThrow('outputs: row 77');
    await expect(model.outputsAll(tokens, { threads: 3 })).rejects.toThrow('outputsAll: row 77');
    await expect(
      model.predictAll([...Array(1500).fill(tokens.slice(0, 8)), tokens.slice(77 * 8, 78 * 8)]),
    ).rejects.toThrow('predictAll: row 1500');
  });

  test('that are padded have the outputs of their real positions, for any number of threads', async () => {
    const spec: NetworkSpec = {
      input: 6,
      layers: [
        { kind: 'embedding', vocabulary: 5, width: 8 },
        { kind: 'self-attention', heads: 2, causal: false },
        { kind: 'gru', out: 4 },
      ],
    };
    const model = createModel({ spec, parameters: weightsFor(spec) });
    const tokens = Uint8Array.from({ length: 90 * 6 }, () => random.integer(5));
    const lengths = Array.from({ length: 90 }, () => 1 + random.integer(6));
    const expected = model.outputs(tokens, { lengths });
    expect(expected).not.toEqual(model.outputs(tokens));
    for (const threads of [1, 2, 3]) expect(await model.outputsAll(tokens, { lengths, threads })).toEqual(expected);
  });

  test('of no length have no answers, and are refused in another shape', async () => {
    expect(await wide.predictAll([])).toEqual([]);
    expect(await wide.outputsAll(new Float32Array(0))).toEqual(new Float64Array(0));
    const values = new Float32Array(0);
    expect(await wide.outputsAll({ shape: [0, 512], values })).toEqual(new Float64Array(0));
    for (const shape of [
      [0, 5],
      [2, 512],
    ]) {
      await expect(wide.outputsAll({ shape, values })).rejects.toThrow('outputsAll: rows.');
      await expect(wide.predictAll({ shape, values })).rejects.toThrow('predictAll: rows.');
    }
  });

  test('have the answers of one row after weights have changed: those of the first call count', async () => {
    const model = createModel({ spec, parameters: weightsFor(spec) });
    const expected = model.outputs(x);
    model.parameters.fill(0);
    for (const threads of [2, 3]) expect(await model.outputsAll(x, { threads })).toEqual(expected);
    expect(model.outputs(x)).toEqual(expected);
  });
});

test('answers in an array of the caller take no arrays', () => {
  const small: NetworkSpec = { input: 4, layers: [{ kind: 'dense', out: 3 }] };
  const model = createModel({ spec: small, parameters: weightsFor(small) });
  const rows = x.subarray(0, 8 * 4);
  const [doubles, floats] = [{ out: new Float64Array(8 * 3) }, { out: new Float32Array(8 * 3) }];
  const CALLS = 5000;
  const bytes: number[] = [];
  // Several times, until V8 has compiled it.
  for (let round = 0; round < 6; round++) {
    collectGarbage();
    const before = process.memoryUsage();
    for (let call = 0; call < CALLS; call++) {
      model.outputs(rows, doubles);
      model.outputs(rows, floats);
    }
    const after = process.memoryUsage();
    if (round > 0) expect(after.arrayBuffers - before.arrayBuffers).toBe(0);
    bytes.push((after.heapUsed - before.heapUsed) / (2 * CALLS));
  }
  expect(Math.min(...bytes)).toBeLessThan(200);
});

test('an array of outputs may overlap the rows', async () => {
  const spec: NetworkSpec = { input: 4, layers: [{ kind: 'dense', out: 5 }] };
  const model = createModel({ spec, parameters: weightsFor(spec) });
  const N = 3000; // several passes, and several parts of listed rows
  const rows = x.subarray(0, N * 4);
  const expected = model.outputs(rows);
  const memory = (): [Float64Array, { out: Float64Array }] => {
    const numbers = new Float64Array(N * 5);
    numbers.set(rows);
    return [numbers.subarray(0, N * 4), { out: numbers }];
  };
  const [first, second, third] = [memory(), memory(), memory()];
  expect(model.outputs(...first)).toBe(first[1].out);
  await model.outputsAll(...second);
  const listed = Array.from({ length: N }, (_, n) => third[0].subarray(n * 4, n * 4 + 4));
  await model.outputsAll(listed, third[1]);
  for (const [, { out }] of [first, second, third]) expect(out).toEqual(expected);
});

test('bytes and whole numbers are numbers, and pixels where the model reads images', () => {
  const pixels: NetworkSpec = { input: [2, 2, 1], layers: [{ kind: 'flatten' }, { kind: 'dense', out: 2 }] };
  const numbers = createModel({ spec: pixels, parameters: weightsFor(pixels) });
  const expected = numbers.outputs([[1, 2, 3, 250]]);
  for (const values of [Uint8Array, Int16Array, Uint32Array, Float32Array].map((Type) => Type.of(1, 2, 3, 250))) {
    expect([...numbers.outputs(values)]).toEqual(expected[0]);
    expect(numbers.outputs([values])).toEqual(expected);
  }
  const image = { height: 2, width: 2, channels: 1, divisor: 255 } as const;
  const images = createModel({ spec: pixels, parameters: weightsFor(pixels), preprocessing: { version: 1, image } });
  const bytes = Uint8Array.of(1, 2, 3, 250, 9, 8, 7, 6);
  const encoded = Float64Array.from(bytes, (byte) => byte / 255);
  expect(images.outputs(bytes)).toEqual(numbers.outputs(encoded));
  expect(images.outputs({ shape: [2, 2, 2, 1], values: bytes })).toEqual(numbers.outputs(encoded));
  expect(images.outputs(encoded)).toEqual(numbers.outputs(encoded));
});

test.each<[rows: unknown, options: object, problem: string]>([
  [new Float32Array(5), {}, 'outputs: rows has 5 numbers, expected a multiple of 512'],
  [new BigInt64Array(512), {}, 'outputs: rows has BigInt64Array of length 512, expected an array of rows, or a typed'],
  [{ shape: [1, 2, 256], values: x }, {}, 'outputs: rows.shape has [1, 2, 256], expected [N, 512]'],
  [{ shape: [-2, 512], values: x }, {}, 'outputs: rows.shape has [-2, 512], expected [N, 512]'],
  [{ shape: [2, 512], values: x }, {}, 'outputs: rows.values has 51200 numbers, expected 1024 ([2, 512])'],
  [{ shape: [2, 512], values: [1] }, {}, 'outputs: rows.values has [1], expected a typed array of numbers'],
  [x, { out: new Float64Array(299) }, 'outputs: out has 299 numbers, expected 300 (100 x 3)'],
  [x, { out: [] }, 'outputs: out has [], expected a Float64Array or a Float32Array'],
  [x, { threads: 2 }, 'outputs: option "threads" is unknown, expected lengths, out'],
  [x, [1], 'outputs: options have [1], expected an object'],
])('outputs are refused: case %#', (rows, options, problem) => {
  expect(() => wide.outputs(rows as TypedNumbers, options)).toThrow(problem);
});

test('threads are a positive number up to 512', async () => {
  await expect(wide.predictAll(x, { threads: 0 })).rejects.toThrow('predictAll: threads has 0, expected');
  const many = wide.predictAll(x, { threads: 513 });
  await expect(many).rejects.toThrow('predictAll: threads has 513, expected at most 512');
});
