import { finite, onlyKeys } from '../text/check.ts';
import { nonNegative } from '../text/range.ts';
import type { Initializer } from './initializer.ts';

/** Options of the normal initializer. */
export interface NormalOptions {
  /** μ. @default 0 */
  mean?: number;
  /** σ >= 0: the standard deviation. @default 0.05 */
  std?: number;
}

/** Normal, not truncated. */
export function normal(options: NormalOptions = {}): Initializer {
  onlyKeys('initializer normal', options, ['mean', 'std']);
  const mean = finite('initializer normal', 'mean', options.mean ?? 0);
  const std = nonNegative('initializer normal', 'std', options.std ?? 0.05);
  return (out, _fanIn, _fanOut, random) => {
    for (let i = 0; i < out.length; i++) out[i] = mean + std * random.normal();
  };
}
