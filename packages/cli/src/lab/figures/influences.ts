/** A text, and how much a model's answer depends on each of its tokens. */
export interface ExplainedText {
  readonly row: number;
  readonly tokens: readonly string[];
  readonly influences: readonly number[]; // of each token; below 0 it speaks against the answer
  readonly next: string; // the token that follows, or the class of the text
  readonly answer: string | null; // null if an output is not finite
  readonly probability: number; // of the answer; NaN, in JSON null, without one
}

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
