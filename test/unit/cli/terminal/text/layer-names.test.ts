import { buildNetwork, dense, type NetworkSpec, sequential } from '@gradloom/core';
import { badWeight } from '@gradloom/core/internal';
import { expect, test } from 'vitest';
import { layerNames } from '../../../../../packages/cli/src/terminal/text/layer-names.ts';

const namesOf = (layers: NetworkSpec['layers']) =>
  layerNames(
    buildNetwork({ input: 4, layers }).allLayers.map(({ path, layer, spec }) => {
      return { path, label: layer.label, name: spec.name };
    }),
  );

test('layers are counted as in the spec and in messages, or have the name that the spec gives', () => {
  const block: NetworkSpec['layers'] = [
    { kind: 'residual', layers: [{ kind: 'layer-norm' }, { kind: 'swiglu', out: 6, name: 'mixer' }] },
  ];
  const layers: NetworkSpec['layers'] = [
    ...[{ kind: 'dense', out: 6, name: 'encoder' } as const, { kind: 'relu' } as const],
    ...[...block, { kind: 'dense', out: 2 } as const],
  ];
  expect(namesOf(layers)).toEqual([
    ...['encoder', 'layer 1 relu', 'layer 2.0 layer-norm', 'mixer'],
    ...['layer 2 residual', 'layer 3 dense'],
  ]);
});

test('messages give the same number, and the name', () => {
  const network = buildNetwork(sequential(2, dense(3, { name: 'encoder' }), dense(1)));
  const theta = new Float64Array(network.parameterCount);
  theta[0] = Number.POSITIVE_INFINITY;
  expect(badWeight(network, theta)).toBe('W of dense(2->3) at layer 0 (encoder) has Infinity');
  theta[0] = 0;
  theta[9] = Number.NaN;
  expect(badWeight(network, theta)).toBe('W of dense(3->1) at layer 1 has NaN');
});

test.each([
  ['', 'buildNetwork: layer 0: name has "", expected a name of 1 to 40 characters'],
  ['a\nb', 'buildNetwork: layer 0: name has "a\\nb", expected a name of 1 to 40 characters'],
  [7, 'buildNetwork: layer 0: name has 7, expected a name of 1 to 40 characters'],
  ['b', 'buildNetwork: layer 1: name has "b", which is the name of layer 0, expected another'],
])('the name %j is refused', (name, message) => {
  const layers = [
    { kind: 'dense', out: 3, name },
    { kind: 'dense', out: 1, name: 'b' },
  ] as NetworkSpec['layers'];
  expect(() => buildNetwork({ input: 2, layers })).toThrow(expect.objectContaining({ message }));
});
