import { buildNetwork, type ElementType, initializeParameters, type NetworkSpec } from '@gradloom/core';
import { createElements } from '@gradloom/core/internal';
import { createModel, dense, sequential, softplus } from '@gradloom/runtime';
import { expect, test } from 'vitest';
import { layerHistograms } from '../../../../../packages/cli/src/lab/figures/histograms.ts';
import { randomDataset } from '../../../../support/random-dataset.ts';

const spec = sequential(9, dense(7), softplus());

test('outputs are those of standardized images', () => {
  const network: NetworkSpec = { input: [3, 3, 1], layers: [{ kind: 'activation', fn: 'softplus' }] };
  const plain = randomDataset({ rows: 4, inputs: 9, classes: 2 });
  const scale = { mean: [3], deviation: [0.5] };
  const rows = { ...plain, inputs: { ...plain.inputs, shape: [3, 3, 1], scale } };
  const x = Float64Array.from(rows.inputs.array, (value) => (value - 3) / 0.5);
  const parameters = new Float64Array(0);
  const outputs = createModel({ spec: network, parameters }).outputs(x);
  const [{ low, high }] = layerHistograms({ spec: network, seed: 1, parameters }, rows);
  expect([low, high]).toEqual([Math.min(...outputs), Math.max(...outputs)]);
});

test.each<ElementType>(['float64', 'float32'])('histograms of a run of %s have the outputs of its models', (type) => {
  const { parameterCount } = buildNetwork(spec);
  const [start, end] = [1, 2].map((seed) => {
    const parameters = createElements(type, parameterCount);
    initializeParameters(buildNetwork(spec), parameters, seed);
    return parameters;
  });
  const plain = randomDataset({ rows: 40, inputs: 9, classes: 7 });
  const rows = { ...plain, inputs: { ...plain.inputs, divisor: 0.3 } }; // no float
  const over = type === 'float32' ? Math.fround(0.3) : 0.3;
  const x = Float64Array.from(rows.inputs.array, (value) => value / over);
  const outputs = [start, end].flatMap((parameters) => [...createModel({ spec, parameters }).outputs(x)]);
  const histograms = layerHistograms({ spec, seed: 1, parameters: end }, rows);
  const { low, high } = histograms.find(({ kind }) => kind === 'outputs') ?? { low: Number.NaN, high: Number.NaN };
  expect([low, high]).toEqual([Math.min(...outputs), Math.max(...outputs)]);
  const weights = histograms.find(({ kind }) => kind === 'weights');
  const matrices = [start, end].flatMap((parameters) => [...parameters.subarray(0, 63)]);
  expect([weights?.low, weights?.high]).toEqual([Math.min(...matrices), Math.max(...matrices)]);
});
