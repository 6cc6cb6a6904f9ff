import * as core from '@gradloom/core';
import { activations, buildNetwork, layers, type NetworkSpec } from '@gradloom/core';
import { describe, expect, test } from 'vitest';

const {
  flatten,
  batchNorm,
  dense,
  dropout,
  embedding,
  initializeParameters,
  layerNorm,
  leakyRelu,
  relu,
  residual,
  rmsNorm,
  sequential,
  swiglu,
} = core;
const { avgPool, channelDropout, conv1d, conv2d, conv2dTranspose, globalAvgPool, maxPool, upsample } = core;
const { above, below, equal, maximum, minimum, minus, over, times } = core;
const { abs, exp, log, negate, sqrt, square } = core;
const { ceil, cos, erf, floor, round, sign, sin } = core;
const { gru, lastPosition, lstm, positionEmbedding, selfAttention, transformerBlock } = core;

/** `leakyRelu` for `leaky-relu`; a function `step` would share its name with the steps of a run. */
const builderName = (name: string): string =>
  name === 'step' ? 'heaviside' : name.replace(/-(\w)/g, (_, letter: string) => letter.toUpperCase());
const builders = core as unknown as Record<string, (...args: unknown[]) => object>;

/** A call of each builder of a layer, and the spec in full. */
const built: [call: object, spec: object][] = [
  [dense(3), { kind: 'dense', out: 3 }],
  [dense(3, { in: 2, init: 'he-normal' }), { kind: 'dense', out: 3, in: 2, init: 'he-normal' }],
  [swiglu(4, { biasInit: 'zeros' }), { kind: 'swiglu', out: 4, biasInit: 'zeros' }],
  [dropout(0.5), { kind: 'dropout', rate: 0.5 }],
  [flatten(), { kind: 'flatten' }],
  [embedding(27, 8), { kind: 'embedding', vocabulary: 27, width: 8 }],
  [layerNorm({ epsilon: 1e-6 }), { kind: 'layer-norm', epsilon: 1e-6 }],
  [rmsNorm({ epsilon: 1e-6 }), { kind: 'rms-norm', epsilon: 1e-6 }],
  [batchNorm({ momentum: 0.2 }), { kind: 'batch-norm', momentum: 0.2 }],
  [residual(dense(2), relu()), { kind: 'residual', layers: [dense(2), { kind: 'activation', fn: 'relu' }] }],
  [
    residual([dense(2)], { shortcut: [dense(2)], name: 'block' }),
    { kind: 'residual', layers: [dense(2)], shortcut: [dense(2)], name: 'block' },
  ],
  [conv1d(8, 5, { stride: 2 }), { kind: 'conv1d', out: 8, kernel: 5, stride: 2 }],
  [conv2d(8, [3, 5], { padding: 'same' }), { kind: 'conv2d', out: 8, kernel: [3, 5], padding: 'same' }],
  [conv2dTranspose(8, 2, { stride: 2 }), { kind: 'conv2d-transpose', out: 8, kernel: 2, stride: 2 }],
  [maxPool(3, { stride: 2 }), { kind: 'max-pool', size: 3, stride: 2 }],
  [avgPool([2, 3]), { kind: 'avg-pool', size: [2, 3] }],
  [globalAvgPool(), { kind: 'global-avg-pool' }],
  [positionEmbedding({ init: 'normal' }), { kind: 'position-embedding', init: 'normal' }],
  [lastPosition(), { kind: 'last-position' }],
  [gru(4, { reverse: true }), { kind: 'gru', out: 4, reverse: true }],
  [lstm(4, { returns: 'last' }), { kind: 'lstm', out: 4, returns: 'last' }],
  [selfAttention(4, { causal: false }), { kind: 'self-attention', heads: 4, causal: false }],
  [upsample(2, { mode: 'nearest' }), { kind: 'upsample', factor: 2, mode: 'nearest' }],
  [channelDropout(0.2), { kind: 'channel-dropout', rate: 0.2 }],
  [core.parameter([2, 3], { init: 'normal' }), { kind: 'parameter', shape: [2, 3], init: 'normal' }],
  [core.gaussian(), { kind: 'gaussian' }],
  [core.gaussian(4), { kind: 'gaussian', size: 4 }],
  [core.like('tower', { of: 'b' }), { kind: 'like', layer: 'tower', of: 'b' }],
  [core.concat(['a', 'b'], { axis: 0 }), { kind: 'concat', of: ['a', 'b'], axis: 0 }],
  [core.heads({ digit: '3', angle: 'a' }), { kind: 'heads', names: ['digit', 'angle'], of: ['3', 'a'] }],
  [core.slice(1), { kind: 'slice', start: 1 }],
  [core.slice([0, 1], [-1, 3], { name: 'c' }), { kind: 'slice', start: [0, 1], end: [-1, 3], name: 'c' }],
  [core.reshape([4, -1]), { kind: 'reshape', shape: [4, -1] }],
  [core.transpose({ axes: [1, 0] }), { kind: 'transpose', axes: [1, 0] }],
  [core.pad([1, [0, 2]], { mode: 'edge' }), { kind: 'pad', padding: [1, [0, 2]], mode: 'edge' }],
  [core.expand([4, -1]), { kind: 'expand', shape: [4, -1] }],
  [core.take([2, 0]), { kind: 'take', indices: [2, 0] }],
  [core.resize([3, 4], { mode: 'linear' }), { kind: 'resize', size: [3, 4], mode: 'linear' }],
  [core.plus(['a', 'b'], { name: 'c' }), { kind: 'plus', of: ['a', 'b'], name: 'c' }],
  [core.argmax({ axis: 0 }), { kind: 'argmax', axis: 0 }],
  [core.sum({ axis: [0, -1] }), { kind: 'sum', axis: [0, -1] }],
  [core.mean({ keepdims: true }), { kind: 'mean', keepdims: true }],
  [core.max(), { kind: 'max' }],
  [core.logSumExp({ axis: 1 }), { kind: 'log-sum-exp', axis: 1 }],
  [core.softmax({ axis: 1 }), { kind: 'softmax', axis: 1 }],
  [core.logSoftmax(), { kind: 'log-softmax' }],
  [core.crossAttention(['a', 'b'], 2), { kind: 'cross-attention', of: ['a', 'b'], heads: 2 }],
  [core.matmul(['a', 'b'], { transposeB: true }), { kind: 'matmul', of: ['a', 'b'], transposeB: true }],
  [core.groupNorm(4, { affine: false }), { kind: 'group-norm', groups: 4, affine: false }],
  [core.instanceNorm({ affine: true }), { kind: 'instance-norm', affine: true }],
  ...Object.entries({ above, below, equal, maximum, minimum, minus, over, times }).flatMap(
    ([kind, build]): [object, object][] => [
      [build(['a', 'b']), { kind, of: ['a', 'b'] }],
      [build(0.5, { of: 'a' }), { kind, value: 0.5, of: 'a' }],
    ],
  ),
  ...Object.entries({ abs, exp, log, negate, sqrt, square, ceil, cos, erf, floor, round, sign, sin }).map(
    ([kind, build]): [object, object] => [build({ name: 'a' }), { kind, name: 'a' }],
  ),
  [core.where(['a', 'b', 'c']), { kind: 'where', of: ['a', 'b', 'c'] }],
  [core.power(3), { kind: 'power', exponent: 3 }],
  [core.clip({ max: 6 }), { kind: 'clip', max: 6 }],
  [leakyRelu({ alpha: 0.1 }), { kind: 'activation', fn: 'leaky-relu', alpha: 0.1 }],
];

