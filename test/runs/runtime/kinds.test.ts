import { buildNetwork, type LayerKind, type LayerSpec, layers, type NetworkSpec } from '@gradloom/core';
import { type BackendChoice, createModel, type Dataset, fingerprint, train } from '@gradloom/runtime';
import { resolveBackend } from '@gradloom/runtime/internal';
import { describe, expect, test } from 'vitest';
import { sharedArrays } from '../../../packages/runtime/src/data/number-types.ts';
import { counted, onlyInAll } from '../../support/count.ts';
import { formulaSpecs } from '../../support/formula-layers.ts';
import { needs } from '../../support/needs.ts';
import { oracle } from '../../support/oracle.ts';
import { poolOfFile } from '../../support/pool-of-file.ts';

const pool = await poolOfFile(3);

const WIDTH = 32;
const kinds: Record<LayerKind, LayerSpec> = {
  ...formulaSpecs,
  activation: { kind: 'activation', fn: 'tanh' },
  argmax: { kind: 'argmax', axis: 0 },
  'avg-pool': { kind: 'avg-pool', size: 3, stride: 2, padding: 1 },
  'batch-norm': { kind: 'batch-norm' },
  'channel-dropout': { kind: 'channel-dropout', rate: 0.5 },
  concat: { kind: 'concat', of: ['input', 'input'] },
  conv1d: { kind: 'conv1d', out: 4, kernel: 3, padding: 'same' },
  conv2d: { kind: 'conv2d', out: 4, kernel: 3, padding: 'same' },
  'conv2d-transpose': { kind: 'conv2d-transpose', out: 4, kernel: 2, stride: 2 },
  dense: { kind: 'dense', out: WIDTH },
  dropout: { kind: 'dropout', rate: 0.5 },
  embedding: { kind: 'embedding', vocabulary: 251, width: 1 },
  expand: { kind: 'expand', shape: [2, -1, 4] },
  flatten: { kind: 'flatten' },
  gaussian: { kind: 'gaussian', size: WIDTH },
  'global-avg-pool': { kind: 'global-avg-pool' },
  'group-norm': { kind: 'group-norm', groups: 2 },
  gru: { kind: 'gru', out: 12 },
  heads: { kind: 'heads', names: ['a', 'b'], of: ['input', 'input'] },
  'instance-norm': { kind: 'instance-norm', affine: true },
  'last-position': { kind: 'last-position' },
  'layer-norm': { kind: 'layer-norm' },
  like: { kind: 'like', layer: '0' },
  'log-softmax': { kind: 'log-softmax', axis: 0 },
  'log-sum-exp': { kind: 'log-sum-exp', axis: 1 },
  lstm: { kind: 'lstm', out: 9, returns: 'last' },
  'cross-attention': { kind: 'cross-attention', of: ['input', 'input'], heads: 2, dropout: 0.1 },
  matmul: { kind: 'matmul', of: ['input', 'input'], transposeB: true },
  max: { kind: 'max', axis: 0, keepdims: true },
  'max-pool': { kind: 'max-pool', size: 3, stride: 2, padding: 1 },
  pad: { kind: 'pad', padding: [1, [0, 2]], mode: 'edge' },
  mean: { kind: 'mean', axis: [0, 2] },
  parameter: { kind: 'parameter', shape: [WIDTH], init: 'normal' },
  'position-embedding': { kind: 'position-embedding' },
  reshape: { kind: 'reshape', shape: [4, -1] },
  residual: { kind: 'residual', layers: [{ kind: 'layer-norm' }] },
  resize: { kind: 'resize', size: [5, 3], mode: 'linear' },
  'rms-norm': { kind: 'rms-norm' },
  'self-attention': { kind: 'self-attention', heads: 2, causal: true, dropout: 0.1 },
  softmax: { kind: 'softmax' },
  sum: { kind: 'sum', axis: [-1, 0] },
  slice: { kind: 'slice', start: -1, end: 0, step: -2 },
  swiglu: { kind: 'swiglu', out: WIDTH },
  take: { kind: 'take', indices: [3, 0, 3, 1], axis: 0 },
  transpose: { kind: 'transpose' },
  upsample: { kind: 'upsample', factor: 2 },
};
/** Layers of windows see the same numbers as positions. */
const shapes: { readonly [kind: string]: readonly number[] } = {
  ...Object.fromEntries(
    ['avg-pool', 'max-pool', 'conv2d', 'conv2d-transpose', 'resize', 'upsample', 'group-norm', 'mean', 'sum'].map(
      (kind) => [kind, [4, 4, 2]],
    ),
  ),
  ...Object.fromEntries(
    [
      ...['channel-dropout', 'conv1d', 'flatten', 'global-avg-pool', 'gru', 'last-position', 'lstm'],
      ...['position-embedding', 'self-attention', 'argmax', 'instance-norm', 'log-softmax', 'log-sum-exp', 'max'],
      ...['matmul', 'softmax', 'cross-attention'],
      ...['pad', 'expand', 'slice', 'take', 'transpose'],
    ].map((kind) => [kind, [8, 4]]),
  ),
};
/** Layers before that of a kind: some bytes are 0, which has no logarithm. */
const before: { readonly [kind: string]: LayerSpec[] } = { like: [kinds.dense], log: [{ kind: 'plus', value: 1 }] };
const spec = (layer: LayerSpec): NetworkSpec => ({
  input: shapes[layer.kind] ?? WIDTH,
  layers: [...(before[layer.kind] ?? []), layer],
});

