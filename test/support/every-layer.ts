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
          { kind: 'residual', layers: [{ kind: 'layer-norm' }, { kind: 'swiglu', out: 4 }] },
          { kind: 'dense', out: 5 },
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
      { kind: 'dense', out: 6 },
      { kind: 'activation', fn: 'relu' },
      { kind: 'dense', out: 2 },
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

/** Weights like those after training; variances are above 0. */
export function weightsFor(spec: NetworkSpec): Float64Array {
  const { tensors, parameterCount } = buildNetwork(spec);
  const random = createRandom(4, 'weights');
  const parameters = Float64Array.from({ length: parameterCount }, () => random.normal());
  for (const { name, offset, length } of tensors) {
    if (!name.endsWith('runningVariance')) continue;
    for (let i = offset; i < offset + length; i++) parameters[i] = 0.5 + Math.abs(parameters[i]);
  }
  return parameters;
}

/** Kinds of layers and activations that none of the networks has. */
export function leftOut(): string[] {
  const kinds = new Set<string>(Object.keys(layers) as LayerKind[]);
  const functions = new Set<string>(Object.keys(activations));
  for (const spec of Object.values(everyLayer)) {
    for (const { spec: layer } of buildNetwork(spec).places) {
      kinds.delete(layer.kind);
      if ('fn' in layer) functions.delete(layer.fn);
    }
  }
  return [...kinds, ...functions];
}
