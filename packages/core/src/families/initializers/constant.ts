import { defineOptions, finite, type OptionsOf } from '../../checks/options/index.ts';
import { type NoOptions, noOptions } from '../family.ts';
import type { Initializer } from './initializer.ts';

export const constantOptions = defineOptions('initializer constant', {
  /** The value of every element. @default 0 */
  value: finite(0),
});

/** Options of the constant initializer. */
export interface ConstantOptions extends OptionsOf<typeof constantOptions.table> {}

/** Sets every element to `value`. */
export function constant(options: ConstantOptions = {}): Initializer {
  const { value } = constantOptions.read(options);
  return (out) => {
    for (let i = 0; i < out.length; i++) out[i] = value;
  };
}

/** Sets every element to 0. */
export function zeros(options: NoOptions = {}): Initializer {
  noOptions('initializer zeros', options);
  return constant();
}
