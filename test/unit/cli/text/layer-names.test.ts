import { buildNetwork, type NetworkSpec } from '@gradloom/core';
import { expect, test } from 'vitest';
import { layerNames } from '../../../../packages/cli/src/terminal/text/layer-names.ts';

const namesOf = (layers: NetworkSpec['layers']) =>
  layerNames(buildNetwork({ input: 4, layers }).places.map(({ path, layer }) => ({ path, label: layer.label })));

test('layers are named by the dense layer that they belong to', () => {
  const hidden = [
    { kind: 'dense', out: 6 },
    { kind: 'activation', fn: 'relu' },
    { kind: 'dropout', rate: 0.5 },
  ] as const;
  expect(namesOf([...hidden, ...hidden, { kind: 'dense', out: 2 }, { kind: 'activation', fn: 'sigmoid' }])).toEqual([
    ...['hidden layer 1', 'hidden layer 1 relu', 'hidden layer 1 dropout'],
    ...['hidden layer 2', 'hidden layer 2 relu', 'hidden layer 2 dropout'],
    ...['output layer', 'output layer sigmoid'],
  ]);
  expect(namesOf([{ kind: 'activation', fn: 'relu' }])).toEqual(['input relu']);
});

test('no two layers have one name', () => {
  const block = [
    { kind: 'layer-norm' },
    { kind: 'residual', layers: [{ kind: 'layer-norm' }, { kind: 'swiglu', out: 4 }] },
  ] as const;
  const names = namesOf([{ kind: 'dense', out: 4 }, ...block, ...block, { kind: 'dense', out: 2 }] as never);
  expect(new Set(names).size).toBe(names.length);
  expect(names).toContain('hidden layer 1 layer-norm (2.0)');
});
