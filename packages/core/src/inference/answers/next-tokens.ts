import type { Loss } from '../../families/losses/index.ts';
import { NO_ANSWER } from '../../families/metrics/index.ts';
import { viewOf } from '../../math/scratch.ts';
import type { Tokenizer } from '../text/index.ts';
import type { Answer } from './answers.ts';
import { classify, hasProbabilities, toProbabilities } from './scoring.ts';

/** Most tokens whose probabilities are in an answer. */
const MOST_TOKENS = 10;

/** The likeliest token after each row, and the ten likeliest with their probabilities. */
export function nextTokens(
  y: Float64Array, // [N, T, V] outputs of the network
  lengths: ArrayLike<number>, // [N] real positions
  T: number,
  { size: V, decode }: Tokenizer,
  loss: Loss | null,
): Answer[] {
  return Array.from({ length: lengths.length }, (_, n) => {
    const last = viewOf(y, (n * T + lengths[n] - 1) * V, V).slice();
    const [best] = classify(last, V, loss, undefined);
    if (best === NO_ANSWER) return { prediction: null };
    const prediction = nameOf(best);
    if (!hasProbabilities(loss)) return { prediction };
    toProbabilities('predict', loss, last, V);
    const order = Uint32Array.from({ length: V }, (_, token) => token).sort((a, b) => last[b] - last[a] || a - b);
    const likeliest = Array.from(order.slice(0, MOST_TOKENS), (token) => [nameOf(token), last[token]]);
    return { prediction, probabilities: Object.fromEntries(likeliest) };
  });

  /** The text of a token; its number if it is not a text by itself, such as a byte of a longer character. */
  function nameOf(token: number): string {
    const text = decode([token]);
    return text.includes('\uFFFD') ? `<${token}>` : text;
  }
}
