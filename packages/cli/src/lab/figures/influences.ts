import { list, nullable, record, refined } from '../../options/schema/containers.ts';
import { count, figure, text } from '../../options/schema/scalars.ts';
import type { Read } from '../../options/schema/schema.ts';

const MAX_TOKENS = 4096;
const token = text(1024);

/** A text, and how much a model's answer depends on each of its tokens. */
export const explainedText = refined(
  record({
    row: count(),
    tokens: list(token, 1, MAX_TOKENS),
    influences: list(figure(), 1, MAX_TOKENS), // of each token; below 0 it speaks against the answer
    next: token, // the token that follows, or the class of the text
    answer: nullable(token), // null if an output is not finite
    probability: figure(0, 1), // of the answer; NaN, in JSON null, without one
  }),
  ({ tokens, influences }, fail) => {
    if (tokens.length !== influences.length) {
      fail(['influences'], `a list of ${influences.length}`, `a list of ${tokens.length} (as tokens)`);
    }
  },
);

export type ExplainedText = Read<typeof explainedText>;

/** The size of an influence beside the largest of its text, from 0 to 1. */
export function heightOf(influences: readonly number[], k: number): number {
  const largest = influences.reduce((max, value) => Math.max(max, Math.abs(value)), 0);
  return largest > 0 ? Math.abs(influences[k]) / largest : 0;
}

const BARS = ' ▁▂▃▄▅▆▇█';

/** The block for a height from 0 to 1. */
export const barsOf = (height: number): string => BARS[Math.ceil(height * (BARS.length - 1))] ?? ' ';

/** A token as letters of one line: ends of lines and tabs are drawn. */
export const shownToken = (token: string): string =>
  token
    .replace(/\n/g, '⏎')
    .replace(/\t/g, '→')
    .replace(/[\p{C}\p{Zl}\p{Zp}]/gu, '�');
