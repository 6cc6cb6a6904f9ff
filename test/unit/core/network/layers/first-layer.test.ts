import { type LayerKind, type LayerSpec, layers } from '@gradloom/core';
import { expect, test } from 'vitest';
import { firstDifference } from '../../../../support/bits.ts';
import { runLayer } from '../../../../support/one-layer.ts';

const specs: { [K in LayerKind]: LayerSpec & { kind: K } } = {
  activation: { kind: 'activation', fn: 'gelu' },
  'batch-norm': { kind: 'batch-norm' },
  conv1d: { kind: 'conv1d', out: 3, kernel: 2 },
  conv2d: { kind: 'conv2d', out: 3, kernel: 2 },
  dense: { kind: 'dense', out: 3 },
  dropout: { kind: 'dropout', rate: 0.5 },
  embedding: { kind: 'embedding', vocabulary: 5, width: 3 },
  flatten: { kind: 'flatten' },
  'layer-norm': { kind: 'layer-norm' },
  residual: {
    kind: 'residual',
    layers: [{ kind: 'layer-norm' }, { kind: 'activation', fn: 'tanh' }, { kind: 'dense', out: 2 }],
  },
  swiglu: { kind: 'swiglu', out: 3 },
};

test('every kind of layer stands in the table', () => {
  expect(Object.keys(specs).sort()).toEqual(Object.keys(layers).sort());
});

test.each(Object.entries(specs))(
  '%s has the same gradients where nobody asks for the one by its input',
  (_kind, spec) => {
    const x = [
      [4, 1],
      [0, 3],
      [2, 2],
    ];
    const dy = (o: number) => 1 + ((o * 7) % 5);
    const { gradients: asked } = runLayer(spec, x, dy);
    const { gradients, dx } = runLayer(spec, x, dy, { first: true });
    for (const [k, gradient] of gradients.entries()) expect(firstDifference(gradient, asked[k])).toBeNull();
    expect(dx.every(Number.isNaN)).toBe(true);
  },
);
