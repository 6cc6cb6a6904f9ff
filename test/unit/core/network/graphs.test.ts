import { buildNetwork, dense, type NetworkSpec, plus, relu, residual, sequential } from '@gradloom/core';
import { describe, expect, test } from 'vitest';

test('a chain whose layers name the layer before is the same network', () => {
  const chain = sequential(3, dense(4), relu(), residual(dense(4)), dense(2));
  const named = sequential(
    3,
    dense(4, { of: 'input' }),
    relu({ of: '0' }),
    residual([dense(4)], { of: '1' }),
    dense(2, { of: '2' }),
  );
  const [a, b] = [chain, named].map((spec) => buildNetwork(spec));
  expect(b.allLayers.map(({ path, inputs }) => [path, inputs])).toEqual(
    a.allLayers.map(({ path, inputs }) => [path, inputs]),
  );
  expect(b.tensors).toEqual(a.tensors);
});

test('a layer reads values by name, by path, and the input', () => {
  const { allLayers } = buildNetwork(
    sequential(4, dense(4, { name: 'a' }), relu(), plus(['a', '1']), plus(['input', '2'], { name: 'b' }), dense(1)),
  );
  expect(allLayers.map(({ inputs }) => inputs)).toEqual([[0], [1], [1, 2], [0, 3], [4]]);
});

describe('is refused in one sentence:', () => {
  test.each<[string, NetworkSpec['layers'], string, string]>([
    [
      'a name of no layer',
      [dense(2, { name: 'a' }), relu({ of: 'b' })],
      'buildNetwork: layer 1: of has "b", expected one of "input", "0", "a"',
      'layers.1.of',
    ],
    ['a later layer', [relu({ of: '1' }), dense(2)], 'of has "1", expected one of "input"', 'layers.0.of'],
    [
      'one value for two',
      [dense(2), { kind: 'plus' }],
      'buildNetwork: plus(2) at layer 1: of has 1 value, expected 2',
      'layers.1.of',
    ],
    [
      'two values for one',
      [dense(2), dense(2, { of: ['input', '0'] })],
      'buildNetwork: dense(4->2) at layer 1: of has 2 values, expected 1',
      'layers.1.of',
    ],
    [
      'values of two shapes',
      [dense(2), plus(['input', '0'])],
      'has values of 4 and 2, expected axes that are equal or 1, from the last one on',
      'layers.1.of',
    ],
    [
      'outputs that nothing reads',
      [dense(2, { name: 'a' }), dense(3, { of: 'input' })],
      'the outputs are read by no layer, expected one whose `of` names it',
      'layers.0',
    ],
    [
      'a shape that does not fit',
      [
        dense(3, { name: 'a' }),
        dense(3, { of: 'input' }),
        plus(['a', '1']),
        dense(2, { of: 'a', in: 5 }),
        plus(['3', '3']),
      ],
      'input has length 5, expected 3 (output of dense(4->3))',
      'layers.3.in',
    ],
  ])('%s', (_what, layers, sentence, option) => {
    expect(() => buildNetwork({ input: 4, layers })).toThrow(
      expect.objectContaining({ message: expect.stringContaining(sentence), options: [option] }),
    );
  });
});
