import { checkKeys } from '../checks/check.ts';
import { flag, positiveInteger } from '../checks/options/index.ts';
import type { ActivationName } from '../families/activations/index.ts';
import type { InitializerSpec } from '../families/initializers/index.ts';
import type { LayerKind, LayerSpec } from './layers/index.ts';
import type { NetworkSpec } from './network.ts';
import type { Shape } from './shape.ts';

/** Spec of a kind of layer. */
export type SpecOfKind<K extends LayerKind> = Extract<LayerSpec, { kind: K }>;

/** Options of a kind of layer, except those that its builder takes as arguments. */
export type OptionsBeside<K extends LayerKind, Placed extends string = never> = Omit<SpecOfKind<K>, 'kind' | Placed>;

/**
 * A network of layers in sequence: `sequential(784, dense(128), relu(), dense(10))`. It returns the JSON `{ input: 784,
 * layers: [...] }` and checks nothing.
 * @param input shape of a row: 784, or [28, 28, 1]
 */
export const sequential = (input: number | Shape, ...layers: LayerSpec[]): NetworkSpec => ({ input, layers });

/** A fully connected layer with `out` outputs: y = x · W + b. */
export const dense = (out: number, options: OptionsBeside<'dense', 'out'> = {}): SpecOfKind<'dense'> => ({
  kind: 'dense',
  out,
  ...options,
});

/**
 * A gated layer with `out` outputs: y = silu(x · Wg + bg) · (x · Wv + bv). [Shazeer 2020, eq.
 * 5](https://arxiv.org/abs/2002.05202)
 */
export const swiglu = (out: number, options: OptionsBeside<'swiglu', 'out'> = {}): SpecOfKind<'swiglu'> => ({
  kind: 'swiglu',
  out,
  ...options,
});

/** Sets each input to 0 with probability `rate` in training, and scales the others by 1 / (1 - rate). */
export const dropout = (rate: number, options: OptionsBeside<'dropout', 'rate'> = {}): SpecOfKind<'dropout'> => ({
  kind: 'dropout',
  rate,
  ...options,
});

/** Replaces each index below `vocabulary` by `width` trained numbers. */
export const embedding = (
  vocabulary: number,
  width: number,
  options: OptionsBeside<'embedding', 'vocabulary' | 'width'> = {},
): SpecOfKind<'embedding'> => ({ kind: 'embedding', vocabulary, width, ...options });

/** Adds a trained vector for each place to a sequence [T, C]: y = x + P. */
export const positionEmbedding = (
  options: OptionsBeside<'position-embedding'> = {},
): SpecOfKind<'position-embedding'> => ({ kind: 'position-embedding', ...options });

/** A gated recurrent unit of `out` units on a sequence [T, C]: [T, out], or with `returns: 'last'` [out]. */
export const gru = (out: number, options: OptionsBeside<'gru', 'out'> = {}): SpecOfKind<'gru'> => ({
  kind: 'gru',
  out,
  ...options,
});

/** Long short-term memory of `out` units on a sequence [T, C]: [T, out], or with `returns: 'last'` [out]. */
export const lstm = (out: number, options: OptionsBeside<'lstm', 'out'> = {}): SpecOfKind<'lstm'> => ({
  kind: 'lstm',
  out,
  ...options,
});

/** The last place of a sequence: [T, C] becomes [C]. */
export const lastPosition = (options: OptionsBeside<'last-position'> = {}): SpecOfKind<'last-position'> => ({
  kind: 'last-position',
  ...options,
});

/**
 * Attention of the positions of a sequence [T, C] to each other, by `heads` heads of C / heads numbers:
 * `selfAttention(4, { causal: true })` where a position must not read later ones. With `keyHeads: 2` all heads share
 * the keys and values of two.
 * @throws OptionError unless `causal` is true or false.
 */
export function selfAttention(
  heads: number,
  options: OptionsBeside<'self-attention', 'heads'>,
): SpecOfKind<'self-attention'> {
  flag.check('selfAttention', 'causal', options?.causal);
  return { kind: 'self-attention', heads, ...options };
}

/** One axis of all axes of a row: [28, 28, 1] becomes [784]. */
export const flatten = (options: OptionsBeside<'flatten'> = {}): SpecOfKind<'flatten'> => ({
  kind: 'flatten',
  ...options,
});

/** y = γ · (x - μ) / √(σ² + ε) + β over the numbers of each row. [Ba et al. 2016](https://arxiv.org/abs/1607.06450) */
export const layerNorm = (options: OptionsBeside<'layer-norm'> = {}): SpecOfKind<'layer-norm'> => ({
  kind: 'layer-norm',
  ...options,
});

/** y = γ · x / √(mean of x² + ε) on the last axis. [Zhang & Sennrich 2019](https://arxiv.org/abs/1910.07467) */
export const rmsNorm = (options: OptionsBeside<'rms-norm'> = {}): SpecOfKind<'rms-norm'> => ({
  kind: 'rms-norm',
  ...options,
});

/**
 * y = γ · (x - μ) / √(σ² + ε) + β over the rows of a batch, for each column.
 * [Ioffe & Szegedy 2015](https://arxiv.org/abs/1502.03167)
 */
