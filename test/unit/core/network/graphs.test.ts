import {
  buildNetwork,
  conv2d,
  conv2dTranspose,
  crossAttention,
  dense,
  embedding,
  flatten,
  gru,
  matmul,
  type NetworkSpec,
  plus,
  relu,
  residual,
  selfAttention,
  sequential,
  slice,
} from '@gradloom/core';
import { layerFacts } from '@gradloom/core/internal';
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

test('a path goes before a name that looks like one', () => {
  const { tensors } = buildNetwork({
    input: 3,
    layers: [
      { kind: 'embedding', vocabulary: 5, width: 2 },
      { kind: 'dense', out: 2, name: '0' },
      { kind: 'dense', out: 5, tiedTo: '0', bias: false },
    ],
  });
  expect(tensors.map(({ name }) => name)).toEqual(['E', 'W', 'b']);
});

test('the work of a layer counts each weight once for each position that uses it', () => {
  const work = (input: number[], layers: NetworkSpec['layers']) =>
    layerFacts(buildNetwork({ input, layers })).map(({ multiplyAdds }) => multiplyAdds);
  expect(work([8, 8, 2], [conv2d(3, 3, { stride: 2 }), relu(), flatten(), dense(5)])).toEqual([
    3 * 3 * (3 * 3 * 2 * 3),
    0,
    0,
    27 * 5,
  ]);
  expect(work([4, 4, 3], [conv2dTranspose(2, 2, { stride: 2 })])).toEqual([4 * 4 * (2 * 2 * 3 * 2)]);
  expect(work([6], [embedding(9, 4), gru(5, { returns: 'last' })])).toEqual([0, 6 * (4 * 15 + 5 * 15)]);
  expect(work([6, 4], [selfAttention(2, { causal: false })])).toEqual([6 * (4 * 12 + 4 * 4) + 2 * 6 * 6 * 4]);
  // Queries and outputs at 6 positions, keys and values of 3 channels at 5.
  const attention = [slice([0, 0], [5, 3], { axis: [0, 1] }), crossAttention(['input', '0'], 2)];
  expect(work([6, 4], attention)[1]).toBe(6 * (4 * 4 + 4 * 4) + 5 * (3 * 8) + 2 * 6 * 5 * 4);
  const products = [matmul(['input', 'input'], { transposeA: true }), matmul(['input', '0'])];
  expect(work([6, 4], products)).toEqual([4 * 4 * 6, 6 * 4 * 4]);
});

describe('is refused in one sentence:', () => {
  test.each<[string, NetworkSpec['layers'], string, string]>([
    [
      'a name of no layer',
      [dense(2, { name: 'a' }), relu({ of: 'b' })],
      'buildNetwork: layer 1: of has "b", expected one of "input", "a"',
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
    ['no value at all', [dense(2, { of: [] })], 'layer 0: of has [], expected one of "input"', 'layers.0.of'],
    [
      'a name that is the path of another layer, too',
      [dense(4), dense(4, { name: '0' }), plus(['0', '1'])],
      'buildNetwork: layer 2: of has "0", which names two values, expected a name of one',
      'layers.2.of',
    ],
    [
      'a layer named as the input is',
      [dense(4, { name: 'input' }), plus(['0', 'input'])],
      'of has "input", which names two values, expected a name of one',
      'layers.1.of',
    ],
    [
      'two values for a block',
      [dense(4), residual([dense(4)], { of: ['input', '0'] })],
      'buildNetwork: residual at layer 1: of has 2 values, expected 1',
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

test('a wrong `of` names the parts of a row and the layers as they are written', () => {
  const layers = [dense(4, { of: 'cells', name: 'seen' }), relu(), dense(1, { of: 'picture' })];
  expect(() => buildNetwork({ input: { cells: 3, image: [2, 2, 1] }, layers })).toThrow(
    'of has "picture", expected one of "input", "cells", "image", "seen", "4"',
  );
});
