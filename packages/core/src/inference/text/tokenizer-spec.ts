import { checkList, checkObject } from '../../checks/check.ts';
import { OptionError } from '../../checks/option-error.ts';
import { oneOf } from '../../checks/options/index.ts';
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
    };

/** Name of a tokenizer. */
export type TokenizerName = TokenizerSpec['kind'];

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
