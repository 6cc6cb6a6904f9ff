import type { ActivationName, InitializerSpec, LayerSpec, NetworkSpec } from '@gradloom/core';

/** Architecture of the hidden layers. */
export interface Remedy {
  readonly fn: ActivationName;
  readonly init: keyof typeof inits;
  readonly norm?: 'layer-norm' | 'batch-norm'; // between sum and activation
  readonly skip?: true; // every hidden layer but the first is a residual: x + f(x)
  readonly learns?: boolean; // known result at depth 20; absent if nothing is claimed
}

/** Initializers for the weights of a hidden layer with I inputs and O outputs. */
const inits = {
  /** U(-1/√I, 1/√I), common before [Glorot & Bengio 2010, eq. 1](https://proceedings.mlr.press/v9/glorot10a.html). */
  usual: (I: number) => ({ kind: 'uniform', low: -1 / Math.sqrt(I), high: 1 / Math.sqrt(I) }),
  glorot: () => 'glorot-normal',
  /** Four times the standard deviation of glorot, since the slope of sigmoid at 0 is a quarter of that of tanh. */
  glorot4: (I: number, O: number) => ({ kind: 'normal', std: 4 * Math.sqrt(2 / (I + O)) }),
  orthogonal: () => 'orthogonal',
  he: () => 'he-normal',
} satisfies Record<string, (I: number, O: number) => InitializerSpec>;

/** Sigmoid and tanh with one change each, and the activations that replaced them. */
export const remedyTable: Readonly<Record<string, Remedy>> = {
  sigmoid: { fn: 'sigmoid', init: 'glorot', learns: false },
  'sigmoid, weights x 4': { fn: 'sigmoid', init: 'glorot4' },
  'sigmoid, layer-norm': { fn: 'sigmoid', init: 'glorot', norm: 'layer-norm' },
  /** Batch-norm is tested twice: here, and with tanh from weights that do not learn without it. */
  'sigmoid, batch-norm': { fn: 'sigmoid', init: 'glorot', norm: 'batch-norm', learns: true },
  'sigmoid, residual': { fn: 'sigmoid', init: 'glorot', skip: true, learns: true },
  'sigmoid, norm and residual': { fn: 'sigmoid', init: 'glorot', norm: 'layer-norm', skip: true, learns: true },
  'tanh, usual init': { fn: 'tanh', init: 'usual', learns: false },
  'tanh, glorot init': { fn: 'tanh', init: 'glorot', learns: true },
  'tanh, orthogonal init': { fn: 'tanh', init: 'orthogonal', learns: true },
  'tanh, layer-norm': { fn: 'tanh', init: 'usual', norm: 'layer-norm', learns: true },
  'tanh, batch-norm': { fn: 'tanh', init: 'usual', norm: 'batch-norm', learns: true },
  'tanh, residual': { fn: 'tanh', init: 'usual', skip: true, learns: true },
  'relu, he init': { fn: 'relu', init: 'he', learns: true },
  'leaky-relu, he init': { fn: 'leaky-relu', init: 'he', learns: true },
  'gelu, he init': { fn: 'gelu', init: 'he' },
  'gelu, layer-norm': { fn: 'gelu', init: 'he', norm: 'layer-norm', learns: true },
};

/** `depth` hidden layers of `width` and an output: every remedy has the same number and shapes of weights. */
export function remedyNet(remedy: Remedy, input: number, depth: number, width: number, output: number): NetworkSpec {
  const hidden = (inputs: number): LayerSpec[] => [
    { kind: 'dense', out: width, init: inits[remedy.init](inputs, width) },
    ...(remedy.norm === undefined ? [] : [{ kind: remedy.norm }]),
    { kind: 'activation', fn: remedy.fn },
  ];
  const others = Array.from({ length: depth - 1 }, (): LayerSpec[] =>
    remedy.skip ? [{ kind: 'residual', layers: hidden(width) }] : hidden(width),
  );
  return { input, layers: [...hidden(input), ...others.flat(), { kind: 'dense', out: output }] };
}