export const batchNorm = (options: OptionsBeside<'batch-norm'> = {}): SpecOfKind<'batch-norm'> => ({
  kind: 'batch-norm',
  ...options,
});

/**
 * y = γ · (x - μ) / √(σ² + ε) + β over the positions and the channels of each of `groups` groups of a row. [Wu & He
 * 2018](https://arxiv.org/abs/1803.08494)
 */
export const groupNorm = (
  groups: number,
  options: OptionsBeside<'group-norm', 'groups'> = {},
): SpecOfKind<'group-norm'> => ({ kind: 'group-norm', groups, ...options });

/** y = (x - μ) / √(σ² + ε) over the positions of each channel of a row. */
export const instanceNorm = (options: OptionsBeside<'instance-norm'> = {}): SpecOfKind<'instance-norm'> => ({
  kind: 'instance-norm',
  ...options,
});

/** A convolution of images [H, W, C] to `out` channels: `conv2d(32, 3, { padding: 'same' })`. */
export const conv2d = (
  out: number,
  kernel: number | readonly number[],
  options: OptionsBeside<'conv2d', 'out' | 'kernel'> = {},
): SpecOfKind<'conv2d'> => ({ kind: 'conv2d', out, kernel, ...options });

/** A convolution of sequences [T, C] to `out` channels. */
export const conv1d = (
  out: number,
  kernel: number | readonly number[],
  options: OptionsBeside<'conv1d', 'out' | 'kernel'> = {},
): SpecOfKind<'conv1d'> => ({ kind: 'conv1d', out, kernel, ...options });

/** A transposed convolution of images [H, W, C] to `out` channels: `conv2dTranspose(8, 2, { stride: 2 })`. */
export const conv2dTranspose = (
  out: number,
  kernel: number | readonly number[],
  options: OptionsBeside<'conv2d-transpose', 'out' | 'kernel'> = {},
): SpecOfKind<'conv2d-transpose'> => ({ kind: 'conv2d-transpose', out, kernel, ...options });

/** The maximum of each window of each channel: `maxPool(2)`, or `maxPool([2, 3], { stride: 1 })`. */
export const maxPool = (
  size: number | readonly number[],
  options: OptionsBeside<'max-pool', 'size'> = {},
): SpecOfKind<'max-pool'> => ({ kind: 'max-pool', size, ...options });

/** The mean of each window of each channel. */
export const avgPool = (
  size: number | readonly number[],
  options: OptionsBeside<'avg-pool', 'size'> = {},
): SpecOfKind<'avg-pool'> => ({ kind: 'avg-pool', size, ...options });

/** The mean of each channel over all positions: [H, W, C] becomes [C]. */
export const globalAvgPool = (options: OptionsBeside<'global-avg-pool'> = {}): SpecOfKind<'global-avg-pool'> => ({
  kind: 'global-avg-pool',
  ...options,
});

/**
 * Numbers drawn from the normal distribution, so many a row, by default in the shape of what it reads: of a mean m and
 * the logarithm v of a variance, `m.plus(v.times(0.5).exp().times(v.through(gaussian())))` is a draw.
 */
export const gaussian = (size?: number, options: OptionsBeside<'gaussian', 'size'> = {}): SpecOfKind<'gaussian'> => ({
  kind: 'gaussian',
  ...(size === undefined ? {} : { size }),
  ...options,
});

/** A trained tensor as a value, the same for each row: `x.times(x.through(parameter([8])))`. */
export const parameter = (
  shape: readonly number[],
  options: OptionsBeside<'parameter', 'shape'> = {},
): SpecOfKind<'parameter'> => ({ kind: 'parameter', shape, ...options });

/** The layer of a name or path once more, with the same tensors: `like('tower', { of: 'b' })`. */
export const like = (layer: string, options: OptionsBeside<'like', 'layer'> = {}): SpecOfKind<'like'> => ({
  kind: 'like',
  layer,
  ...options,
});

/** Repeats each position `factor` times along its axes. */
export const upsample = (
  factor: number | readonly number[],
  options: OptionsBeside<'upsample', 'factor'> = {},
): SpecOfKind<'upsample'> => ({ kind: 'upsample', factor, ...options });

/** Sets each channel of a row to 0 with probability `rate` in training, and scales the others by 1 / (1 - rate). */
export const channelDropout = (
  rate: number,
  options: OptionsBeside<'channel-dropout', 'rate'> = {},
): SpecOfKind<'channel-dropout'> => ({ kind: 'channel-dropout', rate, ...options });

/** y = x + f(x), where f is `layers` in sequence. [He et al. 2016, eq. 1](https://arxiv.org/abs/1512.03385) */
export function residual(...layers: LayerSpec[]): SpecOfKind<'residual'>;
/** y = s(x) + f(x) with the layers s of a shortcut: `residual([...], { shortcut: [conv2d(64, 1, { stride: 2 })] })`. */
export function residual(layers: LayerSpec[], options?: OptionsBeside<'residual', 'layers'>): SpecOfKind<'residual'>;
export function residual(...args: readonly unknown[]): SpecOfKind<'residual'> {
  const [first, options] = args;
  if (Array.isArray(first)) return { kind: 'residual', layers: first, ...(options as object | undefined) };
  return { kind: 'residual', layers: args as LayerSpec[] };
}

