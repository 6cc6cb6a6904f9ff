import type { TextEncoding } from '../preprocessing/preprocessing.ts';
import { TextError } from './text-error.ts';
import { createTokenizer, type TokenizerLoader } from './tokenizer.ts';
import type { Tokenizer } from './tokenizer-spec.ts';

/** Encodes texts as rows of tokens. */
export interface TextEncoder {
  readonly tokenizer: Tokenizer;
  /**
   * Writes the last T tokens of a text into [T] numbers of `x` from `offset` on, padded on the right with 0. With
   * `lines` the token of a line end comes first. Returns the number of tokens written, 0 for an empty text.
   * @throws TextError for a character or word that the vocabulary lacks.
   */
  encode(text: string, x: Float64Array, offset: number): number;
}

/** Creates the encoder of a model's texts; `load` as for `createTokenizer`. */
export function createTextEncoder(
  { tokenizer: spec, context: T, lines }: TextEncoding,
  load?: TokenizerLoader,
): TextEncoder {
  const tokenizer = createTokenizer(spec, load);
  const start = lines ? tokenizer.encode('\n') : Uint32Array.from(tokenizer.frame?.before ?? []);
  return {
    tokenizer,
    encode(text, x, offset) {
      const textTokens = tokenizer.encode(text);
      const tokens = new Uint32Array(start.length + textTokens.length);
      tokens.set(start);
      tokens.set(textTokens, start.length);
      const last = tokens.slice(-T);
      x.fill(0, offset, offset + T).set(last, offset);
      return last.length;
    },
  };
}

/**
 * Encodes a text as `TextEncoder.encode` does.
 * @throws Error that begins with `where` for an empty text, and for a character or word that the vocabulary lacks.
 */
export function encodeText(where: string, encoder: TextEncoder, text: string, x: Float64Array, offset: number): number {
  try {
    const length = encoder.encode(text, x, offset);
    if (length > 0) return length;
  } catch (error) {
    if (!(error instanceof TextError)) throw error;
    throw new Error(`${where} ${error.problem}`, { cause: error });
  }
  throw new Error(`${where} has no text, expected at least a character`);
}
