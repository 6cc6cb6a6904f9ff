import { buildNetwork, createRandom, initializeParameters, type NetworkSpec } from '@gradloom/core';
import { createModel, type Dataset, explainImages, subset } from '@gradloom/runtime';
import { expect, test } from 'vitest';
import { maxError } from '../../support/errors.ts';
import { numericGradient } from '../../support/numeric-gradient.ts';

const [N, H, W, C] = [4, 5, 4, 3];
const random = createRandom(1, 'explain-images');
const bytes = new Uint8Array(new SharedArrayBuffer(N * H * W * C));
for (let i = 0; i < bytes.length; i++) bytes[i] = random.integer(256);
const labels = new Int32Array(new SharedArrayBuffer(4 * N));
labels.set([0, 1, 0, 1]);
const dataset: Dataset = {
  name: 'noise',
  rows: N,
  inputs: { array: bytes, columns: H * W * C, shape: [H, W, C], divisor: 255 },
  targets: { array: labels, columns: 1, divisor: 1 },
  classes: 2,
};

const modelOf = (input: NetworkSpec['input'], loss: 'softmax-cross-entropy' | 'binary-cross-entropy', out: number) => {
  const spec: NetworkSpec = {
    input,
    layers: [
      ...(Array.isArray(input)
        ? [
            { kind: 'conv2d' as const, out: 3, kernel: 2 },
            { kind: 'batch-norm' as const },
            { kind: 'flatten' as const },
          ]
        : []),
      { kind: 'tanh' },
      { kind: 'dropout', rate: 0.5 },
      { kind: 'dense', out },
    ],
  };
  const network = buildNetwork(spec);
  const parameters = new Float64Array(network.parameterCount);
  initializeParameters(network, parameters, 3);
  if (out === 1) parameters[parameters.length - 1] = -0.5; // so that some answers are the first class
  return createModel({ spec, parameters, loss });
};

test.each([
  ['a convolution', modelOf([H, W, C], 'softmax-cross-entropy', 2)],
  ['a flat network', modelOf(H * W * C, 'softmax-cross-entropy', 2)],
  ['a network of one output', modelOf(H * W * C, 'binary-cross-entropy', 1)],
])('without noise, %s has the slope of its answer by each pixel', async (_, model) => {
  const explanations = await explainImages(model, dataset, { noise: 0, copies: 2 });
  const x = Float64Array.from(bytes, (byte) => byte / 255);
  const answers = model.classify(x);
  const y = model.probabilities(x);
  const O = y.length / N;
  expect(explanations.map(({ answer }) => answer)).toEqual(answers);
  if (O === 1) expect(new Set(answers)).toEqual(new Set([0, 1]));
  for (const [n, { answer, probability, sensitivity }] of explanations.entries()) {
    const row = x.slice(n * H * W * C, (n + 1) * H * W * C);
    const p = O === 1 ? y[n] : y[n * O + answer];
    expect(probability).toBe(O === 1 && answer === 0 ? 1 - p : p);
    const slopes = numericGradient(() => model.outputs(row)[O === 1 ? 0 : answer], row);
    const expected = Float64Array.from({ length: H * W }, (_, pixel) =>
      slopes.subarray(pixel * C, (pixel + 1) * C).reduce((sum, slope) => sum + Math.abs(slope), 0),
    );
    expect(maxError(sensitivity, expected)).toBeLessThan(1e-9);
  }
});

test('the noise of an image is a function of the seed and its place', async () => {
  const model = modelOf([H, W, C], 'softmax-cross-entropy', 2);
  const all = await explainImages(model, dataset, { seed: 5 });
  expect(await explainImages(model, dataset, { seed: 5 })).toEqual(all);
  expect(await explainImages(model, subset(dataset, Uint32Array.of(0)), { seed: 5 })).toEqual([all[0]]);
  expect((await explainImages(model, dataset, { seed: 6 }))[0].sensitivity).not.toEqual(all[0].sensitivity);
});

test('threads change no bit', async () => {
  const model = modelOf([H, W, C], 'softmax-cross-entropy', 2);
  const [alone, ...others] = await Promise.all([1, 2, 3].map((threads) => explainImages(model, dataset, { threads })));
  expect(alone.some(({ sensitivity }) => sensitivity.some((size) => size > 0))).toBe(true);
  for (const images of others) expect(images).toEqual(alone);
});

test('rows that are no images of classes are refused', async () => {
  const model = modelOf(H * W * C, 'softmax-cross-entropy', 2);
  const { shape: _, ...flat } = dataset.inputs;
  await expect(explainImages(model, { ...dataset, inputs: flat })).rejects.toThrow(
    'explainImages: noise has no images, expected images of classes',
  );
  await expect(explainImages(model, dataset, { copies: 0 })).rejects.toThrow(
    'explainImages: copies has 0, expected a whole number of at least 1',
  );
});
