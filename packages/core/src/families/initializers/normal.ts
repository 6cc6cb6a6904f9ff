import { defineOptions, finite, nonNegative, type OptionsOf } from '../../checks/options/index.ts';
import type { Initializer } from './initializer.ts';

export const normalOptions = defineOptions('initializer normal', {
  /** μ. @default 0 */
  mean: finite(0),
  /** σ >= 0: the standard deviation. @default 0.05 */
  std: nonNegative(0.05),
});

/** Options of the normal initializer. */
export interface NormalOptions extends OptionsOf<typeof normalOptions.table> {}

/** Normal distribution, not truncated. */
export function normal(options: NormalOptions = {}): Initializer {
  const { mean, std } = normalOptions.read(options);
  return (out, _fanIn, _fanOut, random) => {
    for (let i = 0; i < out.length; i++) out[i] = mean + std * random.normal();
  };
}