test.each(built)('a builder gives the spec in full: %j', (call, spec) => {
  expect(call).toEqual(spec);
});

test('every kind of layer and every activation has a builder', () => {
  const names = [...Object.keys(layers).filter((kind) => kind !== 'activation'), ...Object.keys(activations)];
  expect(names.filter((name) => typeof builders[builderName(name)] !== 'function')).toEqual([]);
  expect(new Set(built.map(([, spec]) => (spec as { kind: string }).kind))).toEqual(new Set(Object.keys(layers)));
});

test('sequential gives the network as JSON', () => {
  expect(sequential(784, dense(128), relu(), dense(10))).toEqual({
    input: 784,
    layers: [
      { kind: 'dense', out: 128 },
      { kind: 'activation', fn: 'relu' },
      { kind: 'dense', out: 10 },
    ],
  });
});

describe.each(Object.keys(activations) as core.ActivationName[])('{ kind: %j }', (fn) => {
  test('is read as the activation in full, as its builder gives it', () => {
    const short: NetworkSpec = { input: 3, layers: [{ kind: 'dense', out: 2 }, { kind: fn }] };
    const long = sequential(3, dense(2), { kind: 'activation', fn });
    expect(buildNetwork(short).spec).toEqual(long);
    expect(builders[builderName(fn)]()).toEqual(long.layers[1]);
  });
});

