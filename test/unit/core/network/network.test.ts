import {
  buildNetwork,
  dense,
  dropout,
  initializeParameters,
  type LayerSpec,
  layerNorm,
  type NetworkSpec,
  relu,
  residual,
  sequential,
} from '@gradloom/core';
import { bindTensors } from '@gradloom/core/internal';
import { describe, expect, test } from 'vitest';
import { nestedNetwork } from '../../../support/nested-network.ts';

const spec = sequential(3, dense(4), relu(), dropout(0.5), dense(2, { biasInit: { kind: 'constant', value: 7 } }));

test('tensors lie in one vector, layer by layer, W then b', () => {
  const { tensors, parameterCount, input, output, inputs, outputs } = buildNetwork(spec);
  expect(tensors.map(({ layer, name, offset, length }) => [layer, name, offset, length])).toEqual([
    [0, 'W', 0, 12],
    [0, 'b', 12, 4],
    [3, 'W', 16, 8],
    [3, 'b', 24, 2],
  ]);
  expect([parameterCount, input, output, inputs, outputs]).toEqual([26, [3], [2], 3, 2]);
});

test('tensors inside of a residual are named by their place and lie in order', () => {
  const { tensors, allLayers } = buildNetwork(sequential(2, residual(layerNorm(), residual(dense(2)))));
  expect(tensors.map(({ layer, name, offset }) => [allLayers[layer].path, name, offset])).toEqual([
    ['0.0', 'gamma', 0],
    ['0.0', 'beta', 2],
    ['0.1.0', 'W', 4],
    ['0.1.0', 'b', 8],
  ]);
});

test('a row has a shape, and a number is a shape of one axis', () => {
  const layers: NetworkSpec['layers'] = [{ kind: 'activation', fn: 'relu' }];
  const image = buildNetwork({ input: [2, 3, 1], layers });
  expect([image.input, image.output, image.inputs, image.outputs]).toEqual([[2, 3, 1], [2, 3, 1], 6, 6]);
  expect(image.spec.input).toEqual([2, 3, 1]);
  expect(buildNetwork({ input: [6], layers }).spec).toEqual({ input: 6, layers });
});

test('bound tensors are views of the vector', () => {
  const network = buildNetwork(spec);
  const vector = Float64Array.from({ length: 26 }, (_, p) => p);
  const bound = bindTensors(network, vector);
  expect(bound.map((layer) => layer.length)).toEqual([2, 0, 0, 2]);
  bound[3][1][1] = -1;
  expect(vector[25]).toBe(-1);
  expect(() => bindTensors(network, vector.subarray(1))).toThrow('vector has length 25, expected 26');
});

test('starting values are a function of spec and seed, and of a tensor alone', () => {
  const fill = (spec: NetworkSpec, seed: number) => {
    const network = buildNetwork(spec);
    const theta = new Float64Array(network.parameterCount);
    initializeParameters(network, theta, seed);
    return [...theta];
  };
  expect(fill(spec, 1)).toEqual(fill(spec, 1));
  expect(fill(spec, 1)).not.toEqual(fill(spec, 2));
  expect(fill(spec, 1).slice(24)).toEqual([7, 7]);
  const wider: NetworkSpec = { input: 3, layers: [...spec.layers, { kind: 'dense', out: 9 }] };
  expect(fill(wider, 1).slice(0, 26)).toEqual(fill(spec, 1));
});

