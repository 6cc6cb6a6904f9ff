import { createRandom } from '@gradloom/core';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { checkSearch, spaceOf } from '../../../../../packages/cli/src/commands/search/config.ts';
import { standingsOf, survivors } from '../../../../../packages/cli/src/commands/search/outcome.ts';
import { drawPoint, gridOf } from '../../../../../packages/cli/src/commands/search/space.ts';
import { roundsOf, trialsOf } from '../../../../../packages/cli/src/commands/search/trials.ts';
import { propertySeed } from '../../../../support/seed.ts';

const space = (search: Record<string, unknown>) => spaceOf('here', { search });
const options = { dataset: 'moons' };

describe('a space', () => {
  test('draws numbers of a range, whole where the option is, and values of a list', () => {
    const dimensions = space({
      lr: { from: 1e-4, to: 0.1, scale: 'log' },
      batch: { from: 8, to: 10 },
      dropout: { from: 0, to: 0.5, step: 0.25 },
      hidden: [[8], [32, 32], 'none'],
    });
    fc.assert(
      fc.property(fc.nat(), (seed) => {
        const { lr, batch, dropout, hidden } = drawPoint(dimensions, createRandom(seed, 'test'));
        expect(lr).toBeGreaterThanOrEqual(1e-4);
        expect(lr).toBeLessThanOrEqual(0.1);
        expect([8, 9, 10]).toContain(batch);
        expect([0, 0.25, 0.5]).toContain(dropout);
        expect([[8], [32, 32], 'none']).toContainEqual(hidden);
      }),
      { seed: propertySeed },
    );
  });

  test('has each decade of a log range and each whole number as often', () => {
    const dimensions = space({ lr: { from: 1e-4, to: 0.1, scale: 'log' }, batch: { from: 1, to: 3 } });
    const points = Array.from({ length: 3000 }, (_, k) => drawPoint(dimensions, createRandom(k, 'test')));
    for (const decade of [-4, -3, -2]) {
      const count = points.filter(({ lr }) => Math.floor(Math.log10(Number(lr))) === decade).length;
      expect(Math.abs(count - 1000)).toBeLessThan(120); // four and a half deviations
    }
    for (const batch of [1, 2, 3]) {
      expect(Math.abs(points.filter((point) => point.batch === batch).length - 1000)).toBeLessThan(120);
    }
  });

  test('as a grid has every combination once, the last option changing fastest', () => {
    const points = gridOf(
      'here',
      space({
        lr: { from: 0.001, to: 0.1, scale: 'log', count: 3 },
        batch: { from: 8, to: 24, step: 8 },
        hidden: [[4], [8]],
      }),
    );
    expect(points).toHaveLength(18);
    expect(new Set(points.map((point) => JSON.stringify(point))).size).toBe(18);
    expect(points.slice(0, 3)).toEqual([
      { lr: 0.001, batch: 8, hidden: [4] },
      { lr: 0.001, batch: 8, hidden: [8] },
      { lr: 0.001, batch: 16, hidden: [4] },
    ]);
    expect([...new Set(points.map(({ lr }) => lr))]).toEqual([0.001, 0.01, 0.1]);
  });

  test('gives trials that all differ, the same ones for the same seed, more of them where more are asked for', () => {
    const dimensions = space({ batch: [8, 16], hidden: [[4], [8]] });
    const drawn = (runs: number, seed: number) => trialsOf('here', { method: 'random', runs, seed }, dimensions);
    expect(drawn(50, 0)).toHaveLength(4);
    expect(new Set(drawn(50, 0).map(({ point }) => JSON.stringify(point))).size).toBe(4);
    const wide = space({ lr: { from: 1e-4, to: 0.1, scale: 'log' } });
    const trials = (runs: number, seed: number) => trialsOf('here', { method: 'random', runs, seed }, wide);
    expect(trials(9, 1)).toEqual(trials(9, 1));
    expect(trials(9, 1)).not.toEqual(trials(9, 2));
    expect(trials(9, 1).slice(0, 4)).toEqual(trials(4, 1));
  });
});

