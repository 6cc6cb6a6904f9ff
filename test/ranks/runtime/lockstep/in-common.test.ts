import { expect, test } from 'vitest';
import type { Story } from '../../../support/lockstep-story.ts';
import { needs } from '../../../support/needs.ts';
import { runStories } from '../../../support/run-stories.ts';

/** Each run starts threads on each rank, beside other tests. */
const here = { timeout: 240_000, ...needs('Open MPI', 'koffi') };

const others: Story[] = [
  { options: {}, ofRank: { 1: { seed: 5 } } },
  { options: {}, ofRank: { 2: { backend: 'reference', clipNorm: 2 } } },
  { options: {}, otherRows: 1 },
  { options: {}, otherSpec: 2 },
  { options: {}, ofRank: { 1: { batch: 0 } } },
  { options: { epochs: 1 } },
];

/** An option that only one rank has, and the words about it in the error. */
const optionMistakes: [options: Story['options'], sentence: string][] = [
  [{ shuffle: false }, 'shuffle has true on rank 0 (HOST), false on rank 1 (HOST)'],
  [{ optimizer: { kind: 'sgd', lr: 0.5 } }, 'optimizer.kind has "adam" on rank 0 (HOST), "sgd" on rank 1 (HOST)'],
  [{ loss: 'mse' }, 'loss has "softmax-cross-entropy" on rank 0 (HOST), "mse" on rank 1 (HOST)'],
  [{ ema: 0.9 }, 'ema has none on rank 0 (HOST), 0.9 on rank 1 (HOST)'],
  [{ epochs: 4 }, 'totalSteps has 18 on rank 0 (HOST), 24 on rank 1 (HOST)'],
  [{ precision: 'float32' }, 'precision has none on rank 0 (HOST), "float32" on rank 1 (HOST)'],
  [{ overlap: false }, 'overlap has true on rank 0 (HOST), false on rank 1 (HOST)'],
  [{ retries: 9 }, 'retries has 3 on rank 0 (HOST), 9 on rank 1 (HOST)'],
  [{ evaluateTest: true }, 'evaluateTest has false on rank 0 (HOST), true on rank 1 (HOST)'],
  [{ evaluateTraining: true }, 'evaluateTraining has false on rank 0 (HOST), true on rank 1 (HOST)'],
  [{ probe: 7 }, 'probe has null on rank 0 (HOST), '],
  [{ profile: true }, 'profile has false on rank 0 (HOST), true on rank 1 (HOST)'],
];
const ownStories = optionMistakes.map(([options]): Story => ({ options: {}, ofRank: { 1: options as object } }));

const story = { options: { epochs: 1 }, strides: [4] } satisfies Story;
const strays: Story[] = [{ ...story, strays: [1, 'setRate'] }, { ...story, strays: [1, 'evaluate'] }, story];

let begun: ReturnType<typeof runStories> | undefined;

/** Output of three ranks for these stories; one job runs all of them. */
async function reportsOf(stories: readonly Story[]): ReturnType<typeof runStories> {
  const all = [...others, ...ownStories, ...strays];
  begun ??= runStories('Open MPI', 3, all);
  return (await begun).slice(all.indexOf(stories[0]), all.indexOf(stories[0]) + stories.length);
}

test(
  'what ranks have to have in common is compared before the first step, and the sentence says who has what',
  here,
  async () => {
    const [seeds, backends, rows, networks, bad, same] = await reportsOf(others);
    const each = (reports: typeof seeds, sentence: RegExp): void => {
      for (const { error } of reports) expect(error).toMatch(sentence);
    };
    each(seeds, /^train: seed has 0 on rank 0 \(.+\), 5 on rank 1 \(.+\): expected the same on all ranks$/);
    // Backends of the same bits may differ.
    each(backends, /^train: clipNorm has null on rank 0 \(.+\), 2 on rank 2 \(.+\): expected the same on all ranks$/);
    each(rows, /the SHA-256 of the train rows of random has [0-9a-f]{12}… on rank 0 \(.+\), [0-9a-f]{12}… on rank 1/);
    each(
      networks,
      /network.layers\[0\].out has 96 on rank 0 \(.+\), 64 on rank 2 \(.+\); network.layers\[1\].kind has/,
    );
    const mistake = 'train: batch has 0, expected a whole number of at least 1, or full';
    const of = `cluster: rank 1 of 3 has failed: ${mistake}`;
    expect(bad.map(({ error }) => error)).toEqual([of, mistake, of]);
    expect(new Set(same.map(({ fingerprint }) => fingerprint)).size).toBe(1);
  },
);

test('no option that decides a bit or an exchange may differ', here, async () => {
  const reports = await reportsOf(ownStories);
  for (const [k, [options, sentence]] of optionMistakes.entries()) {
    for (const { error = 'none' } of reports[k]) {
      expect(error.replaceAll(/\([^()]+\)/g, '(HOST)'), JSON.stringify(options)).toContain(sentence);
    }
  }
});

test('ranks have to make the same calls of a trainer; the error names the rank that does not', here, async () => {
  const [rates, calls, after] = await reportsOf(strays);
  const of = '(every rank has to make the same calls)';
  const rate = `train: rate has 0.5 on rank 1, expected that of rank 0, none ${of}`;
  expect(rates.map(({ error }) => error)).toEqual([rate, rate, rate]);
  const step = `train: step has none on rank 1, expected that of rank 0, 4 ${of}`;
  // A rank may hear of it before it finds it itself.
  for (const { error } of calls) expect(error).toMatch(/^(cluster: rank [02] of 3 has failed: )?train: step has none/);
  for (const { error } of calls) expect(error).toContain(step);
  expect(new Set(after.map(({ fingerprint }) => fingerprint)).size).toBe(1);
  expect(after[0].fingerprint).toMatch(/^[0-9a-f]{64}$/);
});
