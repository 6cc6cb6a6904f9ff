import { show } from '../../checks/show.ts';
import { createBytePairTokenizer, singleBytes } from './byte-pairs.ts';
import { TextError } from './text-error.ts';
import { checkTokenizer, type Tokenizer, type TokenizerSpec, UNKNOWN } from './tokenizer-spec.ts';

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
  if (spec.kind === 'bpe') {
    const pieces = [...singleBytes, ...spec.merges];
    return createBytePairTokenizer(spec, pieces, new Map(pieces.map((bytes, rank) => [bytes, rank])));
  }
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
  const repeatedWords = [...counts].filter(([, count]) => count > 1);
  if (repeatedWords.length > MAX_PIECES) repeatedWords.sort(([a, x], [b, y]) => y - x || byCodePoints(a, b));
  return [UNKNOWN, ...vocabularyOf(repeatedWords.slice(0, MAX_PIECES).map(([piece]) => piece))];
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
