import { existsSync, mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { parts } from '@gradloom/runtime/internal';
import { describe, expect, test } from 'vitest';
import { type RankReport, tell } from '../../../support/lockstep-program.ts';
import type { Story } from '../../../support/lockstep-story.ts';
import { mpirunNames } from '../../../support/mpirun.ts';
import { needs } from '../../../support/needs.ts';
import { runStories } from '../../../support/run-stories.ts';
import { temporaryFolder } from '../../../support/temporary-folder.ts';

const temporary = temporaryFolder();

/** What one process tells of a story, as it is written to a file. */
const alone = async (story: Story): Promise<RankReport> =>
  JSON.parse(JSON.stringify(await tell({ ...story, ofRank: {} }, undefined, story.folder)));

/** Without what only a clock knows. */
const figuresOf = ({ fingerprint, steps, stopped, trainLosses, validation, test: tested }: RankReport) => ({
  ...{ fingerprint, steps, stopped, trainLosses, validation, test: tested },
});

/** Kinds of runs whose ranks have to agree on more than on the steps. */
const kinds: Record<string, Story> = {
  'a moving average and looks': { options: { ema: 0.9, probe: 7, clipNorm: 1 } },
  'weights of classes and a plateau': {
    options: { classWeight: 'balanced', schedule: { kind: 'plateau', patienceEpochs: 1 }, epochs: 5 },
  },
  'early stopping': { options: { patience: 2, epochs: 30, optimizer: { kind: 'adam', lr: 0.02 } } },
  'a rollback': {
    options: {
      ...{ loss: 'mse', optimizer: { kind: 'sgd', lr: 0.1, momentum: 0.5 }, epochs: 6, evaluateEvery: 2 },
      ...{ schedule: { kind: 'step', everyEpochs: 2, gamma: 16 }, onNan: 'rollback' },
    },
  },
  'a step that is not finite': { options: { loss: 'mse', optimizer: { kind: 'sgd', lr: 1e4 } } },
  'a batch norm': { options: { ema: 0.9 }, couples: true },
  'a batch norm, and a step that is not finite': {
    options: { loss: 'mse', optimizer: { kind: 'sgd', lr: 1e200 } },
    couples: true,
  },
  'a loop of its own': { options: {}, strides: [1, 5, 2] },
};

/** Runs whose rows depend on each other, and which end in a step that is not finite. */
const bad: Record<string, Story> = {
  'a row that is too large': { options: {}, spikes: { 33: 1.7e308 } },
  'outputs that overflow in several rows and layers': {
    options: { batch: 'full', epochs: 2 },
    spikes: { 40: 1e200, 310: 1.7e308, 590: 1.7e308 },
  },
  'a gradient whose norm alone overflows': { options: { loss: 'mse', optimizer: { kind: 'sgd', lr: 1e160 } } },
  'a gradient that overflows as it is summed': {
    options: { batch: 'full', epochs: 2, loss: 'mse', optimizer: { kind: 'sgd', lr: 1e306 } },
  },
  'rates that are too large': { options: { batch: 'full', epochs: 3, optimizer: { kind: 'sgd', lr: 1e300 } } },
  'a loss that overflows': { options: { batch: 96, loss: 'mse', optimizer: { kind: 'sgd', lr: 1e155 } } },
  floats: { options: { precision: 'float32', batch: 96, loss: 'mse', optimizer: { kind: 'sgd', lr: 1e18 } } },
  'floats whose sum overflows': {
    options: { precision: 'float32', batch: 'full', loss: 'mse', optimizer: { kind: 'sgd', lr: 1e37 } },
  },
};

/** Each run starts threads on each rank, beside other tests. */
const PATIENCE_MS = 240_000;

describe('ranks', () => {
  test.each([
    ['Open MPI', 3],
    ['MPICH', 2],
  ] as const)(
    'under %s, %i of them, end as one process does, and rank 0 alone reports',
    {
      timeout: PATIENCE_MS,
      ...needs('Open MPI', 'MPICH', 'koffi'),
    },
    async (name, ranks) => {
      const stories = Object.values(kinds);
      const told = await runStories(name, ranks, stories);
      for (const [k, story] of stories.entries()) {
        const one = await alone(story);
        const kind = Object.keys(kinds)[k];
        const [first, ...others] = told[k];
        expect({ kind, ...figuresOf(first), error: first.error }).toEqual({
          kind,
          ...figuresOf(one),
          error: one.error,
        });
        expect(toldBy(first)).toEqual(toldBy(one));
        for (const other of others) {
          expect({ ...figuresOf(other), error: other.error }).toEqual({ ...figuresOf(first), error: first.error });
          expect(other.events).toEqual([]);
        }
      }
    },
  );
});

test('the first thread of each rank has its exchanges in its profile', needs('Open MPI', 'koffi'), async () => {
  const story: Story = { options: { profile: true, threads: 2, epochs: 6, clipNorm: 1 }, couples: true };
  const { fingerprint, profiles: plain = [] } = await alone(story);
  expect(plain.map(({ exchange }) => exchange)).toEqual([0, 0]);
  const [told] = await runStories('Open MPI', 2, [story]);
  for (const { fingerprint: own, profiles = [], elapsedMs = 0 } of told) {
    expect(own).toBe(fingerprint);
    expect(profiles.map(({ exchange }) => exchange > 0)).toEqual([true, false]);
    for (const profile of profiles) expect(parts.reduce((sum, part) => sum + profile[part], 0)).toBeLessThan(elapsedMs);
  }
});

describe('a step that is not finite, of rows that depend on each other', () => {
  test.each([
    ['Open MPI', 3],
    ['MPICH', 2],
  ] as const)(
    'has under %s, on %i ranks, the sentence of one process',
    { timeout: PATIENCE_MS, ...needs('Open MPI', 'MPICH', 'koffi') },
    async (name, ranks) => {
      const stories = Object.values(bad).map((story) => ({ ...story, couples: true }));
      const told = await runStories(name, ranks, stories);
      for (const [k, story] of stories.entries()) {
        const { error } = await alone(story);
        expect(error).toMatch(/^train: step \d+/);
        const ofRanks = Array.from({ length: ranks }, () => error);
        expect(
          told[k].map((report) => report.error),
          Object.keys(bad)[k],
        ).toEqual(ofRanks);
      }
    },
  );
});

/** Events without times and the machine. */
const toldBy = ({ events }: RankReport): unknown[] =>
  events.flatMap((event): unknown[] => {
    // Where spans end, and with them the steps that are told of at once, follows the clock.
    if (event.type === 'progress' || event.type === 'steps') return [];
    if (event.type === 'start') return [{ type: event.type, step: event.step, totalSteps: event.totalSteps }];
    return ['elapsedMs' in event ? { ...event, elapsedMs: 0 } : event];
  });

describe('checkpoints of ranks', () => {
  const [name] = mpirunNames;
  const options = { ema: 0.9, onNan: 'rollback', patience: 50, epochs: 4 } satisfies Story['options'];

  test('are whole: any number of ranks, and one process, goes on from them', {
    timeout: PATIENCE_MS,
    ...needs(name, 'koffi'),
  }, async () => {
    const undisturbed = await alone({ options });
    const folder = join(temporary.path, 'kept');
    const [[first]] = await runStories(name, 3, [{ options, folder, every: 5 }]);
    expect(first.fingerprint).toBe(undisturbed.fingerprint);
    const files = readdirSync(folder).filter((file) => /^step-.*gradloom$/.test(file));
    expect(files.length).toBeGreaterThan(6);
    // In the middle of an epoch, at its end, and before the first evaluation.
    const chosen = [files[0], files[2], files[5]].map((file) => join(folder, file));
    const resumed = chosen.map((resume): Story => ({ options: { ...options, resume } }));
    for (const ranks of [1, 2, 5]) {
      const told = await runStories(name, ranks, resumed);
      expect(told.map(([rank0]) => [rank0.error, rank0.fingerprint])).toEqual(
        chosen.map(() => [undefined, undisturbed.fingerprint]),
      );
      expect(told.map(([rank0]) => rank0.test)).toEqual(chosen.map(() => undisturbed.test));
    }
    for (const story of resumed) expect((await alone(story)).fingerprint).toBe(undisturbed.fingerprint);
  });

  test('by the clock, or of a listener that ends the run, keep ranks together', {
    timeout: PATIENCE_MS,
    ...needs(name, 'koffi'),
  }, async () => {
    const folder = join(temporary.path, 'timed');
    const stories: Story[] = [
      { options: { epochs: 2 }, folder, every: { seconds: 0.001 } },
      { options: {}, throwsAt: 'epoch' },
      { options: { epochs: 2 } },
    ];
    const [timed, thrown, after] = await runStories(name, 3, stories);
    expect(timed.map(({ error }) => error)).toEqual([undefined, undefined, undefined]);
    expect(existsSync(join(folder, 'last.gradloom'))).toBe(true);
    const of = 'cluster: rank 0 of 3 has failed: the listener refuses epoch';
    expect(thrown.map(({ error }) => error)).toEqual(['the listener refuses epoch', of, of]);
    // The same ranks train on.
    const one = await alone(stories[2]);
    expect(after.map(({ fingerprint }) => fingerprint)).toEqual(after.map(() => one.fingerprint));
  });
});

describe('what happens to one rank', () => {
  const [name] = mpirunNames;

  test.each([
    ['throw', 3],
    ['exit', 40],
    ['throw', 90],
  ] as const)(
    'a thread that fails (%s, at barrier %i) costs no bit',
    { timeout: PATIENCE_MS, ...needs(name, 'koffi') },
    async (kind, arrivals) => {
      const marks = join(temporary.path, `marks-${kind}-${arrivals}`);
      mkdirSync(marks);
      const story: Story = { options: { threads: 2, ema: 0.9 } };
      const env = {
        GRADLOOM_TEST_FAULT: JSON.stringify({ kind, arrivals, times: 1, marks }),
        GRADLOOM_OVERSUBSCRIBE: '1',
      };
      const [told] = await runStories(name, 3, [story], { preload: 'fault', env });
      const one = await alone(story);
      expect(readdirSync(marks)).toEqual(['fault-0']);
      expect(told.map(({ error, fingerprint }) => [error, fingerprint])).toEqual(
        told.map(() => [undefined, one.fingerprint]),
      );
      const recoveries = told[0].events.filter((event) => event.type === 'recovery');
      expect(recoveries).toMatchObject([{ failures: 1, reason: expect.stringMatching(/^pool: rank [012] of 3: /) }]);
    },
  );

  test('a row that a layer refuses ends all ranks with the sentence of one process', {
    timeout: PATIENCE_MS,
    ...needs(name, 'koffi'),
  }, async () => {
    const optimizer = { kind: 'sgd', lr: 0.1 } as const; // the gradient of the numbers is 0
    const stories = [3, 120, 299].map((refusedRow): Story => ({ options: { optimizer }, refusedRow }));
    const told = await runStories(name, 3, stories);
    for (const [k, story] of stories.entries()) {
      const { error } = await alone(story);
      expect(error).toContain(`row ${story.refusedRow} of words`);
      expect(told[k].map((one) => one.error)).toEqual([error, error, error]);
    }
  });
});

test('a pool that has ended on one rank, and a second run beside one that goes on, are refused on all', {
  timeout: PATIENCE_MS,
  ...needs(mpirunNames[0], 'koffi'),
}, async () => {
  const stories: Story[] = [{ options: {}, endsPoolOn: 1 }, { options: {}, beside: true }, { options: {} }];
  const [ended, beside, after] = await runStories(mpirunNames[0], 3, stories);
  const own = 'pool: has been destroyed, expected one in use';
  const of = `cluster: rank 1 of 3 has failed: ${own}`;
  expect(ended.map(({ error }) => error)).toEqual([of, own, of]);
  const { fingerprint } = await alone(stories[2]);
  const refused = 'Error: train: cluster has a run that has not ended, expected one run at a time';
  expect(beside.map((one) => [one.fingerprint, one.error])).toEqual(beside.map(() => [fingerprint, refused]));
  expect(after.map((one) => one.fingerprint)).toEqual(after.map(() => fingerprint));
});
