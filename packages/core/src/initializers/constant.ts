import { type NoOptions, noOptions } from '../family.ts';
import { finite, onlyKeys } from '../text/check.ts';
import type { Initializer } from './initializer.ts';

/** Options of the constant initializer. */
export interface ConstantOptions {
  /** The value of every element. @default 0 */
  value?: number;
}

/** Every element is `value`. */
export function constant(options: ConstantOptions = {}): Initializer {
  onlyKeys('initializer constant', options, ['value']);
  const value = finite('initializer constant', 'value', options.value ?? 0);
  return (out) => {
    for (let i = 0; i < out.length; i++) out[i] = value;
  };
}

/** Every element is 0. */
export function zeros(options: NoOptions = {}): Initializer {
  noOptions('initializer zeros', options);
  return constant();
}
