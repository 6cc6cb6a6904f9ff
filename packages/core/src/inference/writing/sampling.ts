import {
  count,
  defineOptions,
  nonNegative,
  number,
  type OptionsOf,
  positiveInteger,
} from '../../checks/options/index.ts';
import { exp } from '../../math/exp.ts';
import { createRandom } from '../../math/random/index.ts';

export const generateOptions = defineOptions('generate', {
  /** Tokens to write, at most. @default 300 */
  tokens: positiveInteger(300, 'tokens to write, at most'),
  /** Divisor of the outputs: below 1 likely tokens become likelier, and at 0 the likeliest is taken. @default 0.8 */
  temperature: nonNegative(
    0.8,
    'divisor of the outputs; lower is more likely text, 0 always takes the likeliest token',
  ),
  /** Only this many of the likeliest tokens are drawn from. @default all */
  topK: positiveInteger(undefined, 'draw from this many of the likeliest tokens', 'all'),
  /** Only the likeliest tokens are drawn, as few as have this probability together, at least one. @default 1 */
  topP: number('a number above 0 and at most 1', (value) => value > 0 && value <= 1)(
    1,
    'draw from the likeliest tokens that have this probability together',
  ),
  /** Seed of the draws. @default 0 */
  seed: count(0, 'seed of the draws: the same seed writes the same text'),
});

/** Options of a text that a model writes. */
export interface GenerateOptions extends OptionsOf<typeof generateOptions.table> {}

/** The options with their defaults. */
export type Sampling = ReturnType<typeof generateOptions.read>;

/**
 * Draws token number `n` of a text from outputs y [V]. Of the probabilities softmax(y / temperature), those of the top
 * k and then of the top p are kept, ties in the order of tokens. The draw is the first number of the stream (seed, n).
 * A temperature of 0 takes the largest output.
 * [Holtzman et al. 2020, §3](https://arxiv.org/abs/1904.09751)
 */
export function sampleToken(
  y: Float64Array,
  { temperature, topK = y.length, topP, seed }: Sampling,
  n: number,
): number {
  let best = 0;
  for (let v = 1; v < y.length; v++) if (y[v] > y[best]) best = v;
  if (temperature === 0 || topK === 1) return best;
  const p = y.map((value) => exp((value - y[best]) / temperature));
  const candidates = topK < y.length || topP < 1 ? likeliest(p, topK, topP) : null;
  const sum =
    candidates === null ? p.reduce((sum, value) => sum + value, 0) : candidates.reduce((sum, v) => sum + p[v], 0);
  let remaining = createRandom(seed, 'generate', n).uniform() * sum;
  for (let k = 0; k < (candidates ?? p).length; k++) {
    const v = candidates?.[k] ?? k;
    remaining -= p[v];
    if (remaining < 0) return v;
  }
  return best; // rounding errors may leave a remainder
}

/** The k likeliest tokens, likeliest first, and of these as few as have the share `topP` of their sum. */
function likeliest(p: Float64Array, topK: number, topP: number): Uint32Array {
  const order = Uint32Array.from(p, (_, v) => v).sort((a, b) => p[b] - p[a] || a - b);
  const likeliestTokens = order.slice(0, topK);
  const target = topP * likeliestTokens.reduce((sum, v) => sum + p[v], 0);
  let sum = 0;
  const end = likeliestTokens.findIndex((v) => {
    sum += p[v];
    return sum >= target;
  });
  return end === -1 ? likeliestTokens : likeliestTokens.slice(0, end + 1);
}
