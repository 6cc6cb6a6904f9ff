import { finite, onlyKeys } from '../text/check.ts';
import { OptionError } from '../text/option-error.ts';
import type { Initializer } from './initializer.ts';

/** Options of the uniform initializer. */
export interface UniformOptions {
  /** Lower end, included. @default -0.05 */
  low?: number;
  /** Upper end, excluded. @default 0.05 */
  high?: number;
}

/** Uniform over [low, high). */
export function uniform(options: UniformOptions = {}): Initializer {
  onlyKeys('initializer uniform', options, ['low', 'high']);
  const low = finite('initializer uniform', 'low', options.low ?? -0.05);
  const high = finite('initializer uniform', 'high', options.high ?? 0.05);
  if (high < low) {
    throw new OptionError('initializer uniform', 'high', `has ${high}, expected at least ${low} (low)`);
  }
  return (out, _fanIn, _fanOut, random) => {
    for (let i = 0; i < out.length; i++) out[i] = low + (high - low) * random.uniform();
  };
}
