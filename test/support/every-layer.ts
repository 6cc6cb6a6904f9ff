import {
  type ActivationName,
  activations,
  buildNetwork,
  createRandom,
  type LayerKind,
  type LayerSpec,
  layers,
  type NetworkSpec,
} from '@gradloom/core';
import { inputsOf } from '@gradloom/core/internal';

const relu: LayerSpec = { kind: 'activation', fn: 'relu' };
const tanh: LayerSpec = { kind: 'activation', fn: 'tanh' };

/** Networks that together have every kind of layer and every activation, for code that must know all of them. */
export const everyLayer: Readonly<Record<string, NetworkSpec>> = {
  'dense layers and every activation': {
    input: 6,
    layers: [
      ...(Object.keys(activations) as ActivationName[])
        // The jump of step would hide errors of the layers below.
        .filter((fn) => fn !== 'step')
        .flatMap((fn): LayerSpec[] => [{ kind: 'dense', out: 7 }, { kind: 'activation', fn }, { kind: 'layer-norm' }]),
      { kind: 'dropout', rate: 0.5 },
      { kind: 'activation', fn: 'leaky-relu', alpha: 0.3 },
      { kind: 'dense', out: 8 },
      { kind: 'activation', fn: 'elu', alpha: 1.7 },
      { kind: 'dense', out: 3 },
    ],
  },
  steps: {
    input: 4,
    layers: [
      { kind: 'dense', out: 5 },
      { kind: 'activation', fn: 'step' },
      { kind: 'dense', out: 2 },
    ],
  },
  norms: {
    input: 5,
    layers: [
      { kind: 'batch-norm', epsilon: 1e-3 },
      { kind: 'dense', out: 4 },
      { kind: 'batch-norm' },
      { kind: 'layer-norm', epsilon: 1e-2 },
      { kind: 'rms-norm', epsilon: 1e-3 },
      { kind: 'dense', out: 1 },
    ],
  },
  'residual blocks inside of each other': {
    input: 5,
    layers: [
      {
        kind: 'residual',
        layers: [
          { kind: 'dense', out: 4 },
          { kind: 'activation', fn: 'tanh' },
          {
            kind: 'residual',
            layers: [
              { kind: 'layer-norm', bias: false },
              { kind: 'swiglu', out: 4, bias: false },
            ],
          },
          { kind: 'dense', out: 5, bias: false },
        ],
      },
      { kind: 'batch-norm' },
      { kind: 'swiglu', out: 2 },
    ],
  },
  'an embedding': {
    input: 3,
    layers: [
      { kind: 'embedding', vocabulary: 9, width: 4 },
      { kind: 'flatten' },
      { kind: 'dense', out: 6 },
      { kind: 'activation', fn: 'relu' },
      { kind: 'dense', out: 2 },
    ],
  },
  'convolutions of a text': {
    input: 9,
    layers: [
      { kind: 'embedding', vocabulary: 7, width: 6 },
      { kind: 'batch-norm' },
      { kind: 'dense', out: 4, bias: false },
      { kind: 'conv1d', out: 6, kernel: 4, padding: 'same', groups: 2 },
      tanh,
      { kind: 'avg-pool', size: 3, stride: 2, padding: 1 },
      { kind: 'conv1d', out: 4, kernel: 2, dilation: 2, bias: false },
      { kind: 'batch-norm' },
      { kind: 'upsample', factor: 2 },
      { kind: 'max-pool', size: 2 },
      { kind: 'flatten' },
      { kind: 'swiglu', out: 3 },
    ],
  },
  'the last place of a text': {
    input: 6,
    layers: [
      { kind: 'embedding', vocabulary: 7, width: 8 },
      { kind: 'position-embedding' },
      {
        kind: 'residual',
        layers: [
          { kind: 'layer-norm', bias: false },
          { kind: 'dense', out: 9, bias: false },
          { kind: 'activation', fn: 'gelu' },
          { kind: 'dense', out: 8, bias: false },
        ],
      },
      { kind: 'rms-norm' },
      { kind: 'last-position' },
      { kind: 'dense', out: 7, bias: false },
    ],
  },
  'the last place of a signal': {
    input: [9, 2],
    layers: [
      { kind: 'position-embedding' },
      { kind: 'conv1d', out: 5, kernel: 3 },
      { kind: 'dense', out: 4 },
      { kind: 'swiglu', out: 6, bias: false },
      { kind: 'position-embedding' },
      { kind: 'dense', out: 5 },
      { kind: 'conv1d', out: 5, kernel: 1 },
      { kind: 'rms-norm' },
      { kind: 'dense', out: 6 },
      { kind: 'avg-pool', size: 2 },
      { kind: 'conv1d', out: 4, kernel: 2 },
      { kind: 'last-position' },
      { kind: 'layer-norm' },
      { kind: 'dense', out: 3 },
    ],
  },
  'recurrent layers of a text': {
    input: 7,
    layers: [
      { kind: 'embedding', vocabulary: 7, width: 5 },
      { kind: 'gru', out: 6 },
      { kind: 'lstm', out: 4, reverse: true },
      { kind: 'residual', layers: [{ kind: 'gru', out: 4, reverse: true }] },
      { kind: 'lstm', out: 5, returns: 'last' },
      { kind: 'dense', out: 3 },
    ],
  },
  'a text whose output shares the table of its embedding': {
    input: 5,
    layers: [
      { kind: 'embedding', vocabulary: 7, width: 6 },
      { kind: 'gru', out: 6 },
      { kind: 'residual', layers: [{ kind: 'dense', out: 7, tiedTo: '0' }, tanh, { kind: 'dense', out: 6 }] },
      { kind: 'rms-norm' },
      { kind: 'dense', out: 7, bias: false, tiedTo: '0' },
    ],
  },
  'recurrent layers of a signal': {
    input: [6, 2],
    layers: [
      { kind: 'conv1d', out: 3, kernel: 2 },
      { kind: 'lstm', out: 6 },
      { kind: 'dense', out: 4 },
      { kind: 'gru', out: 5, returns: 'last', reverse: true },
    ],
  },
  'attention to a text': {
    input: 7,
    layers: [
      { kind: 'embedding', vocabulary: 7, width: 8 },
      { kind: 'position-embedding' },
      { kind: 'residual', layers: [{ kind: 'layer-norm' }, { kind: 'self-attention', heads: 2, causal: true }] },
      { kind: 'self-attention', heads: 1, causal: false, bias: false },
      { kind: 'dense', out: 12 },
      { kind: 'self-attention', heads: 3, causal: true, rotary: true, bias: false },
      { kind: 'last-position' },
      { kind: 'dense', out: 3 },
    ],
  },
  'attention to a signal': {
    input: [9, 2],
    layers: [
      { kind: 'conv1d', out: 6, kernel: 2 },
      { kind: 'self-attention', heads: 3, rotary: true, causal: false },
      tanh,
      { kind: 'conv1d', out: 4, kernel: 3 },
      { kind: 'self-attention', heads: 1, causal: true },
      { kind: 'dense', out: 3 },
    ],
  },
  'LeNet-5': {
    input: [28, 28, 1],
    layers: [
      { kind: 'conv2d', out: 6, kernel: 5, padding: 2 },
      tanh,
      { kind: 'avg-pool', size: 2 },
      { kind: 'conv2d', out: 16, kernel: 5 },
      tanh,
      { kind: 'avg-pool', size: 2 },
      { kind: 'flatten' },
      { kind: 'dense', out: 120 },
      tanh,
      { kind: 'dense', out: 84 },
      tanh,
      { kind: 'dense', out: 10 },
    ],
  },
  'a convnet': {
    input: [12, 10, 3],
    layers: [
      { kind: 'conv2d', out: 8, kernel: 3 },
      relu,
      { kind: 'max-pool', size: 2 },
      { kind: 'channel-dropout', rate: 0.2 },
      { kind: 'conv2d', out: 12, kernel: [3, 2], padding: [1, 0], stride: [2, 1], dilation: [1, 2] },
      relu,
      { kind: 'max-pool', size: [2, 1], padding: [1, 0] },
      { kind: 'flatten' },
      { kind: 'layer-norm' },
      { kind: 'rms-norm' },
      { kind: 'batch-norm' },
      { kind: 'residual', layers: [tanh, { kind: 'dense', out: 48 }, { kind: 'layer-norm' }] },
      { kind: 'dropout', rate: 0.5 },
      { kind: 'dense', out: 4 },
    ],
  },
  'residual blocks of an image': {
    input: [8, 8, 3],
    layers: [
      { kind: 'conv2d', out: 4, kernel: 3, padding: 'same', bias: false },
      { kind: 'batch-norm' },
      relu,
      {
        kind: 'residual',
        layers: [
          { kind: 'conv2d', out: 4, kernel: 3, padding: 1, bias: false },
          { kind: 'batch-norm' },
          relu,
          { kind: 'conv2d', out: 4, kernel: 3, padding: 1, bias: false },
          { kind: 'batch-norm' },
        ],
      },
      relu,
      {
        kind: 'residual',
        layers: [
          { kind: 'conv2d', out: 6, kernel: 3, stride: 2, padding: 1, bias: false },
          { kind: 'batch-norm' },
          relu,
          { kind: 'conv2d', out: 6, kernel: 3, padding: 1, bias: false },
          { kind: 'batch-norm' },
        ],
        shortcut: [{ kind: 'conv2d', out: 6, kernel: 1, stride: 2, bias: false }, { kind: 'batch-norm' }],
      },
      relu,
      { kind: 'global-avg-pool' },
      { kind: 'dense', out: 5 },
    ],
  },
  'a decoder': {
    input: [2, 3, 4],
    layers: [
      { kind: 'dense', out: 6 },
      { kind: 'layer-norm' },
      { kind: 'rms-norm' },
      { kind: 'conv2d-transpose', out: 5, kernel: 3, stride: 2, padding: 1, outputPadding: 1 },
      { kind: 'batch-norm' },
      { kind: 'activation', fn: 'leaky-relu' },
      { kind: 'upsample', factor: [2, 1] },
      { kind: 'residual', layers: [{ kind: 'dense', out: 5 }, tanh, { kind: 'swiglu', out: 5 }] },
      { kind: 'conv2d-transpose', out: 3, kernel: [3, 4], stride: [1, 3], outputPadding: [0, 2], bias: false },
    ],
  },
  'depthwise convolutions': {
    input: [7, 6, 2],
    layers: [
      { kind: 'conv2d', out: 4, kernel: 3, stride: 2, padding: 1 },
      { kind: 'conv2d', out: 8, kernel: [2, 3], padding: 'same', groups: 4 },
      relu,
      { kind: 'conv2d', out: 6, kernel: 1 },
      { kind: 'flatten' },
      {
        kind: 'residual',
        layers: [{ kind: 'dense', out: 9 }, tanh],
        shortcut: [{ kind: 'batch-norm' }, { kind: 'dense', out: 9 }],
      },
      { kind: 'dense', out: 3 },
    ],
  },
};

