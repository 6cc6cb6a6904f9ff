import { OptionError } from '../checks/option-error.ts';
import { defineOptions, fraction, type Named, type OptionsOf, positiveInteger } from '../checks/options/index.ts';
import { show } from '../checks/show.ts';
import { initializer } from '../families/initializers/index.ts';
import { dense, dropout, embedding, gru } from './builders.ts';
import type { LayerSpec } from './layers/index.ts';
import type { NetworkBuilder } from './network-builder.ts';

const tokenNetworkOptions = defineOptions('gruNetwork', {
  /** Rate of dropout after the embedding and each recurrent layer. @default 0 */
  dropout: fraction(0),
  /** Initializer of all weights. @default those of the layers */
  init: initializer(),
});

/** Options of a known network for tokens. */
export interface TokenNetworkOptions extends OptionsOf<typeof tokenNetworkOptions.table>, Named {}

/**
 * An embedding, `layers` gated recurrent units of `width`, and a dense layer. Rows are tokens [T], outputs [T, V].
 * [Cho et al. 2014](https://arxiv.org/abs/1406.1078)
 * @throws OptionError for other inputs
 */
export function gruNetwork(layers: number, width: number, options: TokenNetworkOptions = {}): NetworkBuilder {
  const { dropout: rate, init: given } = tokenNetworkOptions.read(options);
  const init = given === undefined ? {} : { init: given };
  return network('gruNetwork', { layers, width }, (V) => [
    ...[embedding(V, width, init), ...drops(rate)],
    ...repeat(layers, () => [gru(width, init), ...drops(rate)]),
    dense(V, init),
  ]);
}

const drops = (rate: number): LayerSpec[] => (rate === 0 ? [] : [dropout(rate)]);

const repeat = (count: number, block: () => LayerSpec[]): LayerSpec[] => Array.from({ length: count }, block).flat();

/** @throws OptionError for a size that is not a positive integer, and for rows that are no sequence of tokens. */
function network(where: string, sizes: Record<string, number>, layersOf: (V: number) => LayerSpec[]): NetworkBuilder {
  for (const [name, size] of Object.entries(sizes)) positiveInteger.check(where, name, size);
  return (input, outputs) => {
    positiveInteger.check(where, 'outputs', outputs);
    if (!Array.isArray(input) || input.length !== 1 || !positiveInteger.isValid(input[0])) {
      throw new OptionError(where, 'input', `has ${show(input)}, expected the shape of a row of tokens [T]`);
    }
    return { input: [...input], layers: layersOf(outputs) };
  };
}
