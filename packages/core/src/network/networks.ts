import { OptionError } from '../checks/option-error.ts';
import { positiveInteger } from '../checks/options/index.ts';
import { has } from '../checks/show.ts';
import { batchNorm, conv2d, dense, dropout, flatten, globalAvgPool, maxPool, relu, residual } from './builders.ts';
import type { LayerSpec } from './layers/index.ts';
import type { NetworkSpec } from './network.ts';
import type { Shape } from './shape.ts';
import { type GptNetworkOptions, gptNetwork, gruNetwork, type NetworkBuilder } from './token-networks.ts';

/** Before relu, whose outputs have half of the variance. [He et al. 2015](https://arxiv.org/abs/1502.01852) */
const init = 'he-normal';

/**
 * LeNet-5 with relu and max-pool in place of tanh and trained averages: conv2d 6 5x5 padding 2, pool 2, conv2d 16 5x5,
 * pool 2, dense 120, dense 84, dense out. Weights begin he-normal, those of the outputs glorot-uniform. Images of at
 * least 12 x 12. [LeCun et al. 1998, section II.B](https://doi.org/10.1109/5.726791)
 * @throws OptionError for other or smaller inputs
 */
export const lenet5: NetworkBuilder = (input, outputs) =>
  network({ name: 'lenet5', minSize: 12 }, input, outputs, [
    conv2d(6, 5, { padding: 2, init }),
    relu(),
    maxPool(2),
    conv2d(16, 5, { init }),
    relu(),
    maxPool(2),
    flatten(),
    dense(120, { init }),
    relu(),
    dense(84, { init }),
    relu(),
  ]);

/**
 * The convnet of [Keras' MNIST example](https://keras.io/examples/vision/mnist_convnet/): conv2d 32 3x3, pool 2, conv2d
 * 64 3x3, pool 2, dropout 0.5, dense out, with relu. Weights begin glorot-uniform, as in Keras. Images of at least 10 x
 * 10.
 * @throws OptionError for other or smaller inputs
 */
export const convnet: NetworkBuilder = (input, outputs) =>
  network({ name: 'convnet', minSize: 10 }, input, outputs, [
    conv2d(32, 3),
    relu(),
    maxPool(2),
    conv2d(64, 3),
    relu(),
    maxPool(2),
    flatten(),
    dropout(0.5),
  ]);

/**
 * The residual network of 20 layers for CIFAR-10: conv2d 16 3x3, three stages of three blocks with 16, 32 and 64
 * channels, each but the first of half the size, then the mean of each channel and dense out. Where a block changes the
 * shape, its shortcut is a convolution of 1x1 (option B of the paper, whose CIFAR networks have option A). Weights
 * begin he-normal, those of the outputs glorot-uniform; convolutions have no biases, since batch-norm follows. Images
 * of any size. [He et al. 2016, section 4.2](https://arxiv.org/abs/1512.03385)
 * @throws OptionError for other inputs
 */
export const resnet20: NetworkBuilder = (input, outputs) =>
  network({ name: 'resnet20', minSize: 1 }, input, outputs, [
    ...convWithNorm(16, 3),
    relu(),
    ...[16, 32, 64].flatMap((channels, stage) => [
      ...residualBlock(channels, stage === 0 ? 1 : 2),
      ...residualBlock(channels),
      ...residualBlock(channels),
    ]),
    globalAvgPool(),
  ]);

const table = { lenet5, convnet, resnet20 } satisfies Record<string, NetworkBuilder>;

/** The name of a known network. */
export type NetworkName = keyof typeof table;

/** Known networks for images: `networks.convnet([28, 28, 1], 10)`. */
export const networks: Readonly<Record<NetworkName, NetworkBuilder>> = table;

/** Known networks for tokens, whose names end with sizes: 'gpt:4x4x128'. */
const tokenNetworks = {
  gpt: {
    sizes: ['layers', 'heads', 'width'],
    options: ['dropout', 'activation', 'init'],
    example: 'gpt:4x4x128',
    build: ([layers, heads, width]: readonly number[], options: GptNetworkOptions) =>
      gptNetwork(layers, heads, width, options),
  },
  gru: {
    sizes: ['layers', 'width'],
    options: ['dropout', 'init'],
    example: 'gru:2x256',
    build: ([layers, width]: readonly number[], options: GptNetworkOptions) => gruNetwork(layers, width, options),
  },
} as const;

/** Names of known networks, with an example of those that have sizes. */
export const networkNames: readonly string[] = [
  ...Object.keys(table),
  ...Object.values(tokenNetworks).map(({ example }) => example),
];

/** A known network. */
export interface KnownNetwork {
  readonly takesTokens: boolean; // or windows of a series; else images
  readonly options: readonly (keyof GptNetworkOptions)[];
  readonly builder: (options: GptNetworkOptions) => NetworkBuilder;
}

/**
 * The known network of a name such as 'convnet' or 'gpt:4x4x128'; undefined if there is none.
 * @throws OptionError for sizes that do not fit
 */
export function findNetwork(name: string): KnownNetwork | undefined {
  if (Object.hasOwn(table, name)) {
    return { takesTokens: false, options: [], builder: () => table[name as NetworkName] };
  }
  const [kind, sizesText = ''] = name.split(':');
  if (!Object.hasOwn(tokenNetworks, kind)) return undefined;
  const { sizes, options, build, example } = tokenNetworks[kind as keyof typeof tokenNetworks];
  const numbers = /^\d{1,6}(x\d{1,6})*$/.test(sizesText) ? sizesText.split('x').map(Number) : [];
  if (numbers.length !== sizes.length || numbers.some((size) => size === 0)) {
    throw new OptionError('findNetwork', 'network', `${has(name)}, expected ${sizes.join(' x ')}: ${example}`);
  }
  build(numbers, {}); // refuses sizes that do not fit together
  return { takesTokens: true, options, builder: (options) => build(numbers, options) };
}

/** y = relu(s(x) + f(x)) with two convolutions of 3x3; a stride needs a shortcut. */
function residualBlock(channels: number, stride = 1): LayerSpec[] {
  const layers = [...convWithNorm(channels, 3, stride), relu(), ...convWithNorm(channels, 3)];
  return [residual(layers, stride === 1 ? {} : { shortcut: convWithNorm(channels, 1, stride) }), relu()];
}

/** A convolution that keeps the size for a stride of 1, and its batch-norm. */
const convWithNorm = (out: number, kernel: number, stride = 1): LayerSpec[] => [
  conv2d(out, kernel, {
    ...(stride === 1 ? {} : { stride }),
    ...(kernel === 1 ? {} : { padding: (kernel - 1) / 2 }),
    bias: false,
    init,
  }),
  batchNorm(),
];

/** @throws OptionError for an input that is no image, or whose height or width is less than `minSize`. */
function network(
  { name, minSize }: { readonly name: string; readonly minSize: number },
  input: Shape,
  outputs: number,
  layers: readonly LayerSpec[],
): NetworkSpec {
  positiveInteger.check(name, 'outputs', outputs);
  const isShape = Array.isArray(input) && input.length === 3 && input.every((n) => positiveInteger.isValid(n));
  if (!isShape || input[0] < minSize || input[1] < minSize) {
    const size = isShape && minSize > 1 ? ` of at least ${minSize} x ${minSize} pixels` : '';
    throw new OptionError(name, 'input', `${has(input)}, expected the shape of an image [H, W, C]${size}`);
  }
  return { input: [...input], layers: [...layers, dense(outputs)] };
}
