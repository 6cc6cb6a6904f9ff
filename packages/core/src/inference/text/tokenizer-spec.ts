import { checkList, checkObject } from '../../checks/check.ts';
import { OptionError } from '../../checks/option-error.ts';
import { count, oneOf, positiveInteger, text } from '../../checks/options/index.ts';
import { has, show } from '../../checks/show.ts';

/** Piece of a vocabulary that stands for all characters or words that the vocabulary lacks. */
export const UNKNOWN = '<unk>';

/** Tokenizer of a model, as plain JSON: it rebuilds the tokenizer, and is stored in model files. */
export type TokenizerSpec =
  | {
      /** A token for each character (Unicode code point). */
      readonly kind: 'characters';
      /** The known characters, in the order of their tokens; '<unk>' stands for all others. */
      readonly vocabulary: readonly string[];
    }
  | {
      /** A token for each word, with the space before it; for each run of punctuation; and for each other space. */
      readonly kind: 'words';
      /** The known words, in the order of their tokens; '<unk>' stands for all others. */
      readonly vocabulary: readonly string[];
    }
  | {
      /** A token for each byte of UTF-8: 256 of them, which spell any text. */
      readonly kind: 'bytes';
    }
  | {
      /** Byte pairs learned from a text: 256 bytes, which spell any text, and unions of two earlier tokens each. */
      readonly kind: 'bpe';
      /** The unions in the order of their tokens, from 256 on: a character (U+0000 to U+00FF) for each byte. */
      readonly merges: readonly string[];
    }
  | {
      /** The byte pairs of GPT-2: 50,257 tokens, which spell any text. Tables come from a library (in Node only). */
      readonly kind: 'gpt2';
    }
  | HuggingFaceTokenizer;

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

/** The tokenizer of a model of Hugging Face. A library runs it (in Node only). */
export interface HuggingFaceTokenizer {
  /** Its kind. */
  readonly kind: 'huggingface';
  /** V: number of tokens of the network, which may be more than the tokenizer has. */
  readonly size: number;
  /** Tokens that end a text which is written. */
  readonly end: readonly number[];
  /** The text of the file tokenizer.json. */
  readonly tokenizer: string;
  /** The text of the file tokenizer_config.json. */
  readonly config: string;
}

/** Name of a tokenizer that needs no file. `bpe:4096` learns byte pairs from the text, up to so many tokens. */
export type TokenizerName = 'characters' | 'bytes' | 'words' | 'gpt2' | `bpe:${number}`;

/** The names of all tokenizers; that of byte pairs is followed by their number. */
export const tokenizerNames = { characters: true, bytes: true, words: true, gpt2: true, bpe: true } satisfies Record<
  Exclude<TokenizerSpec['kind'], 'huggingface'>,
  true
>;

/** Tokens that are a byte, and the most tokens of byte pairs: as many as fit into 16 bits. */
const BYTES = 256;
const MAX_BYTE_PAIRS = 65_536;

/** The number of tokens of `bpe:4096`; undefined for another name. @throws OptionError for a number out of range. */
export function bytePairsOf(where: string, name: string, value: unknown): number | undefined {
  if (typeof value !== 'string' || !/^bpe(?::|$)/.test(value)) return undefined;
  const size = /^bpe:[1-9]\d{0,5}$/.test(value) ? Number(value.slice(4)) : 0;
  if (size > BYTES && size <= MAX_BYTE_PAIRS) return size;
  const expected = `bpe:<tokens>, from bpe:${BYTES + 1} to bpe:${MAX_BYTE_PAIRS}, such as bpe:4096`;
  throw new OptionError(where, name, `has ${show(value)}, expected ${expected}`);
}

/** Returns the tokenizer if it is valid. @throws OptionError naming the invalid part. */
export function checkTokenizer(where: string, path: string, value: unknown): TokenizerSpec {
  const fields: Partial<Record<string, unknown>> = checkObject(
    where,
    path,
    value,
    'an object with the kind of a tokenizer',
  );
  if (fields.kind === 'huggingface') return checkHuggingFace(where, path, fields);
  const kind = oneOf(tokenizerNames).check(where, `${path}.kind`, fields.kind);
  if (kind === 'bpe') return { kind, merges: checkMerges(where, path, fields) };
  const hasVocabulary = kind === 'characters' || kind === 'words';
  const keys = hasVocabulary ? ['kind', 'vocabulary'] : ['kind'];
  if (Object.keys(fields).some((key) => !keys.includes(key))) {
    throw new OptionError(where, path, `has ${show(Object.keys(fields))}, expected the keys ${keys.join(' and ')}`);
  }
  if (!hasVocabulary) return { kind };
  const name = `${path}.vocabulary`;
  const expected = `a list of ${kind}, each of them once`;
  const pieces = checkList(where, name, fields.vocabulary as readonly unknown[], expected);
  const uniquePieces = new Set<unknown>();
  for (const [token, piece] of pieces.entries()) {
    const isPiece =
      typeof piece === 'string' && piece !== '' && (kind === 'words' || piece === UNKNOWN || [...piece].length === 1);
    if (!isPiece || uniquePieces.has(piece)) {
      throw new OptionError(where, `${name}.${token}`, `${has(piece)}, expected ${expected}`);
    }
    uniquePieces.add(piece);
  }
  return { kind, vocabulary: pieces as readonly string[] };
}

function checkMerges(where: string, path: string, { kind: _, merges, ...others }: Partial<Record<string, unknown>>) {
  const other = Object.keys(others)[0];
  if (other !== undefined) throw new OptionError(where, path, `has the key ${show(other)}, expected kind and merges`);
  const expected = 'two or more characters from U+0000 to U+00FF, each text once';
  const unions = checkList(where, `${path}.merges`, merges as readonly unknown[], `a list of ${expected}`);
  const known = new Set<unknown>();
  for (const [k, union] of unions.entries()) {
    const isBytes = typeof union === 'string' && union.length > 1 && [...union].every((byte) => byte <= '\u00ff');
    if (!isBytes || known.has(union))
      throw new OptionError(where, `${path}.merges.${k}`, `${has(union)}, expected ${expected}`);
    known.add(union);
  }
  return unions as readonly string[];
}

function checkHuggingFace(where: string, path: string, fields: Partial<Record<string, unknown>>): HuggingFaceTokenizer {
  const { kind: _, size, end, tokenizer, config, ...others } = fields;
  const other = Object.keys(others)[0];
  if (other !== undefined) {
    throw new OptionError(where, path, `has the key ${show(other)}, expected kind, size, end, tokenizer and config`);
  }
  const V = positiveInteger.check(where, `${path}.size`, size);
  const ends = checkList(where, `${path}.end`, end as readonly unknown[], 'a list of tokens').map((token, k) =>
    count.check(where, `${path}.end.${k}`, token),
  );
  const textOf = (name: string, value: unknown) =>
    text('the text of a JSON file').check(where, `${path}.${name}`, value);
  return {
    kind: 'huggingface',
    size: V,
    end: ends,
    tokenizer: textOf('tokenizer', tokenizer),
    config: textOf('config', config),
  };
}
