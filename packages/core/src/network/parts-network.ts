import { embedding, gru } from './builders.ts';
import type { LayerSpec } from './layers/index.ts';
import type { NetworkSpec } from './network.ts';
import { reshape } from './operation-builders.ts';
import type { Shape } from './shape.ts';
import { input, network, type Value } from './values.ts';

/** A part of a row: numbers [C], or tokens [T] of a text. */
export interface RowPart {
  /** Name of the network's input. */
  readonly name: string;
  /** Shape of the part. */
  readonly shape: Shape;
  /** Of tokens: V, of which the last is padding. */
  readonly vocabulary?: number;
}

/** Length of the vector that stands for a text. */
const WIDTH = 64;

/**
 * The network of a row with parts, unless the user writes one: `layers` read the numbers of the row, and after them a
 * vector of 64 for each text. So the layers of a table of numbers alone take texts, too.
 */
export function partsNetwork(parts: readonly RowPart[], layers: readonly LayerSpec[]): NetworkSpec {
  const [first, ...others] = parts.map((part) => vectorOf(part, input(part.shape, part.name)));
  return network((others.length === 0 ? first : first.concat(others)).through(...layers));
}

/**
 * A text is the mean of the states of a gru at its tokens, without padding. The states know the order of the words, and
 * their mean all topics of a long text.
 */
function vectorOf({ shape, vocabulary }: RowPart, x: Value): Value {
  if (vocabulary === undefined) return x;
  const isToken = x.below(vocabulary - 1);
  const states = x.through(embedding(vocabulary, WIDTH), gru(WIDTH));
  return states
    .times(isToken.through(reshape([...shape, 1])))
    .sum({ axis: 0 })
    .over(isToken.sum());
}
