import { OptionError } from '../checks/option-error.ts';
import {
  defineOptions,
  fraction,
  type Named,
  type OptionsOf,
  oneOf,
  positiveInteger,
} from '../checks/options/index.ts';
import { has } from '../checks/show.ts';
import { activations } from '../families/activations/index.ts';
import { type InitializerSpec, initializer } from '../families/initializers/index.ts';
import {
  dense,
  dropout,
  embedding,
  gru,
  lastPosition,
  layerNorm,
  positionEmbedding,
  transformerBlock,
} from './builders.ts';
import type { LayerSpec } from './layers/index.ts';
import type { NetworkSpec } from './network.ts';
import type { Shape } from './shape.ts';

/** Builds a known network. */
export type NetworkBuilder = (
  /** Shape of a row: [H, W, C] of an image, [T] of tokens. */
  input: Shape,
  /** Outputs: the number of classes, or of values. */
  outputs: number,
) => NetworkSpec;

const gruNetworkOptions = defineOptions('gruNetwork', {
  /** Rate of dropout after the embedding and each recurrent layer. @default 0 */
  dropout: fraction(0),
  /** Initializer of all weights. @default those of the layers */
  init: initializer(),
  /**
   * V: tokens of rows with one answer each, such as the class of a text. Outputs are then [O], those of the last
   * position.
   * @default the tokens are the outputs of each position
   */
  vocabulary: positiveInteger(),
});

/** Options of `gruNetwork`. */
export interface GruNetworkOptions extends OptionsOf<typeof gruNetworkOptions.table>, Named {}

const gptNetworkOptions = defineOptions('gptNetwork', {
  /** Rate of dropout after the embedding, of the weights of attention, and at the end of each branch. @default 0 */
  dropout: fraction(0),
  /** Activation of the hidden layers. @default 'gelu' */
  activation: oneOf(activations)('gelu'),
  /** Initializer of all weights. @default normal of 0.02, and 0.02 / √(2 · layers) at the end of each branch */
  init: initializer(),
  /**
   * V: tokens of rows with one answer each, such as the class of a text. Outputs are then [O], those of the last
   * position.
   * @default the tokens are the outputs of each position
   */
  vocabulary: positiveInteger(),
});

/** Options of `gptNetwork`. */
export interface GptNetworkOptions extends OptionsOf<typeof gptNetworkOptions.table>, Named {}

/**
 * The network of GPT-2 without biases, as nanoGPT has it: an embedding with learned positions, `layers` pre-norm blocks
 * of attention with `heads` heads and of a dense layer of 4 · width with gelu, a layer-norm, and outputs by the
 * embedding's weights. Rows are tokens [T], outputs [T, V]. `gptNetwork(4, 4, 128)([64], 65)` is that of its CPU run.
 * With a `vocabulary` the last position goes to a dense layer of outputs [O], as Radford et al. 2018 classify a text.
 * [Karpathy 2022, nanoGPT](https://github.com/karpathy/nanoGPT)
 * @throws OptionError for other inputs
 */
export function gptNetwork(
  layers: number,
  heads: number,
  width: number,
  options: GptNetworkOptions = {},
): NetworkBuilder {
  const { dropout: rate, activation, init: chosenInit, vocabulary } = gptNetworkOptions.read(options);
  const init = chosenInit ?? normal(0.02);
  const outInit = () => chosenInit ?? normal(0.02 / Math.sqrt(2 * layers));
  return network('gptNetwork', { layers, heads, width }, (O) => [
    embedding(vocabulary ?? O, width, { init }),
    positionEmbedding({ init }),
    ...dropoutLayers(rate),
    ...repeat(layers, () =>
      transformerBlock(width, {
        heads,
        causal: true,
        activation,
        dropout: rate,
        bias: false,
        init,
        outInit: outInit(),
      }),
    ),
    layerNorm({ bias: false }),
    ...(vocabulary === undefined ? [dense(O, { tiedTo: '0', bias: false })] : [lastPosition(), dense(O, { init })]),
  ]);
}

const normal = (std: number): InitializerSpec => ({ kind: 'normal', std });

/**
 * An embedding, `layers` gated recurrent units of `width`, and a dense layer. Rows are tokens [T], outputs [T, V], or
 * with a `vocabulary` [O] of the last position. For rows of numbers [T, C], such as windows of a series, there is no
 * embedding, and outputs are those of the last position.
 * [Cho et al. 2014](https://arxiv.org/abs/1406.1078)
 * @throws OptionError for other inputs
 */
export function gruNetwork(layers: number, width: number, options: GruNetworkOptions = {}): NetworkBuilder {
  const { dropout: rate, init: chosenInit, vocabulary } = gruNetworkOptions.read(options);
  const init = chosenInit === undefined ? {} : { init: chosenInit };
  const units = (count: number) => repeat(count, () => [gru(width, init), ...dropoutLayers(rate)]);
  const atEnd = (O: number) => [
    ...units(layers - 1),
    gru(width, { ...init, returns: 'last' as const }),
    ...dropoutLayers(rate),
    dense(O, init),
  ];
  return network(
    'gruNetwork',
    { layers, width },
    (O) => [
      embedding(vocabulary ?? O, width, init),
      ...dropoutLayers(rate),
      ...(vocabulary === undefined ? [...units(layers), dense(O, init)] : atEnd(O)),
    ],
    atEnd,
  );
}

const dropoutLayers = (rate: number): LayerSpec[] => (rate === 0 ? [] : [dropout(rate)]);

const repeat = (count: number, block: () => LayerSpec[]): LayerSpec[] => Array.from({ length: count }, block).flat();

/** @throws OptionError for a size that is not a positive integer, and for rows that are no sequence. */
function network(
  where: string,
  sizes: Record<string, number>,
  layersOf: (V: number) => LayerSpec[],
  layersOfSeries: ((outputs: number) => LayerSpec[]) | null = null, // for rows [T, C]
): NetworkBuilder {
  for (const [name, size] of Object.entries(sizes)) positiveInteger.check(where, name, size);
  const { heads = 1, width } = sizes;
  if (width % heads !== 0) {
    throw new OptionError(where, ['width', 'heads'], `has ${width}, expected a multiple of the ${heads} heads`);
  }
  return (input, outputs) => {
    positiveInteger.check(where, 'outputs', outputs);
    const isShape = Array.isArray(input) && input.every((n) => positiveInteger.isValid(n));
    const builders = [layersOf, layersOfSeries]; // for rows [T] and [T, C]
    const layers = isShape ? builders[input.length - 1] : null;
    if (!layers) {
      const expected = `a row of tokens [T]${layersOfSeries === null ? '' : ' or of a series [T, C]'}`;
      throw new OptionError(where, 'input', `${has(input)}, expected the shape of ${expected}`);
    }
    return { input: [...input], layers: layers(outputs) };
  };
}
