import { conv2d, dense, embedding, flatten, globalAvgPool, gru, maxPool, relu } from './builders.ts';
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
 * vector of 64 for each text and image. So the layers of a table of numbers alone take these, too.
 */
export function partsNetwork(parts: readonly RowPart[], layers: readonly LayerSpec[]): NetworkSpec {
  const [first, ...others] = parts.map((part) => vectorOf(part, input(part.shape, part.name)));
  return network((others.length === 0 ? first : first.concat(others)).through(...layers));
}

/** The numbers that the layers read of a part. */
function vectorOf({ shape, vocabulary }: RowPart, x: Value): Value {
  if (vocabulary !== undefined) return vectorOfText(x, vocabulary);
  return shape.length === 3 ? vectorOfImage(x) : x;
}

/** The mean of the states of a gru: they know the order of the words, and their mean all topics of a long text. */
const vectorOfText = (x: Value, vocabulary: number): Value =>
  x.through(embedding(vocabulary, WIDTH), gru(WIDTH), globalAvgPool());

/** Two convolutions of 3x3 with 16 and 32 channels, each halved where a side has two pixels or more, and a layer. */
function vectorOfImage(x: Value): Value {
  const init = 'he-normal';
  const halved = (image: Value): Value =>
    Math.min(...image.shape.slice(0, 2)) < 2 ? image : image.through(maxPool(2));
  const convolved = (image: Value, channels: number): Value =>
    halved(image.through(conv2d(channels, 3, { padding: 'same', init }), relu()));
  return convolved(convolved(x, 16), 32).through(flatten(), dense(WIDTH, { init }), relu());
}
