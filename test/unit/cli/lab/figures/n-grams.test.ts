import { complete } from '@gradloom/core/internal';
import { loadText, type TokenizerName, textDataset } from '@gradloom/runtime';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { countNGrams } from '../../../../../packages/cli/src/lab/figures/n-grams.ts';
import { baselineOf } from '../../../../../packages/cli/src/report/findings/baseline.ts';
import { propertySeed } from '../../../../support/seed.ts';
import { temporaryFolder } from '../../../../support/temporary-folder.ts';

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
  const losses = complete(countNGrams(sets));
  const [unigram, bigram] = lossesOf(new Set(text).size, pairsOf(train), pairsOf(windows));
  expect(losses?.unit).toBe('letters');
  expect(losses?.unigram).toBeCloseTo(unigram, 12);
  expect(losses?.bigram).toBeCloseTo(bigram, 12);
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
  const losses = complete(countNGrams(sets));
  expect([losses?.unigram, losses?.bigram]).toEqual([expect.closeTo(unigram, 12), expect.closeTo(bigram, 12)]);
});

test('more kinds of tokens than fit into a table are counted in a map; without a validation text there is nothing', async () => {
  const words = Array.from({ length: 12_000 }, (_, k) => `w${k % 5000}`).join(' ');
  const sets = await textDataset(words, { tokenizer: 'words', context: 4 });
  const losses = complete(countNGrams(sets));
  expect(losses?.unigram).toBeGreaterThan(8);
  expect(losses?.bigram).toBeLessThan(5);
  expect(complete(countNGrams(await textDataset(words, { validation: 0 })))).toBe(null);
});

test(`a text that streams has the figures of the text in memory (seed ${propertySeed})`, async () => {
  const folder = temporaryFolder();
  let texts = 0;
  const words = fc.constantFrom('a', 'bar', 'é', '語', '😀', "it's", '7', '\t');
  const lines = fc.array(fc.array(words, { minLength: 1, maxLength: 9 }), { minLength: 6, maxLength: 40 });
  const tokenizers = fc.constantFrom<TokenizerName>('characters', 'bytes', 'words', 'gpt2');
  const check = fc.asyncProperty(lines, tokenizers, fc.boolean(), async (drawn, tokenizer, byLine) => {
    const path = folder.write(`${texts++}.txt`, drawn.map((line) => line.join(' ')).join('\n'));
    const [streamed, held] = await Promise.all(
      [true, false].map(async (stream) => {
        const sets = await loadText(path, { tokenizer, lines: byLine, context: 2, validation: 0.4, stream });
        const measured = { rows: 1, loss: 0, accuracy: 0 };
        const { train, validation = train } = sets;
        return [train.targets.file !== undefined, countNGrams(sets), baselineOf(train, validation, measured)].map(
          (losses) => (typeof losses === 'boolean' ? losses : complete<unknown>(losses)),
        );
      }),
    );
    expect(streamed).toEqual([true, ...held.slice(1)]);
  });
  // More numbers than are read at once.
  const long = Array.from({ length: 20_000 }, (_, n) => ['a', 'bar', 'é'].slice(n % 3).concat('語', "it's"));
  const examples = [false, true].map((byLine): [string[][], TokenizerName, boolean] => [long, 'characters', byLine]);
  await fc.assert(check, { seed: propertySeed, numRuns: 30, examples });
});
