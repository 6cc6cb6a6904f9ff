import { buildNetwork, createRandom, initializeParameters, type LayerSpec, type NetworkSpec } from '@gradloom/core';
import { describe, expect, test } from 'vitest';
import { maxError } from '../../../../support/errors.ts';
import { runLayer } from '../../../../support/one-layer.ts';

const W = [0.5, -1, 2, 0.25]; // [2, 2]
const b = [0.125, -0.5];

test('is x + f(x), and its gradient dy + that of f', () => {
  const run = runLayer(
    { kind: 'residual', layers: [{ kind: 'dense', out: 2 }] },
    [
      [1, 2],
      [-4, 8],
    ],
    (o) => o + 1,
    { parameters: [W, b] },
  );
  // f(1, 2) = (0.5 + 4 + 0.125, -1 + 0.5 - 0.5); f(-4, 8) = (-2 + 16 + 0.125, 4 + 2 - 0.5)
  expect([...run.y]).toEqual([1 + 4.625, 2 - 1, -4 + 14.125, 8 + 5.5]);
  // dy = (1, 2) and (3, 4); dy Wᵀ = (0.5 - 2, 2 + 0.5) and (1.5 - 4, 6 + 1)
  expect([...run.dx]).toEqual([1 - 1.5, 2 + 2.5, 3 - 2.5, 4 + 7]);
  // xᵀ dy and Σ dy
  expect(run.gradients.map((tensor) => [...tensor])).toEqual([
    [1 - 12, 2 - 16, 2 + 24, 4 + 32],
    [4, 6],
  ]);
});

test('keeps its x and dy, whatever the layers inside do in place', () => {
  const inside = [
    { kind: 'activation' as const, fn: 'tanh' as const },
    { kind: 'activation' as const, fn: 'sigmoid' as const },
  ];
  const x = [[-1, 0.5, 2]];
  const { y, dx } = runLayer({ kind: 'residual', layers: inside }, x, () => 1);
  const f = (value: number) => 1 / (1 + Math.exp(-Math.tanh(value)));
  expect(
    maxError(
      y,
      x[0].map((value) => value + f(value)),
    ),
  ).toBeLessThan(1e-15);
  const slope = (value: number) => 1 + f(value) * (1 - f(value)) * (1 - Math.tanh(value) ** 2);
  expect(maxError(dx, x[0].map(slope))).toBeLessThan(1e-15);
});

