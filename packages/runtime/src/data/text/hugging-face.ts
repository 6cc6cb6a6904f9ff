import { type HuggingFaceTokenizer, TextError, type Tokenizer } from '@gradloom/core';
import { reasonOf, show } from '@gradloom/core/internal';
import { requireInstalled } from '../../system/installed.ts';

/** The methods of @huggingface/tokenizers that are called. */
interface Library {
  encode(text: string, options: { add_special_tokens: boolean }): { readonly ids: readonly (number | undefined)[] };
  id_to_token(token: number): string | undefined;
  decode(tokens: number[], options: { skip_special_tokens: boolean; clean_up_tokenization_spaces: boolean }): string;
}

let last: Tokenizer | undefined;

/** The tokenizer of a model of Hugging Face. The last one stays in memory. */
export function huggingFace(spec: HuggingFaceTokenizer): Tokenizer {
  const known = last?.spec as HuggingFaceTokenizer | undefined;
  const isKnown = known?.size === spec.size && String(known.end) === String(spec.end);
  if (last !== undefined && isKnown && known.tokenizer === spec.tokenizer && known.config === spec.config) return last;
  last = create(spec);
  return last;
}

function create(spec: HuggingFaceTokenizer): Tokenizer {
  const { size, end } = spec;
  const library = open(spec);
  const idsOf = (text: string, withFrame: boolean): number[] =>
    asTokenizerError(() => library.encode(text, { add_special_tokens: withFrame }).ids).map((id, at) => {
      if (id !== undefined && id < size) return id;
      if (id === undefined) throw new TextError(0, `${show(text)} with a part that is no token`, 'known parts alone');
      throw new TextError(at, `the token ${id}`, `a whole number from 0 to ${size - 1}`);
    });
  // The network may have more tokens than the tokenizer.
  const isKnown = (token: number): boolean => library.id_to_token(token) !== undefined;
  const textOf = (tokens: readonly number[]): string => {
    const known = tokens.filter(isKnown);
    const options = { skip_special_tokens: true, clean_up_tokenization_spaces: false };
    return known.length === 0 ? '' : asTokenizerError(() => library.decode(known, options));
  };
  // A text goes on after what was written, so it is decoded after a letter: decoders may cut the space in front.
  const letter = idsOf('a', false).slice(-1);
  const letterText = textOf(letter);
  return {
    spec,
    size,
    end,
    frame: frameOf(idsOf('a', false), idsOf('a', true)),
    encode: (text) => Uint32Array.from(idsOf(text, false)),
    decode(tokens) {
      const list = Array.from(tokens, (token, at) => {
        if (Number.isInteger(token) && token >= 0 && token < size) return token;
        throw new TextError(at, `the token ${show(token)}`, `a whole number from 0 to ${size - 1}`);
      });
      return textOf([...letter, ...list]).slice(letterText.length);
    },
  };
}

/** Calls the library, which fails in its own words where rules of the file are missing. */
function asTokenizerError<T>(run: () => T): T {
  try {
    return run();
  } catch (error) {
    throw new TextError(0, `no tokens by the rules of its tokenizer (${reasonOf(error)})`, 'rules that are whole');
  }
}

/** The tokens that stand around those of a text. */
function frameOf(tokens: readonly number[], framedTokens: readonly number[]): NonNullable<Tokenizer['frame']> {
  const isAt = (start: number): boolean => tokens.every((token, i) => framedTokens[start + i] === token);
  const start = framedTokens.findIndex((_, at) => isAt(at));
  if (start === -1) return { before: [], after: [] };
  return { before: framedTokens.slice(0, start), after: framedTokens.slice(start + tokens.length) };
}

function open({ tokenizer, config }: HuggingFaceTokenizer): Library {
  const { Tokenizer } = requireLibrary();
  try {
    return new Tokenizer(JSON.parse(tokenizer), JSON.parse(config));
  } catch (error) {
    const expected = 'one that the package @huggingface/tokenizers knows';
    throw new Error(`huggingface: the tokenizer cannot be read (${reasonOf(error)}), expected ${expected}`, {
      cause: error,
    });
  }
}

function requireLibrary(): { readonly Tokenizer: new (tokenizer: object, config: object) => Library } {
  try {
    return requireInstalled('@huggingface/tokenizers') as ReturnType<typeof requireLibrary>;
  } catch (cause) {
    const expected = 'it beside @gradloom/runtime';
    throw new Error(`huggingface: @huggingface/tokenizers is not installed, expected ${expected}`, { cause });
  }
}