/** Inputs, and values to learn for O outputs, in bytes or doubles. */
function rowsOf(type: 'uint8' | 'float64', O: number): Dataset {
  const rows = 200;
  const matrixOf = (columns: number, factor: number) => {
    const array = sharedArrays[type](rows * columns);
    for (let i = 0; i < array.length; i++) array[i] = (i * factor) % 251;
    return { array, columns, divisor: 1 };
  };
  return { name: 'numbers', rows, classes: null, inputs: matrixOf(WIDTH, 37), targets: matrixOf(O, 53) };
}

test('there is a network for each kind of layer', () => {
  expect(new Set(Object.keys(kinds))).toEqual(new Set(Object.keys(layers)));
});

// Kernels keep scratch of their own beside that of products, which some of these networks have none of.
describe.each<[BackendChoice, BackendChoice]>([
  ['reference', 'reference'],
  ['wasm', 'reference'],
  ['native', 'native'],
  ['blas', 'blas'],
])('on %s a network of one layer alone', (backend, oracleOn) => {
  test.each(Object.keys(kinds) as LayerKind[])(
    '%s trains and answers on bytes as on doubles',
    needs(backend),
    async (kind) => {
      const network = spec(kinds[kind]);
      const options = { batch: 64, steps: 4, seed: 2, loss: 'mse' as const };
      const types = ['uint8', 'float64'] as const;
      for (const type of types.slice(0, counted(backend === 'native' || backend === 'wasm' ? 2 : 1, 2))) {
        const dataset = rowsOf(type, buildNetwork(network).outputs);
        let loss = Number.NaN; // of the answers of threads
        const expected = oracle(network, dataset, options, resolveBackend(oracleOn), options.steps).parameters;
        for (const threads of [type === 'uint8' ? 3 : 1, ...onlyInAll(type === 'uint8' ? 1 : 3)]) {
          const sets = { train: dataset, validation: dataset };
          const runOptions = { ...options, threads, backend, pool };
          const { parameters, validation } = await train(network, sets, runOptions);
          expect(fingerprint(parameters), `${type}, ${threads} threads`).toBe(fingerprint(expected));
          if (validation !== undefined) ({ loss } = validation);
        }
        if (kind === 'gaussian') continue; // a loss has draws, an answer their mean
        const model = createModel({ spec: network, parameters: expected, loss: 'mse' });
        const y = model.outputs(Float64Array.from(dataset.inputs.array));
        const squares = y.reduce((sum, value, i) => sum + (value - dataset.targets.array[i]) ** 2, 0);
        expect(loss / (squares / y.length)).toBeCloseTo(1, 12);
      }
    },
  );
});

test('a layer whose width a file made up takes no memory before the plan is refused', () => {
  const bytes = process.memoryUsage().arrayBuffers;
  for (const kind of Object.keys(kinds) as LayerKind[]) {
    if (kind === 'like') continue; // it is as wide as the layer that it repeats
    const isWide = ['dense', 'gru', 'lstm', 'swiglu'].includes(kind);
    const layer = isWide ? ({ kind, out: 2 ** 24 } as LayerSpec) : kinds[kind];
    const [first, ...others] = shapes[kind] ?? [WIDTH];
    buildNetwork({ ...spec(layer), input: [isWide ? first : 2 ** 27, ...others] });
  }
  expect(process.memoryUsage().arrayBuffers - bytes).toBeLessThan(2 ** 20);
});