describe('with a shortcut', () => {
  const image = [4, 4, 2] as const;
  const layers: LayerSpec[] = [
    { kind: 'conv2d', out: 3, kernel: 3, stride: 2, padding: 1, biasInit: 'normal' },
    { kind: 'activation', fn: 'tanh' },
    { kind: 'layer-norm' },
  ];
  const shortcut: LayerSpec[] = [
    { kind: 'avg-pool', size: 2 },
    { kind: 'conv2d', out: 3, kernel: 1 },
    { kind: 'batch-norm' },
  ];
  const block: LayerSpec = { kind: 'residual', layers, shortcut };
  const random = createRandom(1, 'rows');
  const x = Array.from({ length: 2 }, () => Array.from({ length: 32 }, () => random.normal()));
  const dy = (o: number) => 1 + ((o * 7) % 5);
  /** A stack of layers as the f of a block whose shortcut gives zeros. */
  const stackOf = (layers: LayerSpec[], parameters: readonly number[][]) => {
    const none: LayerSpec[] = [{ kind: 'conv2d', out: 3, kernel: 1, stride: 2, init: 'zeros' }];
    const zeros = [Array.from({ length: 6 }, () => 0), [0, 0, 0]];
    return runLayer({ kind: 'residual', layers, shortcut: none }, x, dy, {
      input: image,
      parameters: [...parameters, ...zeros],
    });
  };

  test('is s(x) + f(x), and its gradients are those of both', () => {
    const whole = runLayer(block, x, dy, { input: image });
    const parameters = whole.parameters.map((tensor) => [...tensor]);
    const [f, s] = [stackOf(layers, parameters.slice(0, 4)), stackOf(shortcut, parameters.slice(4))];
    const sum = (a: Float64Array, b: Float64Array) => a.map((value, i) => value + b[i]);
    expect([...whole.y]).toEqual([...sum(s.y, f.y)]);
    expect([...whole.dx]).toEqual([...sum(s.dx, f.dx)]);
    const gradients = [...f.gradients.slice(0, 4), ...s.gradients.slice(0, parameters.length - 4)];
    expect(whole.gradients.map((tensor) => [...tensor])).toEqual(gradients.map((tensor) => [...tensor]));
  });

  test('its tensors lie after those of f, and its sum comes last', () => {
    const { tensors, allLayers } = buildNetwork({ input: image, layers: [{ kind: 'layer-norm' }, block] });
    expect(tensors.map(({ layer, name }) => `${allLayers[layer].path}.${name}`)).toEqual([
      ...['0.gamma', '0.beta', '1.0.W', '1.0.b', '1.2.gamma', '1.2.beta', '1.shortcut.1.W', '1.shortcut.1.b'],
      ...['gamma', 'beta', 'runningMean', 'runningVariance'].map((name) => `1.shortcut.2.${name}`),
    ]);
    expect(allLayers.map(({ path, inputs }) => [path, inputs])).toEqual([
      ['0', [0]],
      ['1.0', [1]],
      ['1.1', [2]],
      ['1.2', [3]],
      ['1.shortcut.0', [1]],
      ['1.shortcut.1', [5]],
      ['1.shortcut.2', [6]],
      ['1', [7, 4]],
    ]);
  });

  test('starts f as it starts without a shortcut', () => {
    const startOf = (shortcut: object) => {
      const layer: LayerSpec = { kind: 'residual', layers: [{ kind: 'dense', out: 2 }], ...shortcut };
      const network = buildNetwork({ input: 2, layers: [layer] });
      const theta = new Float64Array(network.parameterCount);
      initializeParameters(network, theta, 1);
      return [...theta.subarray(0, 6)];
    };
    expect(startOf({ shortcut: [{ kind: 'dense', out: 2 }] })).toEqual(startOf({}));
  });

  test('dropout inside of it draws masks of its own', () => {
    const drop: LayerSpec = { kind: 'dropout', rate: 0.5 };
    const { y } = runLayer(
      { kind: 'residual', layers: [drop], shortcut: [drop] },
      [Array.from({ length: 64 }, () => 1)],
      dy,
    );
    expect(new Set(y)).toEqual(new Set([0, 2, 4]));
  });

  test('views of x may stand first in both', () => {
    const flat: LayerSpec = { kind: 'residual', layers: [{ kind: 'flatten' }], shortcut: [{ kind: 'flatten' }] };
    const { y, dx } = runLayer(flat, [[1, 2, 3, 4]], (o) => o, { input: [2, 2] });
    expect([[...y], [...dx]]).toEqual([
      [2, 4, 6, 8],
      [0, 2, 4, 6],
    ]);
    const tanh: LayerSpec[] = [{ kind: 'flatten' }, { kind: 'activation', fn: 'gelu' }];
    const pair = runLayer({ kind: 'residual', layers: tanh, shortcut: tanh }, [[1, 2]], () => 1, { input: [1, 2] });
    const alone = runLayer({ kind: 'activation', fn: 'gelu' }, [[1, 2]], () => 1);
    expect([[...pair.y], [...pair.dx]]).toEqual(
      [alone.y.map((v) => v + v), alone.dx.map((v) => v + v)].map((a) => [...a]),
    );
  });

  test.each<[object, string, string]>([
    [
      { layers: [{ kind: 'conv2d', out: 2, kernel: 3 }] },
      'residual: conv2d(2->2, 3x3) at layer 1.0: output has shape [2, 2, 2], expected [4, 4, 2] (x + f(x) needs equal shapes',
      'layers.1.0.out',
    ],
    [
      { layers, shortcut: [{ kind: 'avg-pool', size: 4 }] },
      'layer 1.2: output has shape [2, 2, 3], expected [1, 1, 2] (s(x) + f(x) needs equal shapes, and this is the output of',
      'layers.1.2.out',
    ],
    [
      { layers, shortcut: [{ kind: 'avg-pool', size: 5 }] },
      'buildNetwork: layer 1.shortcut.0: avg-pool: size spans 5 positions of 4, expected one that fits into [4, 4, 2]',
      'layers.1.shortcut.0.size',
    ],
    [
      { layers, shortcut: [{ kind: 'relu' }, { kind: 'dense', in: 3, out: 2 }] },
      'dense(3->2) at layer 1.shortcut.1: input has shape [4, 4, 3], expected [4, 4, 2] (output of relu(32))',
      'layers.1.shortcut.1.in',
    ],
    [
      { layers, shortcut: [{ kind: 'dense', in: 3, out: 2 }] },
      'expected [4, 4, 2] (output of the input of layer 1.shortcut)',
      'layers.1.shortcut.0.in',
    ],
    [{ layers, shortcut: [] }, 'residual: shortcut has [], expected a list of at least 1', 'layers.1.shortcut'],
  ])('%j is refused in a sentence', (options, sentence, option) => {
    const spec = { input: image, layers: [{ kind: 'relu' }, { kind: 'residual', ...options }] } as NetworkSpec;
    expect(() => buildNetwork(spec)).toThrow(
      expect.objectContaining({ message: expect.stringContaining(sentence), options: [option] }),
    );
  });

  test('may be nested as deep as the layers of a block', () => {
    const nested = (levels: number): LayerSpec =>
      levels === 1
        ? { kind: 'relu' }
        : { kind: 'residual', layers: [{ kind: 'relu' }], shortcut: [nested(levels - 1)] };
    expect(() => buildNetwork({ input: 2, layers: [nested(16)] })).not.toThrow();
    expect(() => buildNetwork({ input: 2, layers: [nested(17)] })).toThrow('has more than 16 levels of nested layers');
  });
});
