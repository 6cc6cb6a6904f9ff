import { textDataset } from '@gradloom/runtime';
import { expect, test } from 'vitest';
import { countNGrams } from '../../../../../packages/cli/src/lab/figures/n-grams.ts';

/** Both losses from the text itself: `train` and `held` are tokens with the one before each. */
function lossesOf(V: number, train: readonly string[], held: readonly string[]): [number, number] {
  const count = (of: (pair: string) => boolean) => train.filter(of).length;
  const single = (c: string) => (count((pair) => pair[1] === c) + 0.5) / (train.length + V / 2);
  const after = ([b, c]: string) =>
    (count((pair) => pair === b + c) + single(c)) / (count((pair) => pair[0] === b) + 1);
  const meanOf = (p: (pair: string) => number) => held.reduce((sum, pair) => sum - Math.log(p(pair)), 0) / held.length;
  return [meanOf((pair) => single(pair[1])), meanOf(after)];
}

const pairsOf = (text: string): string[] => [...text].slice(1).map((c, k) => text[k] + c);

test('the losses of single tokens and pairs, counted in the training text and measured on the other', async () => {
  const text = 'abracadabra, cadabra, a bar and a card. ';
  const sets = await textDataset(text, { context: 4, validation: 0.3 });
  const train = text.slice(0, 28);
  const windows = text.slice(28, 28 + 2 * 4 + 1); // two of four tokens, and the last to predict
  const found = countNGrams(sets);
  const [unigram, bigram] = lossesOf(new Set(text).size, pairsOf(train), pairsOf(windows));
  expect(found?.unit).toBe('letters');
  expect(found?.unigram).toBeCloseTo(unigram, 12);
  expect(found?.bigram).toBeCloseTo(bigram, 12);
});

test('in lines, padding counts nowhere', async () => {
  const lines = ['ana', 'bo', 'nan', 'o', 'abba', 'on'];
  const sets = await textDataset(lines.join('\n'), { lines: true, validation: 1 / 3 });
  const rowsOf = ({ inputs, targets, rows }: typeof sets.train) =>
    Array.from({ length: rows * inputs.columns }, (_, i) => [inputs.array[i], targets.array[i]])
      .filter(([, t]) => t >= 0)
      .map(([x, t]) => String.fromCharCode(97 + x, 97 + t));
  const held = sets.validation === undefined ? [] : rowsOf(sets.validation);
  const [unigram, bigram] = lossesOf(sets.train.classes ?? 0, rowsOf(sets.train), held);
  const found = countNGrams(sets);
  expect([found?.unigram, found?.bigram]).toEqual([expect.closeTo(unigram, 12), expect.closeTo(bigram, 12)]);
});

test('more kinds of tokens than fit into a table are counted in a map; without a validation text there is nothing', async () => {
  const words = Array.from({ length: 12_000 }, (_, k) => `w${k % 5000}`).join(' ');
  const sets = await textDataset(words, { tokenizer: 'words', context: 4 });
  const found = countNGrams(sets);
  expect(found?.unigram).toBeGreaterThan(8);
  expect(found?.bigram).toBeLessThan(5);
  expect(countNGrams(await textDataset(words, { validation: 0 }))).toBe(null);
});