/** Inputs for a network of this file: numbers, or the indices of its embedding. */
export function inputsFor(spec: NetworkSpec, rows: number): number[][] {
  const random = createRandom(3, 'inputs');
  const [first] = spec.layers;
  const vocabulary = 'vocabulary' in first ? first.vocabulary : null;
  const draw = () => (vocabulary === null ? 2 * random.normal() : random.integer(vocabulary));
  return Array.from({ length: rows }, () => Array.from({ length: inputsOf(spec) }, draw));
}

/** Weights like those after training: sums of products stay near 1; variances are above 0. */
export function weightsFor(spec: NetworkSpec): Float64Array {
  const { tensors, parameterCount } = buildNetwork(spec);
  const random = createRandom(4, 'weights');
  const parameters = Float64Array.from({ length: parameterCount }, () => random.normal());
  for (const { name, shape, offset, length } of tensors) {
    const terms = /W(g|h|i|v|qkv|o)?$/.test(name) ? length / shape[shape.length - 1] : 1;
    for (let i = offset; i < offset + length; i++) {
      if (name.endsWith('runningVariance')) parameters[i] = 0.5 + Math.abs(parameters[i]);
      else parameters[i] /= Math.sqrt(terms);
    }
  }
  return parameters;
}

/** Kinds of layers and activations that none of the networks has. */
export function leftOut(): string[] {
  const kinds = new Set<string>(Object.keys(layers) as LayerKind[]);
  const functions = new Set<string>(Object.keys(activations));
  for (const spec of Object.values(everyLayer)) {
    for (const { spec: layer } of buildNetwork(spec).allLayers) {
      kinds.delete(layer.kind);
      if ('fn' in layer) functions.delete(layer.fn);
    }
  }
  return [...kinds, ...functions];
}
