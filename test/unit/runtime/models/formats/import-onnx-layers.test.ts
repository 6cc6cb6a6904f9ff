import { join } from 'node:path';
import { createRandom, type Model } from '@gradloom/core';
import { datasetFromRows, type ImportComparison, importModel, train } from '@gradloom/runtime';
import { expect, test } from 'vitest';
import { type GraphOfTest, writeOnnxFile } from '../../../../support/onnx-file.ts';
import { temporaryFolder } from '../../../../support/temporary-folder.ts';

const folder = temporaryFolder();
const random = createRandom(50, 'onnx');
const normals = (...dims: number[]): [number[], number[]] => [
  dims,
  Array.from({ length: dims.reduce((a, b) => a * b, 1) }, () => random.normal()),
];

async function imported(name: string, graph: GraphOfTest): Promise<{ model: Model; difference: number }> {
  const path = join(folder.path, `${name}.onnx`);
  writeOnnxFile(path, graph);
  const comparisons: ImportComparison[] = [];
  const model = await importModel(path, { onCompare: (comparison) => void comparisons.push(comparison) });
  return { model, difference: comparisons[0].difference };
}

test('weights that two nodes read are one set of weights, and others of equal numbers are not', async () => {
  const W = normals(3, 3);
  const graph: GraphOfTest = {
    inputs: { x: ['N', 3] },
    outputs: ['y'],
    nodes: [
      ['MatMul', ['x', 'W'], ['a']],
      ['Tanh', ['a'], ['b']],
      ['MatMul', ['b', 'W'], ['c']],
      ['MatMul', ['c', 'V'], ['y']],
    ],
    weights: { W, V: W },
  };
  const { model, difference } = await imported('shared', graph);
  expect(difference).toBeLessThan(1e-6);
  expect(model.spec.layers.map(({ kind }) => kind)).toEqual(['dense', 'activation', 'like', 'dense']);
  expect(model.parameters.length).toBe(18);
});

test('a dense layer without a bias stays so if more than the sum reads it', async () => {
  const graph: GraphOfTest = {
    inputs: { x: ['N', 3] },
    outputs: ['y'],
    nodes: [
      ['MatMul', ['x', 'W'], ['a']],
      ['Add', ['a', 'b'], ['c']],
      ['Mul', ['a', 'c'], ['y']],
    ],
    weights: { W: normals(3, 4), b: normals(4) },
  };
  const { difference } = await imported('product', graph);
  expect(difference).toBeLessThan(1e-6);
});

test('a mask of -∞ takes numbers out of a softmax', async () => {
  const graph: GraphOfTest = {
    inputs: { x: ['N', 3] },
    outputs: ['y'],
    nodes: [
      ['Add', ['x', 'mask'], ['a']],
      ['Softmax', ['a'], ['y']],
    ],
    weights: { mask: [[3], [0, Number.NEGATIVE_INFINITY, 0]] },
  };
  const { model, difference } = await imported('mask', graph);
  expect(difference).toBeLessThan(1e-6);
  expect(model.outputs([[1, 9, 1]])).toEqual([[0.5, 0, 0.5]]);
  expect(model.spec.layers.find(({ kind }) => kind === 'parameter')).toMatchObject({ freeze: true });
});

/** An LSTM of 3 steps from a state that is an input, and its last cells. */
const lstm: GraphOfTest = {
  inputs: { x: ['N', 3, 2], h: [1, 'N', 4], c: [1, 'N', 4] },
  outputs: ['y'],
  nodes: [
    ['Transpose', ['x'], ['steps'], { perm: [1, 0, 2] }],
    ['LSTM', ['steps', 'W', 'R', 'B', '', 'h', 'c'], ['all', 'last', 'cells'], { hidden_size: 4 }],
    ['Concat', ['last', 'cells'], ['both'], { axis: 2 }],
    ['Squeeze', ['both', 'zero'], ['y']],
  ],
  weights: { W: normals(1, 16, 2), R: normals(1, 16, 4), B: normals(1, 32), zero: [0] },
};

test('an LSTM from a first state trains one set of weights, to the same bits on one thread and on three', async () => {
  const { model, difference } = await imported('lstm', lstm);
  expect(difference).toBeLessThan(1e-6);
  expect(model.parameters.length).toBe(16 * 2 + 16 * 4 + 32);
  const inputs = Array.from({ length: 12 }, () => Array.from({ length: 14 }, () => random.normal()));
  const dataset = datasetFromRows({ inputs, targets: inputs.map((row) => row.slice(0, 8)) });
  const options = { from: model, steps: 10, batch: 4, loss: 'mse', precision: 'float32' } as const;
  const runs = await Promise.all(
    [1, 3].map((threads) => train(model.spec, { train: dataset }, { ...options, threads })),
  );
  expect(runs[0].fingerprint).toBe(runs[1].fingerprint);
  expect(runs[0].fingerprint).not.toBe(model.fingerprint);
});
