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
      /** The byte pairs of GPT-2: 50,257 tokens, which spell any text. Tables come from a library (in Node only). */
      readonly kind: 'gpt2';
    }
  | HuggingFaceTokenizer;

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

/** Name of a tokenizer that needs no file. */
export type TokenizerName = Exclude<TokenizerSpec['kind'], 'huggingface'>;

/** The names of all tokenizers. */
export const tokenizerNames = { characters: true, bytes: true, words: true, gpt2: true } satisfies Record<
  TokenizerName,
  true
>;

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