describe('halving', () => {
  const halving = { factor: 3, unit: 'steps' as const, from: null, to: null };

  test('ends with one trial at the full length, each round with a third of the trials and three times the steps', () => {
    const rounds = roundsOf(27, halving, 2700).map(({ length, count }) => [count, length?.count]);
    expect(rounds).toEqual([
      [27, 100],
      [9, 300],
      [3, 900],
      [1, 2700],
    ]);
  });

  test('ends at the full length where it is no multiple of the first, without a round for the rest', () => {
    const rounds = roundsOf(4, halving, 1000).map(({ length, count }) => [count, length?.count]);
    expect(rounds).toEqual([
      [4, 333],
      [2, 1000],
    ]);
  });

  test('has rounds that never grow in trials nor shrink in length, and none beyond the longest', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 300 }),
        fc.double({ min: 1.001, max: 8, noNaN: true }),
        fc.integer({ min: 1, max: 5000 }),
        fc.option(fc.integer({ min: 1, max: 6000 })),
        (trials, factor, to, from) => {
          const rounds = roundsOf(trials, { factor, unit: 'epochs', from, to: null }, to);
          expect(rounds[0].count).toBe(trials);
          for (const [k, { count, length }] of rounds.entries()) {
            expect(count).toBeLessThanOrEqual(rounds[Math.max(0, k - 1)].count);
            if (k > 0) expect(length?.count).toBeGreaterThan(rounds[k - 1].length?.count ?? 0);
            expect(length?.count).toBeLessThanOrEqual(to);
          }
        },
      ),
      { seed: propertySeed },
    );
  });

  test('lets the best go on, a diverged trial last', () => {
    const run = (trial: number, accuracy: number | null, loss: number) => ({
      trial,
      round: 1,
      fold: null,
      state: 'done' as const,
      figures: accuracy === null ? {} : { accuracy, loss },
      step: 5,
      early: false,
      fingerprint: null,
      elapsedMs: 1,
    });
    const outcomes = [run(1, 0.5, 1), run(2, null, 0), run(3, 0.9, 2), run(4, 0.9, 1)];
    const standings = standingsOf(outcomes, 'accuracy', null);
    expect(standings.map(({ trial }) => trial)).toEqual([4, 3, 1, 2]);
    expect(survivors(outcomes, 'accuracy', null, 1, 2)).toEqual([3, 4]);
    expect(survivors(outcomes, 'accuracy', null, 1, 4)).toEqual([1, 3, 4]);
    // A resume finds runs of the next round.
    const later = [...outcomes, { ...run(3, 0.1, 9), round: 2 }];
    expect(survivors(later, 'accuracy', null, 1, 2)).toEqual([3, 4]);
    const diverged = [...outcomes, { ...run(4, null, 0), round: 2 }];
    expect(standingsOf(diverged, 'accuracy', null).map(({ trial }) => trial)).toEqual([3, 1, 4, 2]);
  });

  test('counts a trial once all of its folds are there, by their mean', () => {
    const run = (trial: number, fold: number, r2: number) => ({
      trial,
      round: 1,
      fold,
      state: 'done' as const,
      figures: { r2, loss: 1 },
      step: 5,
      early: false,
      fingerprint: null,
      elapsedMs: 1,
    });
    const [one, ...none] = standingsOf([run(1, 2, 0.5), run(2, 1, 0.9), run(1, 1, 0.7)], 'r2', 2);
    expect(none).toEqual([]);
    expect(one).toMatchObject({ trial: 1, rank: 1 });
    expect(one.score).toBeCloseTo(0.6, 12);
    expect(one.deviation).toBeCloseTo(Math.SQRT2 / 10, 12);
  });
});

test.each([
  [{ search: {} }, 'search has {}, expected options and their values, such as { "lr": [0.01, 0.1] }'],
  [
    { search: { lr: 0.1 } },
    /search lr has 0.1, expected a list of values, or a range .* \(a single value belongs into options\)/,
  ],
  [{ search: { lr: [] } }, 'search lr has no values, expected at least one'],
  [{ search: { lr: [-1] } }, 'search lr has -1, expected a number of at least 0'],
  [{ search: { lr: { from: 1, to: 0.1 } } }, 'search lr: from has 1, expected less than to, 0.1'],
  [{ search: { lr: { from: 0, to: 1, scale: 'log' } } }, 'search lr: from has 0, expected more than 0 with scale log'],
  [
    { search: { lr: { from: 0, to: 1, scale: 'logg' } } },
    'search lr: scale has "logg", expected one of linear, log (did you mean log?)',
  ],
  [{ search: { lr: { from: 0 } } }, 'search lr: to is missing, expected a number'],
  [{ search: { batchsize: [1] } }, /search has "batchsize", expected options of train that change its result/],
  [{ search: { out: ['x'] } }, /search has "out", expected options of train that change its result/],
  ...['dataset', 'target', 'validation', 'test'].map((key): [object, string] => [
    { search: { [key]: ['a'] } },
    `search has ${key}, expected it in options (figures on different rows do not compare)`,
  ]),
  [{ search: { folds: [3] } }, 'search has folds, expected it beside search, as folds'],
  [
    { search: { lr: [1] }, options: { folds: 3 } },
    'options: folds has 3, expected folds beside options, for the whole search',
  ],
  [{ search: { steps: [1, 2] }, method: 'halving' }, 'search has steps, expected none with method halving'],
  [{ search: { lr: [1] }, runs: 1e9 }, 'runs has 1000000000, expected a whole number from 1 to 100000'],
  [
    { search: { loss: ['mse', 'mae'] }, metric: 'validation-loss' },
    'metric has "validation-loss", expected another where search has loss (losses of different kinds do not compare)',
  ],
  [{ search: { lr: [1] }, method: 'bayes' }, 'method has "bayes", expected one of grid, random, halving'],
  [{ search: { lr: [1] }, metric: 'f2' }, /metric has "f2", expected one of validation-loss, accuracy/],
  [{ search: { lr: [1] }, folds: 1 }, 'folds has 1, expected a whole number of at least 2'],
  [
    { search: { lr: [1] }, method: 'grid', runs: 3 },
    'runs has 3, expected none with method grid, which has a run for each point',
  ],
  [
    { search: { lr: { from: 1, to: 2 } }, method: 'grid' },
    'search lr has a range, expected step or count beside it for a grid',
  ],
  [
    { search: { lr: [1] }, options: { ...options, lr: 1 } },
    'lr is in options and in search, expected it in one of the two',
  ],
  [
    { search: { lr: [1] }, options: { ...options, json: true } },
    /options: json has true, expected the file not to set it/,
  ],
  [{ search: { lr: [1] }, halving: {} }, 'halving has {}, expected none without method halving'],
  [
    { search: { lr: [1] }, method: 'halving', halving: { factor: 1 } },
    'halving: factor has 1, expected a number above 1',
  ],
  [{ search: { lr: [1] }, run: 5 }, /option "run" is unknown, expected options, search, .*did you mean runs/],
])('%j is refused', (file, sentence) => {
  expect(() => checkSearch('here', { options, ...file })).toThrow(sentence);
});
