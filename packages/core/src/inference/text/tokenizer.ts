import { show } from '../../checks/show.ts';
import { checkTokenizer, type TokenizerSpec, UNKNOWN } from './tokenizer-spec.ts';

/** Turns text into tokens and back. `decode(encode(text))` is `text`, but for characters and words that are unknown. */
export interface Tokenizer {
  /** JSON that rebuilds it. */
  readonly spec: TokenizerSpec;
  /** V: number of tokens. */
  readonly size: number;
  /** The token of characters or words that the vocabulary lacks. Absent: they are refused. */
  readonly unknown?: number;
  /** Tokens before and after those of each text that a model reads. @default none */
  readonly frame?: {
    /** Tokens that begin a text. */
    readonly before: readonly number[];
    /** Tokens that end it. */
    readonly after: readonly number[];
  };
  /** Tokens that end a text which is written. @default none */
  readonly end?: readonly number[];
  /**
   * The tokens of a text, each from 0 to V - 1.
   * @throws TextError for a character or word that the vocabulary lacks, without a token for them.
   */
  encode(text: string): Uint32Array;
  /** The text of tokens. Bytes that are not UTF-8 become U+FFFD. @throws TextError for a number that is no token. */
  decode(tokens: ArrayLike<number>): string;
}

/** The error of a text, or of tokens, that a tokenizer cannot take. */
export class TextError extends Error {
  /** 'TextError'. */
  override readonly name = 'TextError';
  /** Position in the text in UTF-16 code units, or in the list of tokens. */
  readonly at: number;
  /** 'has "é" (U+00E9), expected one of 65 characters'. */
  readonly problem: string;

  /** '"é" (U+00E9)'. */
  readonly has: string;
  /** 'one of 65 characters'. */
  readonly expected: string;

  constructor(at: number, has: string, expected: string) {
    const problem = `has ${has}, expected ${expected}`;
    super(`text ${problem}, at position ${at}`);
    this.at = at;
    this.problem = problem;
    this.has = has;
    this.expected = expected;
  }
}

/** Creates a tokenizer that a library runs. */
export type TokenizerLoader = (spec: Extract<TokenizerSpec, { kind: 'gpt2' | 'huggingface' }>) => Tokenizer;

/**
 * Creates the tokenizer of a model. `load` creates those of GPT-2 and of Hugging Face; without it their `encode` and
 * `decode` throw.
 * @throws OptionError for an invalid spec.
 */
export function createTokenizer(unchecked: TokenizerSpec, load: TokenizerLoader = withoutLibrary): Tokenizer {
  const spec = checkTokenizer('createTokenizer', 'spec', unchecked);
  if (spec.kind === 'bytes') return byteTokenizer;
  if (spec.kind === 'gpt2' || spec.kind === 'huggingface') return load(spec);
  const { kind, vocabulary } = spec;
  const tokens = new Map(vocabulary.map((piece, token) => [piece, token]));
  const unknown = tokens.get(UNKNOWN);
  const tokenOf = (piece: string, position: number): number => {
    const token = tokens.get(piece) ?? unknown;
    if (token === undefined) throw unknownPiece(position, spec, piece);
    return token;
  };
  return {
    spec,
    size: vocabulary.length,
    ...(unknown === undefined ? {} : { unknown }),
    encode: kind === 'words' ? encodeWords : characterEncoder(vocabulary, tokenOf),
    decode(tokens) {
      let text = '';
      for (let i = 0; i < tokens.length; i++) text += vocabulary[checkToken(tokens, i, vocabulary.length)];
      return text;
    },
  };

  function encodeWords(text: string): Uint32Array {
    let position = 0;
    return Uint32Array.from(piecesOf('words', text), (word) => {
      position += word.length;
      return tokenOf(word, position - word.length);
    });
  }
}