/** Options of a block of a transformer. */
export interface TransformerBlockOptions {
  /** Heads of the attention. */
  heads: number;
  /** Width of the hidden layer. @default 4 · width */
  hidden?: number;
  /** Activation of the hidden layer. @default 'gelu' */
  activation?: ActivationName;
  /** Rate of dropout of the weights of attention, and of both branches. @default 0 */
  dropout?: number;
  /** Whether norms, attention and dense layers have biases. @default true */
  bias?: boolean;
  /** The norm before each branch; an rms-norm has no bias. @default 'layer-norm' */
  norm?: 'layer-norm' | 'rms-norm';
  /** Whether a position reads only those up to its own. */
  causal: boolean;
  /** Whether attention rotates queries and keys by their positions. @default false */
  rotary?: boolean;
  /** Initializer of all weights. @default 'glorot-uniform' */
  init?: InitializerSpec;
  /** Initializer of the weights of the last layer of each branch, which add to the sum. @default that of `init` */
  outInit?: InitializerSpec;
}

const blockOptions = [
  'heads',
  'hidden',
  'activation',
  'dropout',
  'bias',
  'norm',
  'causal',
  'rotary',
  'init',
  'outInit',
];

/**
 * A pre-norm block on sequences [T, width], as in GPT-2: a residual block of a norm and attention, and one of a norm, a
 * dense layer, its activation and a dense layer back to `width`. Both branches end with dropout. `sequential([64],
 * embedding(65, 128), positionEmbedding(), ...transformerBlock(128, { heads: 4, causal: true }), layerNorm(),
 * dense(65))` is a small language model. [Xiong et al. 2020, fig. 1b](https://arxiv.org/abs/2002.04745)
 * @throws OptionError for a width or heads that are no size, and for unknown options.
 */
export function transformerBlock(width: number, options: TransformerBlockOptions): LayerSpec[] {
  const checkedWidth = positiveInteger.check('transformerBlock', 'width', width);
  checkKeys('transformerBlock', options, blockOptions);
  positiveInteger.check('transformerBlock', 'heads', options.heads);
  flag.check('transformerBlock', 'causal', options.causal);
  const { heads, hidden = 4 * checkedWidth, activation = 'gelu', dropout: rate = 0, bias = true, ...others } = options;
  const { norm = 'layer-norm', causal, rotary = false, init = 'glorot-uniform', outInit = init } = others;
  const before = norm === 'layer-norm' ? layerNorm({ bias }) : rmsNorm();
  const end = rate === 0 ? [] : [dropout(rate)];
  return [
    residual(before, selfAttention(heads, { causal, dropout: rate, bias, rotary, init, outInit }), ...end),
    residual(
      before,
      dense(hidden, { bias, init }),
      { kind: 'activation', fn: activation },
      dense(checkedWidth, { bias, init: outInit }),
      ...end,
    ),
  ];
}

/** Builds an activation. Options: `size`, by default the outputs of the layer before; `alpha`, for some. */
export type ActivationBuilder = (options?: OptionsBeside<'activation', 'fn'>) => SpecOfKind<'activation'>;

const builderOf =
  (fn: ActivationName): ActivationBuilder =>
  (options = {}) => ({ kind: 'activation', fn, ...options });

/** a = z. */
export const identity: ActivationBuilder = builderOf('identity');
/** a = 1 / (1 + e⁻ᶻ). */
export const sigmoid: ActivationBuilder = builderOf('sigmoid');
/** a = tanh z. */
export const tanh: ActivationBuilder = builderOf('tanh');
/** a = max(0, z). */
export const relu: ActivationBuilder = builderOf('relu');
/** a = z if z > 0, else αz: `leakyRelu({ alpha: 0.1 })`, α = 0.01 by default. */
export const leakyRelu: ActivationBuilder = builderOf('leaky-relu');
/** a = z if z > 0, else α(eᶻ - 1): `elu({ alpha: 0.5 })`, α = 1 by default. */
export const elu: ActivationBuilder = builderOf('elu');
/** a = z Φ(z) with the normal distribution's Φ, not the tanh approximation. */
export const gelu: ActivationBuilder = builderOf('gelu');
/** a = z σ(2√(2/π) · (z + 0.044715 z³)): the tanh approximation of `gelu`, as in GPT-2. */
export const geluTanh: ActivationBuilder = builderOf('gelu-tanh');
/** a = z / (1 + e⁻ᶻ), also known as swish. */
export const silu: ActivationBuilder = builderOf('silu');
/** a = log(1 + eᶻ). */
export const softplus: ActivationBuilder = builderOf('softplus');
/** a = z / (1 + |z|). */
export const softsign: ActivationBuilder = builderOf('softsign');
/** a = 1 if z >= 0, else 0. The perceptron's activation; no layer before it learns by gradients. */
export const heaviside: ActivationBuilder = builderOf('step');
