import { createTokenizer as createPlain, TextError, type Tokenizer, type TokenizerSpec } from '@gradloom/core';
import { checkTokenizer, show } from '@gradloom/core/internal';
import { requireInstalled } from '../../system/installed.ts';

/** The used part of js-tiktoken. */
interface Tiktoken {
  encode(text: string, allowedSpecial: readonly string[], disallowedSpecial: readonly string[]): number[];
  decode(tokens: readonly number[]): string;
}

/** Creates the tokenizer of a model. @throws Error if the tables of GPT-2 are needed and not installed. */
export const createTokenizer = (spec: TokenizerSpec): Tokenizer =>
  createPlain(spec, checkTokenizer('createTokenizer', 'spec', spec).kind === 'gpt2' ? gpt2() : undefined);

let loaded: Tokenizer | undefined;

/** The tokenizer of GPT-2, loaded on first use: its tables take 0.2 s. The names of special tokens are plain text. */
export function gpt2(): Tokenizer {
  loaded ??= load();
  return loaded;
}

function load(): Tokenizer {
  const { size, spec } = createPlain({ kind: 'gpt2' });
  const library = open();
  return {
    spec,
    size,
    encode: (text) => Uint32Array.from(library.encode(text, [], [])),
    decode(tokens) {
      const list = Array.from(tokens);
      const at = list.findIndex((token) => !(Number.isInteger(token) && token >= 0 && token < size));
      if (at === -1) return library.decode(list);
      throw new TextError(at, `has the token ${show(list[at])}, expected a whole number from 0 to ${size - 1}`);
    },
  };
}

function open(): Tiktoken {
  try {
    const { Tiktoken } = requireInstalled('js-tiktoken/lite') as { Tiktoken: new (ranks: unknown) => Tiktoken };
    return new Tiktoken(requireInstalled('js-tiktoken/ranks/gpt2'));
  } catch (cause) {
    throw new Error('gpt2: js-tiktoken is not installed, expected it beside @gradloom/runtime', { cause });
  }
}