/** Encodes characters. Those of one code unit are looked up in an array, which is faster than a map. */
function characterEncoder(
  vocabulary: readonly string[],
  tokenOf: (piece: string, position: number) => number,
): Tokenizer['encode'] {
  const byCode = new Int32Array(1 << 16).fill(-1); // token of each UTF-16 code unit; -1: ask `tokenOf`
  for (const [token, piece] of vocabulary.entries()) {
    // A surrogate may be half of another character.
    if (piece.length === 1 && !/[\uD800-\uDFFF]/.test(piece)) byCode[piece.charCodeAt(0)] = token;
  }
  return (text) => {
    const tokens = new Uint32Array(text.length);
    let count = 0;
    for (let position = 0; position < text.length; ) {
      const token = byCode[text.charCodeAt(position)];
      if (token !== -1) {
        tokens[count++] = token;
        position++;
        continue;
      }
      const piece = String.fromCodePoint(text.codePointAt(position) ?? 0);
      tokens[count++] = tokenOf(piece, position);
      position += piece.length;
    }
    return tokens.slice(0, count);
  };
}

/** The vocabulary of all pieces, sorted. */
export const vocabularyOf = (pieces: Iterable<string>): string[] => [...new Set(pieces)].sort(byCodePoints);

/** Pieces of a vocabulary of words, at most: a model file has room for twice as many. */
const MAX_PIECES = 50_000;

/**
 * The vocabulary of the pieces that occur twice or more, sorted, after the one that stands for unknown pieces, whose
 * weights learn from the pieces that occur once. Of more than 50,000 the most frequent are kept.
 */
export function commonVocabulary(counts: ReadonlyMap<string, number>): string[] {
  const common = [...counts].filter(([, count]) => count > 1);
  if (common.length > MAX_PIECES) common.sort(([a, x], [b, y]) => y - x || byCodePoints(a, b));
  return [UNKNOWN, ...vocabularyOf(common.slice(0, MAX_PIECES).map(([piece]) => piece))];
}

/** The order of code points, which for characters beyond U+FFFF is not that of JavaScript's strings. */
function byCodePoints(a: string, b: string): number {
  const [x, y] = [[...a], [...b]];
  const i = x.findIndex((character, index) => character !== y[index]);
  if (i === -1) return x.length - y.length;
  return y[i] === undefined ? 1 : (x[i].codePointAt(0) ?? 0) - (y[i].codePointAt(0) ?? 0);
}

/** A word or number with the space before it, a run of other characters with the space before it, or a space. */
const WORDS = / ?[\p{L}\p{M}\p{N}]+(?:['’][\p{L}\p{M}\p{N}]+)*| ?[^\s\p{L}\p{M}\p{N}]+|\s/gu;

/** The pieces of a text, one for each token. Joined, they are the text. */
export const piecesOf = (kind: 'characters' | 'words', text: string): Iterable<string> =>
  kind === 'characters' ? text : (text.match(WORDS) ?? []);

function unknownPiece(
  at: number,
  { kind, vocabulary }: Extract<TokenizerSpec, { vocabulary: unknown }>,
  piece: string,
): TextError {
  if (kind === 'words')
    return new TextError(at, `the word ${show(piece)}`, `one of the ${vocabulary.length} words of the vocabulary`);
  const code = (piece.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0');
  const expected = `one of the ${vocabulary.length} of the vocabulary`;
  return new TextError(at, `the character ${show(piece)} (U+${code})`, expected);
}

function checkToken(tokens: ArrayLike<number>, i: number, size: number): number {
  const token = tokens[i];
  if (Number.isInteger(token) && token >= 0 && token < size) return token;
  throw new TextError(i, `the token ${show(token)}`, `a whole number from 0 to ${size - 1}`);
}

const byteTokenizer: Tokenizer = {
  spec: { kind: 'bytes' },
  size: 256,
  encode: (text) => Uint32Array.from(new TextEncoder().encode(text)),
  decode(tokens) {
    const utf8 = Uint8Array.from({ length: tokens.length }, (_, i) => checkToken(tokens, i, 256));
    return new TextDecoder('utf-8', { ignoreBOM: true }).decode(utf8);
  },
};

/** V of GPT-2: 256 bytes, 50,000 pairs, and one that ends a text. */
const GPT2_SIZE = 50_257;

const withoutLibrary: TokenizerLoader = (spec) => {
  const refuse = (): never => {
    throw new Error(
      spec.kind === 'gpt2'
        ? 'gpt2: its tables are not here, expected Node with the package js-tiktoken'
        : 'huggingface: its tokenizer cannot run here, expected Node with the package @huggingface/tokenizers',
    );
  };
  return { spec, size: spec.kind === 'gpt2' ? GPT2_SIZE : spec.size, encode: refuse, decode: refuse };
};
