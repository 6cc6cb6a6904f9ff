export { bytePairs } from './byte-pairs.ts';
export { createTextEncoder, encodeText, type TextEncoder } from './text-encoder.ts';
export { commonVocabulary, createTokenizer, piecesOf, TextError, type Tokenizer, vocabularyOf } from './tokenizer.ts';
export { checkTokenizer, type TokenizerName, type TokenizerSpec, tokenizerNames } from './tokenizer-spec.ts';
