import { OptionError } from '../../checks/option-error.ts';
import { defineOptions, finite, type OptionsOf } from '../../checks/options/index.ts';
import type { Initializer } from './initializer.ts';

export const uniformOptions = defineOptions('initializer uniform', {
  /** Lower end, included. @default -0.05 */
  low: finite(-0.05),
  /** Upper end, excluded. @default 0.05 */
  high: finite(0.05),
});

/** Options of the uniform initializer. */
export interface UniformOptions extends OptionsOf<typeof uniformOptions.table> {}

/** Uniform over [low, high). */
export function uniform(options: UniformOptions = {}): Initializer {
  const { low, high } = uniformOptions.read(options);
  if (high < low) {
    throw new OptionError('initializer uniform', 'high', `has ${high}, expected at least ${low} (low)`);
  }
  return (out, _fanIn, _fanOut, random) => {
    for (let i = 0; i < out.length; i++) out[i] = low + (high - low) * random.uniform();
  };
}
