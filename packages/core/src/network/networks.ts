import { OptionError } from '../checks/option-error.ts';
import { positiveInteger } from '../checks/options/index.ts';
import { has } from '../checks/show.ts';
import { autoencoder } from './autoencoder.ts';
import { conv2d, dense, dropout, flatten, globalAvgPool, maxPool, relu, residual } from './builders.ts';
import { checkImage, convWithNorm, init } from './image-network.ts';
import type { LayerSpec } from './layers/index.ts';
import { mobilenet } from './mobilenet.ts';
import type { NetworkSpec } from './network.ts';
import type { Shape } from './shape.ts';
import { type GptNetworkOptions, gptNetwork, gruNetwork, type NetworkBuilder } from './token-networks.ts';
import { unet } from './unet.ts';

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

const table = { lenet5, convnet, resnet20, mobilenet, unet, autoencoder } satisfies Record<string, NetworkBuilder>;

/** The name of a known network. */
export type NetworkName = keyof typeof table;

/** Known networks for images, and for rows of any shape: `networks.convnet([28, 28, 1], 10)`. */
export const networks: Readonly<Record<NetworkName, NetworkBuilder>> = table;

/** A known network whose name may end with sizes: 'gpt:4x4x128'. */
interface SizedNetwork extends Omit<KnownNetwork, 'builder'> {
  readonly sizes: string; // what messages call them
  readonly isValid: (sizes: readonly number[]) => boolean;
  readonly example: string;
  readonly build: (sizes: readonly number[], options: GptNetworkOptions) => NetworkBuilder;
}

const areWhole = (count: number) => (sizes: readonly number[]) =>
  sizes.length === count && sizes.every((size) => positiveInteger.isValid(size));

const sizedNetworks: Readonly<Record<string, SizedNetwork>> = {
  mobilenet: {
    rows: 'images',
    row: { input: [96, 96, 3], outputs: 10 },
    sizes: 'width',
    isValid: (sizes) => sizes.length === 1 && sizes[0] > 0,
    example: 'mobilenet:0.35',
    options: [],
    build:
      ([width]) =>
      (input, outputs) =>
        mobilenet(input, outputs, { width }),
  },
  unet: {
    rows: 'images',
    answersPixels: true,
    row: { input: [128, 128, 3], outputs: 2 },
    sizes: 'levels x channels',
    isValid: areWhole(2),
    example: 'unet:4x64',
    options: [],
    build:
      ([levels, channels]) =>
      (input, outputs) =>
        unet(input, outputs, { levels, channels }),
  },
  autoencoder: {
    rows: 'any',
    row: { input: [784], outputs: 784 },
    sizes: 'sizes of hidden layers',
    isValid: (sizes) => areWhole(sizes.length)(sizes),
    example: 'autoencoder:128x64x32',
    options: [],
    build: (hidden) => (input, outputs) => autoencoder(input, outputs, { hidden }),
  },
  gpt: {
    rows: 'tokens',
    row: { input: [64], outputs: 65 },
    sizes: 'layers x heads x width',
    isValid: areWhole(3),
    example: 'gpt:4x4x128',
    options: ['dropout', 'activation', 'init'],
    build: ([layers, heads, width], options) => gptNetwork(layers, heads, width, options),
  },
  gru: {
    rows: 'tokens',
    row: { input: [64], outputs: 65 },
    sizes: 'layers x width',
    isValid: areWhole(2),
    example: 'gru:2x256',
    options: ['dropout', 'init'],
    build: ([layers, width], options) => gruNetwork(layers, width, options),
  },
};

/** Names of known networks, with an example of those that need sizes. */
export const networkNames: readonly string[] = [
  ...Object.keys(table),
  ...[sizedNetworks.gpt, sizedNetworks.gru].map(({ example }) => example),
];

export interface KnownNetwork {
  /** Its rows: images, tokens or windows of a series, or rows of any shape. */
  readonly rows: 'images' | 'tokens' | 'any';
  /** Whether it has outputs for each pixel of an image. @default false */
  readonly answersPixels?: boolean;
  /** A row and outputs that it suits, for a look at its layers. */
  readonly row: { readonly input: Shape; readonly outputs: number };
  readonly options: readonly (keyof GptNetworkOptions)[];
  readonly builder: (options: GptNetworkOptions) => NetworkBuilder;
}

/**
 * The known network of a name such as 'convnet', 'mobilenet:0.35' or 'gpt:4x4x128'; undefined if there is none.
 * @throws OptionError for sizes that do not fit
 */
export function findNetwork(name: string): KnownNetwork | undefined {
  const [kind, sizesText] = name.split(':');
  const sizedNetwork = Object.hasOwn(sizedNetworks, kind) ? sizedNetworks[kind] : undefined;
  if (Object.hasOwn(table, name)) {
    return { ...IMAGES, ...sizedNetwork, builder: () => table[name as NetworkName] };
  }
  if (sizedNetwork === undefined) return undefined;
  const { sizes, isValid, build, example } = sizedNetwork;
  const numbers = /^\d{1,6}(\.\d{1,6})?(x\d{1,6})*$/.test(sizesText) ? sizesText.split('x').map(Number) : [];
  if (numbers.length === 0 || !isValid(numbers)) {
    throw new OptionError('findNetwork', 'network', `${has(name)}, expected ${sizes}: ${example}`);
  }
  build(numbers, {}); // refuses sizes that do not fit together
  return { ...sizedNetwork, builder: (options) => build(numbers, options) };
}

const IMAGES = { rows: 'images', row: { input: [28, 28, 1], outputs: 10 }, options: [] } as const;

/** y = relu(s(x) + f(x)) with two convolutions of 3x3; a stride needs a shortcut. */
function residualBlock(channels: number, stride = 1): LayerSpec[] {
  const layers = [...convWithNorm(channels, 3, stride), relu(), ...convWithNorm(channels, 3)];
  return [residual(layers, stride === 1 ? {} : { shortcut: convWithNorm(channels, 1, stride) }), relu()];
}

/** The network of an image, with a dense layer of outputs. @throws OptionError for other or smaller inputs. */
function network(
  { name, minSize }: { readonly name: string; readonly minSize: number },
  input: Shape,
  outputs: number,
  layers: readonly LayerSpec[],
): NetworkSpec {
  checkImage(name, input, outputs, minSize);
  return { input: [...input], layers: [...layers, dense(outputs)] };
}
