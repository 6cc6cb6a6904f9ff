import { buildNetwork, type LayerSpec } from '@gradloom/core';
import { expect, test } from 'vitest';
import { hiddenMatrices } from '../../../../packages/core/src/training/hidden-matrices.ts';

/** Names of the tensors, each after the path of its layer. */
function namesOf(input: number | number[], layers: LayerSpec[]): string[] {
  const network = buildNetwork({ input, layers });
  return hiddenMatrices(network).map(({ layer, name }) => `${network.allLayers[layer].path} ${name}`);
}

const relu = { kind: 'activation', fn: 'relu' } as const;
const dense = (out: number, more: object = {}): LayerSpec => ({ kind: 'dense', out, ...more });

test('hidden matrices are those of dense layers and convolutions, but for biases and norms', () => {
  const layers: LayerSpec[] = [
    { kind: 'conv2d', out: 4, kernel: 3 },
    { kind: 'batch-norm' },
    { kind: 'flatten' },
    dense(5),
    relu,
    dense(6, { freeze: true }),
    dense(3),
  ];
  expect(namesOf([6, 6, 2], layers)).toEqual(['0 W', '3 W']);
});

test('embeddings, positions and the output layer are none, also where the output is tied to the embedding', () => {
  const block: LayerSpec = { kind: 'residual', layers: [{ kind: 'self-attention', heads: 2, causal: true }] };
  const layers = (last: object): LayerSpec[] => [
    { kind: 'embedding', vocabulary: 7, width: 4 },
    { kind: 'position-embedding' },
    block,
    { kind: 'layer-norm' },
    dense(7, { bias: false, ...last }),
  ];
  for (const last of [{}, { tiedTo: '0' }]) expect(namesOf([5], layers(last))).toEqual(['2.0 Wqkv', '2.0 Wo']);
});

test('each output of several has an output layer, also before an activation and a norm', () => {
  const heads = { kind: 'heads', names: ['a', 'b'], of: ['3', '4'] } as const;
  const layers = [dense(4), dense(5, { of: '0' }), relu, { kind: 'layer-norm' } as const, dense(2, { of: '0' }), heads];
  expect(namesOf(3, layers)).toEqual(['0 W']);
});

test('a network of one layer has none', () => {
  expect(namesOf(3, [dense(2)])).toEqual([]);
});