test('a short activation keeps its options, and may stand inside of another layer', () => {
  const inner: core.LayerSpec[] = [
    { kind: 'dense', out: 4 },
    { kind: 'leaky-relu', alpha: 0.2, size: 4 },
  ];
  const network = buildNetwork({ input: 4, layers: [{ kind: 'residual', layers: inner }] });
  const inFull = { kind: 'activation', fn: 'leaky-relu', alpha: 0.2, size: 4 };
  expect(network.spec.layers).toEqual([{ kind: 'residual', layers: [inner[0], inFull] }]);
  expect(network.allLayers.map(({ spec }) => spec)).toEqual([inner[0], inFull, network.spec.layers[0]]);
});

test('a short activation may stand in a shortcut', () => {
  const { spec, allLayers } = buildNetwork(sequential(2, residual([dense(2)], { shortcut: [{ kind: 'relu' }] })));
  expect(spec.layers).toEqual([{ kind: 'residual', layers: [dense(2)], shortcut: [relu()] }]);
  expect(allLayers.map(({ path, layer }) => [path, layer.label])).toEqual([
    ['0.0', 'dense(2->2)'],
    ['0.shortcut.0', 'relu(2)'],
    ['0', 'residual'],
  ]);
});

test.each([
  [2, 'options have 2, expected an object'],
  [{ heads: 0 }, 'heads has 0, expected a whole number of at least 1'],
  [{ heads: 2 }, 'causal is missing, expected true or false'],
  [{ heads: 2, drop: 0.1 }, 'option "drop" is unknown, expected heads, hidden'],
])('a block of a transformer with %j is refused', (options, sentence) => {
  expect(() => transformerBlock(8, options as never)).toThrow(`transformerBlock: ${sentence}`);
});

test('a block of a transformer has the layers and the parameters of GPT-2', () => {
  const [T, C] = [5, 12];
  const { parameterCount, output } = buildNetwork(
    sequential([T, C], ...transformerBlock(C, { heads: 3, causal: true })),
  );
  // Norms 4 C; attention 4 C² + 4 C; the hidden layer 8 C² + 5 C.
  expect(parameterCount).toBe(12 * C * C + 13 * C);
  expect(output).toEqual([T, C]);
  const options = {
    heads: 2,
    causal: false,
    hidden: 7,
    activation: 'silu',
    dropout: 0.1,
    bias: false,
    norm: 'rms-norm',
  } as const;
  const network = sequential([T, C], ...transformerBlock(C, { ...options, init: 'normal', outInit: 'zeros' }));
  const { allLayers, tensors } = buildNetwork(network);
  const kinds = allLayers.map(({ spec }) => ('fn' in spec ? spec.fn : spec.kind));
  expect(kinds).toEqual([
    ...['rms-norm', 'self-attention', 'dropout', 'residual'],
    ...['rms-norm', 'dense', 'silu', 'dense', 'dropout', 'residual'],
  ]);
  expect(tensors.filter(({ shape }) => shape.length === 1)).toHaveLength(2); // the gains of the norms
  const theta = new Float64Array(buildNetwork(network).parameterCount);
  initializeParameters(buildNetwork(network), theta, 1);
  const areZero = tensors.map(({ offset, length }) => theta.subarray(offset, offset + length).every((w) => w === 0));
  expect(areZero).toEqual([false, false, true, false, false, true]);
});

test('a spec that is in full stays the same object', () => {
  const spec = sequential(2, dense(2), residual(dense(2), relu()));
  expect(buildNetwork(spec).spec).toBe(spec);
});

test('no activation has the name of a kind of layer', () => {
  expect(Object.keys(activations).filter((name) => Object.hasOwn(layers, name))).toEqual([]);
});

test.each([
  [{ kind: 'rellu' }, 'has "rellu", expected one of activation, argmax, avg-pool, batch-norm, '],
  [{ kind: 'rellu' }, '(did you mean relu?)'],
  [{ kind: 'relu', fn: 'tanh' }, 'buildNetwork: layer 1: relu: option "fn" is unknown, expected size, alpha'],
  [{ kind: 'relu', alpha: 1 }, 'option "alpha" is unknown, expected fn, size'],
])('%j is refused in a sentence', (layer, sentence) => {
  const spec = { input: 2, layers: [{ kind: 'dense', out: 2 }, layer] } as unknown as NetworkSpec;
  expect(() => buildNetwork(spec)).toThrow(sentence);
});
