import { OptionError } from '../../checks/option-error.ts';
import { checkedBy, defineOptions, type Named, type OptionsOf, required } from '../../checks/options/index.ts';
import { show } from '../../checks/show.ts';
import { sizeOf } from '../shape.ts';
import { concat } from './concat.ts';
import type { Layer } from './layer.ts';
import type { LayerContext } from './layer-context.ts';

const nameList = checkedBy(
  "a list of at least 1 name, such as ['digit', 'angle']",
  (value): value is readonly string[] =>
    Array.isArray(value) && value.length > 0 && value.every((name) => typeof name === 'string' && name !== ''),
);

export const headsOptions = defineOptions('heads', {
  /** Names of the outputs, in the order of `of`. */
  names: required(nameList),
});

/** Options of a heads layer. */
export interface HeadsOptions extends OptionsOf<typeof headsOptions.table>, Named {}

/**
 * The outputs of a network with several: the numbers of each value of `of` one after the other, in one axis. It is the
 * last layer; a loss, targets and answers know each by its name.
 */
export function heads(options: HeadsOptions, context: LayerContext): Layer {
  const { names } = headsOptions.read(options);
  const { inputs } = context;
  const twice = names.find((name, k) => names.indexOf(name) < k);
  if (twice !== undefined) {
    throw new OptionError('heads', 'names', `has ${show(twice)} twice, expected a name of its own for each`);
  }
  const badName = names.find((name) => name === 'kind' || name === '__proto__');
  if (badName !== undefined) {
    throw new OptionError('heads', 'names', `has ${show(badName)}, expected another name (it has a meaning in a loss)`);
  }
  if (names.length !== inputs.length) {
    throw new OptionError('heads', 'names', `has ${names.length} names, expected ${inputs.length}, one for each value`);
  }
  const flat = concat({ axis: 0 }, { ...context, inputs: inputs.map((shape) => [sizeOf(shape)]) });
  const label = `heads(${names.map((name, k) => `${name} ${inputs[k].join('x')}`).join(', ')})`;
  return { ...flat, label, in: inputs };
}
