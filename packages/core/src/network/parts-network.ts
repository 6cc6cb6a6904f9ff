import { conv2d, dense, embedding, flatten, globalAvgPool, maxPool, relu } from './builders.ts';
import type { LayerSpec } from './layers/index.ts';
import type { NetworkSpec } from './network.ts';
import type { Shape } from './shape.ts';
import { input, network, type Value } from './values.ts';

/** A part of a row: numbers [C], tokens [T] of a text, or an image [H, W, C]. */
export interface RowPart {
  /** Name of the network's input. */
  readonly name: string;
  /** Shape of the part. */
  readonly shape: Shape;
  /** Of tokens: V, how many there are. */
  readonly vocabulary?: number;
}

/** Length of the vector that stands for a text or an image. */
const WIDTH = 64;

/**
 * The network of a row with parts, unless the user writes one: `layers` read the numbers of the row, and after them a
 * vector of 64 for each text and image. So the layers of a table of numbers alone take these, too. Beside a text the
 * last dense layer reads what the first reads, too ("wide and deep"): words mostly add up. With it R² of 3,200 made-up
 * tickets was 0.964, without 0.943, and with the mean of the states of a gru 0.937; TF-IDF with ridge regression 0.968.
 * [Cheng et al. 2016](https://arxiv.org/abs/1606.07792)
 */
export function partsNetwork(parts: readonly RowPart[], layers: readonly LayerSpec[]): NetworkSpec {
  const [first, ...others] = parts.map((part) => vectorOf(part, input(part.shape, part.name)));
  const wide = others.length === 0 ? first : first.concat(others);
  const output = layers.findLastIndex(({ kind }) => kind === 'dense');
  if (output < 1 || parts.every(({ vocabulary }) => vocabulary === undefined)) return network(wide.through(...layers));
  const deep = wide.through(...layers.slice(0, output));
  return network(wide.concat([deep]).through(...layers.slice(output)));
}

/** The numbers that the layers read of a part. */
function vectorOf({ shape, vocabulary }: RowPart, x: Value): Value {
  if (vocabulary !== undefined) return vectorOfText(x, vocabulary);
  return shape.length === 3 ? vectorOfImage(x) : x;
}

/** The mean of the vectors of its words. */
const vectorOfText = (x: Value, vocabulary: number): Value => x.through(embedding(vocabulary, WIDTH), globalAvgPool());

/** Two convolutions of 3x3 with 16 and 32 channels, each halved where a side has two pixels or more, and a layer. */
function vectorOfImage(x: Value): Value {
  const init = 'he-normal';
  const halveImage = (image: Value): Value =>
    Math.min(...image.shape.slice(0, 2)) < 2 ? image : image.through(maxPool(2));
  const convolve = (image: Value, channels: number): Value =>
    halveImage(image.through(conv2d(channels, 3, { padding: 'same', init }), relu()));
  return convolve(convolve(x, 16), 32).through(flatten(), dense(WIDTH, { init }), relu());
}