describe('a spec that does not fit is refused with what it has and should have', () => {
  test.each([
    [
      sequential(2, dense(3), dense(1, { in: 4 })),
      'buildNetwork: dense(4->1) at layer 1: input has length 4, expected 3 (output of dense(2->3))',
    ],
    [{ input: 2, layers: [{ kind: 'dense', in: 3, out: 1 }] }, 'input has length 3, expected 2 (output of the input)'],
    [{ input: 0, layers: [{ kind: 'dense', out: 3 }] }, 'input has 0, expected a whole number of at least 1'],
    [
      { input: [], layers: [{ kind: 'dense', out: 3 }] },
      'input has [], expected a positive integer, or a list of 1 to 8',
    ],
    [{ input: [28, 0.5], layers: [{ kind: 'dense', out: 3 }] }, 'input has [28, 0.5], expected a positive integer'],
    [{ input: [2 ** 40, 2 ** 40], layers: [{ kind: 'dense', out: 3 }] }, 'expected a positive integer, or a list'],
    [{ input: 2, layers: [] }, 'layers has [], expected a list of at least 1 layer'],
    [
      { input: 2, layers: [{ kind: 'dens', out: 3 }] },
      'kind has "dens", expected one of activation, argmax, avg-pool, batch-norm, channel-dropout, concat, conv1d, conv2d, conv2d-transpose, cross-attention, dense, ',
    ],
    [{ input: 2, layers: [{ kind: 'dense', out: 1.5 }] }, 'dense: out has 1.5'],
    [{ input: 2, layers: [{ kind: 'dense', out: 3, unit: 1 }] }, 'option "unit" is unknown'],
    [{ input: 2, layers: [{ kind: 'activation', fn: 'rellu' }] }, 'did you mean relu?'],
    [{ input: 2, layers: [{ kind: 'dropout', rate: 1 }] }, 'dropout: rate has 1, expected a number from 0 to below 1'],
    [{ input: 2, layers: [null] }, 'layer 0: spec has null, expected an object with a kind'],
    [
      { input: 2, layers: [{ kind: 'residual', layers: [{ kind: 'dense', out: 3 }] }] },
      'residual: dense(2->3) at layer 0.0: output has shape [3], expected [2] (x + f(x) needs equal shapes, or a shortcut)',
    ],
    [{ input: 2, layers: [{ kind: 'residual', layers: [] }] }, 'residual: layers has [], expected a list'],
    [
      { input: 2, layers: [{ kind: 'residual', layers: [{ kind: 'dens', out: 2 }] }] },
      'buildNetwork: layer 0.0: kind has "dens"',
    ],
    [
      { input: 2, layers: [{ kind: 'layer-norm', size: 3 }] },
      'layer-norm(3) at layer 0: input has length 3, expected 2',
    ],
    [
      { input: 2, layers: [{ kind: 'layer-norm', epsilon: 0 }] },
      'buildNetwork: layer 0: layer-norm: epsilon has 0, expected a number above 0',
    ],
    [
      { input: 2, layers: [{ kind: 'batch-norm', size: 3 }] },
      'batch-norm(3) at layer 0: input has length 3, expected 2',
    ],
    [
      { input: 2, layers: [{ kind: 'batch-norm', epsilon: 0 }] },
      'buildNetwork: layer 0: batch-norm: epsilon has 0, expected a number above 0',
    ],
    [
      { input: 2, layers: [{ kind: 'batch-norm', momentum: 1 }] },
      'buildNetwork: layer 0: batch-norm: momentum has 1, expected a number from 0 to below 1',
    ],
    [{ input: 2, layers: [{ kind: 'swiglu' }] }, 'swiglu: out is missing, expected a whole number'],
    [{ input: [8, 8, 1], layers: [{ kind: 'conv2d', out: 2 }] }, 'conv2d: kernel is missing, expected a whole number'],
    [{ input: [8, 8, 1], layers: [{ kind: 'max-pool' }] }, 'max-pool: size is missing, expected a whole number'],
    [{ input: [8, 4], layers: [{ kind: 'self-attention' }] }, 'self-attention: heads is missing, expected'],
    [{ input: 2, layers: [{ kind: 'embedding', vocabulary: 0, width: 2 }] }, 'embedding: vocabulary has 0'],
    [{ input: 2, layers: 3 }, 'layers has 3, expected a list of at least 1 layer'],
    [{ input: 2, layer: [] }, 'option "layer" is unknown, expected input, layers, output (did you mean layers?)'],
    [null, 'expected { input: ..., layers: [...] }'],
  ])('%j', (bad, message) => {
    expect(() => buildNetwork(bad as NetworkSpec)).toThrow(message);
  });

  test.each([17, 5_000, 100_000])('%i levels of layers inside of layers', (levels) => {
    const at = Array(16).fill(0).join('.');
    const problem = 'has more than 16 levels of nested layers, expected at most 16';
    expect(() => buildNetwork(nestedNetwork(levels))).toThrow(
      expect.objectContaining({ message: `buildNetwork: layer ${at} ${problem}`, options: [`layers.${at}.layers`] }),
    );
  });

  test('a layer that is inside of itself', () => {
    const layer: { kind: 'residual'; layers: LayerSpec[] } = { kind: 'residual', layers: [] };
    layer.layers.push(layer);
    expect(() => buildNetwork({ input: 2, layers: [layer] })).toThrow(
      'has more than 16 levels of nested layers, expected at most 16',
    );
  });

  test('names of Object.prototype are no kinds', () => {
    const bad = { input: 2, layers: [{ kind: 'constructor' }] } as unknown as NetworkSpec;
    expect(() => buildNetwork(bad)).toThrow('kind has "constructor"');
  });
});

test('a flatten layer changes no starting value of the layers after it', () => {
  const layers = [
    { kind: 'dense' as const, out: 3 },
    { kind: 'dense' as const, out: 2 },
  ];
  const startOf = (spec: NetworkSpec): Float64Array => {
    const network = buildNetwork(spec);
    const start = new Float64Array(network.parameterCount);
    initializeParameters(network, start, 7);
    return start;
  };
  const flat = startOf({ input: 4, layers });
  expect(startOf({ input: [2, 2, 1], layers: [{ kind: 'flatten' }, ...layers] })).toEqual(flat);
  expect(startOf({ input: 4, layers: [layers[0], { kind: 'flatten' }, layers[1]] })).toEqual(flat);
});
