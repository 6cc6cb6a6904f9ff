import { createTokenizer, type TokenizerSpec } from '@gradloom/runtime';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { bytePairFiles, piecesFiles, type TokenizerFiles, wordPieceFiles } from '../../../support/hugging-face.ts';
import { propertySeed } from '../../../support/seed.ts';

const specOf = ({ tokenizer, config }: TokenizerFiles, size = 300, end: number[] = []): TokenizerSpec => ({
  kind: 'huggingface',
  size,
  end,
  tokenizer: JSON.stringify(tokenizer),
  config: JSON.stringify(config),
});

test('byte pairs spell any text', () => {
  const tokenizer = createTokenizer(specOf(bytePairFiles()));
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), (text) => tokenizer.decode(tokenizer.encode(text)) === text),
    { seed: propertySeed, numRuns: 100 },
  );
  const the = 258;
  expect([...tokenizer.encode('the sand')].slice(0, 1)).toEqual([the - 1]);
  expect(tokenizer.frame).toEqual({ before: [], after: [] });
});

test('a text is decoded as it goes on after another, with the space before a word', () => {
  const tokenizer = createTokenizer(specOf(piecesFiles()));
  const tokens = [...tokenizer.encode('the and.')];
  expect(tokens.map((token) => tokenizer.decode([token]))).toEqual([' the', ' and', '.']);
  expect(tokenizer.decode(tokens)).toBe(' the and.');
  expect(tokenizer.frame).toEqual({ before: [1], after: [] });
  expect(tokenizer.decode([])).toBe('');
  // Bytes of a character, and tokens that the network alone has.
  expect(tokenizer.decode([3 + 0xc3, 3 + 0xa9, 299])).toBe('é');
});

test('pieces of words stand between the tokens that begin and end a text', () => {
  const tokenizer = createTokenizer(specOf(wordPieceFiles()));
  expect([...tokenizer.encode('The cats SAT')]).toEqual([5, 6, 11, 8]);
  expect(tokenizer.frame).toEqual({ before: [2], after: [3] });
});

test.each<[string, Partial<Record<string, unknown>>, string]>([
  ['no JSON', { tokenizer: 'tokens' }, 'huggingface: the tokenizer cannot be read ('],
  ['no model', { tokenizer: '{}' }, 'huggingface: the tokenizer cannot be read ('],
  ['no size', { size: 0 }, 'createTokenizer: spec.size has 0, expected a whole number of at least 1'],
  ['other keys', { words: [] }, 'createTokenizer: spec has the key "words", expected kind, size, end, tokenizer and'],
  ['a token that is none', { end: [-1] }, 'createTokenizer: spec.end.0 has -1, expected a whole number'],
])('%s is refused in a sentence', (_title, change, message) => {
  const spec = { ...specOf(wordPieceFiles()), ...change } as TokenizerSpec;
  expect(() => createTokenizer(spec)).toThrow(message);
});

test('a token beyond those of the network is refused', () => {
  const tokenizer = createTokenizer(specOf(wordPieceFiles(), 17));
  expect(() => tokenizer.encode('good')).toThrow('the token 17, expected a whole number from 0 to 16');
});
