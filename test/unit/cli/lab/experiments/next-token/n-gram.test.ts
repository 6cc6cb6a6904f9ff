import { expect, test } from 'vitest';
import { nGramLoss } from '../../../../../../packages/cli/src/lab/experiments/next-token/language-model.ts';

// Of 'ab' and its end: three symbols, each once; 1/2 is added to each of 27 counts, 13.5 to their sum.
test('a unigram model counts symbols', () => {
  expect(nGramLoss(1, ['ab'], ['ab'])).toBeCloseTo(Math.log((3 + 13.5) / 1.5), 12);
  expect(nGramLoss(1, ['ab'], ['c'])).toBeCloseTo((Math.log(16.5 / 0.5) + Math.log(16.5 / 1.5)) / 2, 12);
});

test('a bigram model counts what follows a symbol, the start of a word among them', () => {
  expect(nGramLoss(2, ['ab'], ['ab'])).toBeCloseTo(Math.log(14.5 / 1.5), 12);
  // b at the start and an end after b: the first was never seen, the second once.
  expect(nGramLoss(2, ['ab'], ['b'])).toBeCloseTo((Math.log(14.5 / 0.5) + Math.log(14.5 / 1.5)) / 2, 12);
});

test('without words, all symbols are equally likely', () => {
  for (const n of [1, 2, 3]) expect(nGramLoss(n, [], ['word'])).toBeCloseTo(Math.log(27), 12);
});

test('a trigram model tells apart what a bigram model cannot', () => {
  const train = Array.from({ length: 1000 }, () => ['xab', 'yac']).flat();
  expect(nGramLoss(3, train, ['xab'])).toBeLessThan(nGramLoss(2, train, ['xab']) - 0.1);
});
