import { type LayerKind, type LayerSpec, layers } from '@gradloom/core';
import { expect, test } from 'vitest';
import { firstDifference } from '../../../../support/bits.ts';
import { formulaSpecs } from '../../../../support/formula-layers.ts';
import { runLayer } from '../../../../support/one-layer.ts';

/** Every kind of layer, but `like`, which is never the first. */
const specs: { [K in Exclude<LayerKind, 'like'>]: LayerSpec & { kind: K } } = {
  ...formulaSpecs,
  activation: { kind: 'activation', fn: 'gelu' },
  argmax: { kind: 'argmax' },
  'avg-pool': { kind: 'avg-pool', size: 2 },
  'batch-norm': { kind: 'batch-norm' },
  'channel-dropout': { kind: 'channel-dropout', rate: 0.5 },
  concat: { kind: 'concat', of: ['input', 'input'] },
  conv1d: { kind: 'conv1d', out: 3, kernel: 2 },
  conv2d: { kind: 'conv2d', out: 3, kernel: [1, 2] },
  'conv2d-transpose': { kind: 'conv2d-transpose', out: 3, kernel: 2 },
  dense: { kind: 'dense', out: 3 },
  'cross-attention': { kind: 'cross-attention', of: ['input', 'input'], heads: 1 },
  dropout: { kind: 'dropout', rate: 0.5 },
  embedding: { kind: 'embedding', vocabulary: 5, width: 3 },
  expand: { kind: 'expand', shape: [3, 2] },
  flatten: { kind: 'flatten' },
  gaussian: { kind: 'gaussian' },
  parameter: { kind: 'parameter', shape: [2] },
  'global-avg-pool': { kind: 'global-avg-pool' },
  'group-norm': { kind: 'group-norm', groups: 1 },
  heads: { kind: 'heads', names: ['a', 'b'], of: ['input', 'input'] },
  gru: { kind: 'gru', out: 3 },
  'instance-norm': { kind: 'instance-norm', affine: true },
  'last-position': { kind: 'last-position' },
  'layer-norm': { kind: 'layer-norm' },
  'log-softmax': { kind: 'log-softmax' },
  'log-sum-exp': { kind: 'log-sum-exp' },
  lstm: { kind: 'lstm', out: 3, returns: 'last' },
  matmul: { kind: 'matmul', of: ['input', 'input'], transposeA: true },
  max: { kind: 'max' },
  'max-pool': { kind: 'max-pool', size: 2 },
  mean: { kind: 'mean' },
  pad: { kind: 'pad', padding: [[1, 0]] },
  'position-embedding': { kind: 'position-embedding' },
  reshape: { kind: 'reshape', shape: [1, 2] },
  residual: {
    kind: 'residual',
    layers: [{ kind: 'layer-norm' }, { kind: 'activation', fn: 'tanh' }, { kind: 'dense', out: 2 }],
  },
  resize: { kind: 'resize', size: 3 },
  'rms-norm': { kind: 'rms-norm' },
  'self-attention': { kind: 'self-attention', heads: 1, causal: true },
  softmax: { kind: 'softmax' },
  sum: { kind: 'sum' },
  slice: { kind: 'slice', start: 1 },
  swiglu: { kind: 'swiglu', out: 3 },
  take: { kind: 'take', indices: [1, 1] },
  transpose: { kind: 'transpose' },
  upsample: { kind: 'upsample', factor: 2 },
};
/** Layers of windows have two positions of one channel. */
const shapes: { readonly [K in LayerKind]?: readonly number[] } = {
  'avg-pool': [2, 1],
  'channel-dropout': [2, 1],
  'global-avg-pool': [2, 1],
  matmul: [2, 1],
  'max-pool': [2, 1],
  resize: [2, 1],
  transpose: [2, 1],
  upsample: [2, 1],
  conv1d: [2, 1],
  conv2d: [1, 2, 1],
  'conv2d-transpose': [1, 2, 1],
  flatten: [2, 1],
  gru: [2, 1],
  'instance-norm': [2, 1],
  lstm: [2, 1],
  'last-position': [2, 1],
  'position-embedding': [2, 1],
  'cross-attention': [2, 1],
  'self-attention': [2, 1],
};

test('every kind of layer stands in the table', () => {
  expect([...Object.keys(specs), 'like'].sort()).toEqual(Object.keys(layers).sort());
});

test.each(Object.entries(specs))(
  '%s has the same gradients where nobody asks for the one by its input',
  (kind, spec) => {
    const x = [
      [4, 1],
      [0, 3],
      [2, 2],
    ];
    const dy = (o: number) => 1 + ((o * 7) % 5);
    const { [kind as LayerKind]: input = [2] } = shapes;
    const { gradients: allGradients } = runLayer(spec, x, dy, { input });
    const { gradients, dx } = runLayer(spec, x, dy, { input, first: true });
    for (const [k, gradient] of gradients.entries()) expect(firstDifference(gradient, allGradients[k])).toBeNull();
    expect(dx.every(Number.isNaN)).toBe(true);
  },
);
