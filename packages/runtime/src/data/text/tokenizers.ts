import {
  createTokenizer as createPlain,
  type Tokenizer,
  type TokenizerLoader,
  type TokenizerSpec,
} from '@gradloom/core';
import { checkTokenizer } from '@gradloom/core/internal';
import { gpt2 } from './gpt2.ts';
import { huggingFace } from './hugging-face.ts';

/** Creates a tokenizer that a library runs. @throws Error if the library is not installed. */
export const loadTokenizer: TokenizerLoader = (spec) => {
  const checked = checkTokenizer('loadTokenizer', 'spec', spec);
  return checked.kind === 'huggingface' ? huggingFace(checked) : gpt2();
};

/** Creates the tokenizer of a model. @throws Error if it needs a library that is not installed. */
export const createTokenizer = (spec: TokenizerSpec): Tokenizer => createPlain(spec, loadTokenizer);
