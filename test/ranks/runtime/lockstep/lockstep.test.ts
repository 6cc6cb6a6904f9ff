import { existsSync, mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { phases } from '@gradloom/runtime/internal';
import { afterAll, describe, expect, test } from 'vitest';
import { counted } from '../../../support/count.ts';
import type { PlannedFault } from '../../../support/fault.ts';
import { endThread, type RankReport, tell } from '../../../support/lockstep-program.ts';
import type { Story } from '../../../support/lockstep-story.ts';
import { needs } from '../../../support/needs.ts';
import { runStories } from '../../../support/run-stories.ts';
import { temporaryFolder } from '../../../support/temporary-folder.ts';

const temporary = temporaryFolder();
const at = (name: string): string => join(temporary.path, name);
afterAll(endThread);

/** Kinds of runs whose ranks have to agree on more than on the steps. */
const kinds = {
  'a moving average and looks': { options: { ema: 0.9, probe: 7, clipNorm: 1 } },
  'weights of classes and a plateau': {
    options: { classWeight: 'balanced', schedule: { kind: 'plateau', patienceEpochs: 1 }, epochs: 5 },
  },
  'early stopping': { options: { patience: 2, epochs: 30, optimizer: { kind: 'adam', lr: 0.02 } } },
  'a rollback': {
    options: {
      loss: 'mse',
      optimizer: { kind: 'sgd', lr: 10, momentum: 0.5 },
      epochs: 4,
      evaluateEvery: 2,
      schedule: { kind: 'step', everyEpochs: 1, gamma: 1e3 },
      onNan: 'rollback',
    },
  },
  'a step that is not finite': { options: { loss: 'mse', optimizer: { kind: 'sgd', lr: 1e8 } } },
  'a step that is not finite on the last rank alone': {
    options: { batch: 'full', epochs: 2, loss: 'mse', optimizer: { kind: 'sgd', lr: 1e3 } },
    spikes: { 290: 1.7e308 },
  },
  'a batch norm': { options: { ema: 0.9 }, couples: true },
  'orders to rank 0': { options: { schedule: 'cosine' }, steers: true },
  'a loop of its own': { options: {}, strides: [1, 5, 2] },
  'limited columns in machine code': {
    options: { backend: 'native', maxNorm: 0.8, optimizer: { kind: 'sgd', lr: 0.1, momentum: 0.9 } },
  },
  'floats in machine code': { options: { backend: 'native', precision: 'float32' } },
  'many leaves of a batch norm in machine code': { options: { backend: 'native', batch: 200 }, couples: true },
  'the reference, and one leaf for all': { options: { backend: 'reference', batch: 16, epochs: 1 } },
} satisfies Record<string, Story>;

/** Runs whose rows depend on each other, and which end in a step that is not finite. */
const bad = {
  'a step that is not finite': { options: { loss: 'mse', optimizer: { kind: 'sgd', lr: 1e200 } } },
  'a row that is too large': { options: {}, spikes: { 33: 1.7e308 } },
  'outputs that overflow in several rows and layers': {
    options: { batch: 'full', epochs: 2 },
    spikes: { 40: 1e200, 140: 1.7e308, 290: 1.7e308 },
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
} satisfies Record<string, Story>;
const badStories = Object.values(bad).map((story): Story => ({ ...story, couples: true }));

const plain: Story = { options: { epochs: 2 } };
const profiled: Story = { options: { profile: true, threads: 2, epochs: 2, clipNorm: 1 }, couples: true };
const kept = { ema: 0.9, onNan: 'rollback', patience: 50, epochs: 4 } satisfies Story['options'];
const refused = [3, 120, 299].map(
  (refusedRow): Story => ({ options: { optimizer: { kind: 'sgd', lr: 0.1 } }, refusedRow }), // numbers have gradient 0
);
const late = (mark: string): Story => ({ options: {}, strides: [4], late: { rank: 1, mark: at(mark) } });

const groups = {
  kinds: Object.values(kinds) as Story[],
  bad: badStories,
  profiled: [profiled],
  kept: [{ options: kept, folder: at('kept'), every: 5 }],
  ended: [
    { options: { epochs: 2 }, folder: at('timed'), every: { seconds: 0.001 } },
    { options: {}, throwsAt: 'epoch' },
    plain,
  ],
  refused,
  signalled: [{ options: { epochs: 5000 }, abortsOn: 1 }],
  late: [late('warns'), { ...late('throws'), throwsAt: 'warning' }, plain],
  pools: [{ options: {}, endsPoolOn: 1 }, { options: {}, beside: true }, plain],
} satisfies Record<string, readonly Story[]>;

let begun: ReturnType<typeof runStories> | undefined;

/** Output of three ranks for a group of stories. One job runs all: starting ranks takes longer than most runs. */
async function reportsOf(name: keyof typeof groups): Promise<readonly (readonly RankReport[])[]> {
  begun ??= runStories('Open MPI', 3, Object.values(groups).flat());
  const names = Object.keys(groups);
  const before = Object.values(groups).slice(0, names.indexOf(name));
  const first = before.flat().length;
  return (await begun).slice(first, first + groups[name].length);
}

/** Output of one process for a story, as read back from its file. */
const alone = async (story: Story): Promise<RankReport> =>
  JSON.parse(JSON.stringify(await tell({ ...story, ofRank: {} }, undefined, story.folder)));

/** Without what only a clock knows. */
const figuresOf = ({ fingerprint, steps, stopped, trainLosses, validation, test: tested, error }: RankReport) => ({
  fingerprint,
  steps,
  stopped,
  trainLosses,
  validation,
  test: tested,
  error,
});

/** Events without times and the machine. */
const toldBy = ({ events }: RankReport): unknown[] =>
  events.flatMap((event): unknown[] => {
    // The clock decides where spans end, and so which steps are reported together.
    if (event.type === 'progress' || event.type === 'steps') return [];
    if (event.type === 'start') return [{ type: event.type, step: event.step, totalSteps: event.totalSteps }];
    return ['elapsedMs' in event ? { ...event, elapsedMs: 0 } : event];
  });

/** Ranks that tell these stories tell what one process does, and rank 0 alone has events. */
async function expectAlone(stories: readonly Story[], reports: readonly (readonly RankReport[])[]): Promise<void> {
  for (const [k, story] of stories.entries()) {
    const one = await alone(story);
    const [first, ...others] = reports[k];
    const kind = Object.keys(kinds).find((name) => kinds[name as keyof typeof kinds] === story);
    expect({ kind, ...figuresOf(first) }).toEqual({ kind, ...figuresOf(one) });
    expect(toldBy(first)).toEqual(toldBy(one));
    for (const other of others) {
      expect(figuresOf(other)).toEqual(figuresOf(first));
      expect(other.events).toEqual([]);
    }
  }
}

describe('ranks', { timeout: 240_000, ...needs('Open MPI', 'koffi') }, () => {
  test('end as one process does, and rank 0 alone reports', async () => {
    const reports = await reportsOf('kinds');
    await expectAlone(groups.kinds, reports);
    const of = (kind: keyof typeof kinds): RankReport => reports[Object.keys(kinds).indexOf(kind)][0];
    const { rate, step = 0 } = of('orders to rank 0').events.filter((event) => event.type === 'steer')[1];
    const changed = await alone({ options: { schedule: 'cosine', rateChanges: { [step]: Number(rate) } } });
    expect(of('orders to rank 0').fingerprint).toBe(changed.fingerprint);
    expect(reports[Object.keys(kinds).indexOf('orders to rank 0')].map(({ refused }) => refused)).toEqual([
      undefined,
      'Error: steer: the order is to rank 1, expected one to rank 0',
      'Error: steer: the order is to rank 2, expected one to rank 0',
    ]);
    expect(of('early stopping').stopped).toBe('early');
    expect(of('a rollback').events).toContainEqual(expect.objectContaining({ type: 'rollback' }));
    expect(of('a step that is not finite').error).toMatch(/^train: step \d+, rows 0 to/);
    expect(of('a step that is not finite on the last rank alone').error).toMatch(/^train: step 1, rows 288 to 299 /);
  });

  test('have the sentence of one process, where a step of rows that depend on each other is not finite', async () => {
    const reports = await reportsOf('bad');
    for (const [k, story] of groups.bad.entries()) {
      const { error } = await alone(story);
      expect(error).toMatch(/^train: step \d+/);
      expect(
        reports[k].map((report) => report.error),
        Object.keys(bad)[k],
      ).toEqual([error, error, error]);
    }
  });

  test('have the exchanges of each in the profile of its first thread', async () => {
    const { fingerprint, profiles: profilesAlone = [] } = await alone(profiled);
    expect(profilesAlone.map(({ exchange }) => exchange)).toEqual([0, 0]);
    const [reports] = await reportsOf('profiled');
    for (const { fingerprint: same, profiles = [], elapsedMs = 0 } of reports) {
      expect(same).toBe(fingerprint);
      expect(profiles.map(({ exchange }) => exchange > 0)).toEqual([true, false]);
      for (const one of profiles) expect(phases.reduce((sum, part) => sum + one[part], 0)).toBeLessThan(elapsedMs);
    }
  });

  test('write whole checkpoints: any number of ranks, and one process, goes on from them', async () => {
    const undisturbed = await alone({ options: kept });
    const [[first]] = await reportsOf('kept');
    expect(first.fingerprint).toBe(undisturbed.fingerprint);
    const files = readdirSync(at('kept')).filter((file) => /^step-.*gradloom$/.test(file));
    expect(files.length).toBeGreaterThan(6);
    // In the middle of an epoch, at its end, and before the first evaluation.
    const chosen = [files[0], files[2], files[5]].map((file) => at(`kept/${file}`));
    const resumed = chosen.map((resume): Story => ({ options: { ...kept, resume } }));
    const jobs = [
      [2, 3],
      [5, 1],
      [1, counted(0, 3)],
    ].filter(([, count]) => count > 0);
    for (const [ranks, count] of jobs) {
      const reports = await runStories('Open MPI', ranks, resumed.slice(0, count));
      for (const [{ error, fingerprint, test: tested }] of reports) {
        expect([error, fingerprint, tested]).toEqual([undefined, undisturbed.fingerprint, undisturbed.test]);
      }
    }
    for (const story of resumed) expect((await alone(story)).fingerprint).toBe(undisturbed.fingerprint);
  });

  test('stay together where checkpoints follow the clock, and where a listener ends the run', async () => {
    const [timed, thrown, after] = await reportsOf('ended');
    expect(timed.map(({ error }) => error)).toEqual([undefined, undefined, undefined]);
    expect(existsSync(at('timed/last.gradloom'))).toBe(true);
    const of = 'cluster: rank 0 of 3 has failed: the listener refuses epoch';
    expect(thrown.map(({ error }) => error)).toEqual(['the listener refuses epoch', of, of]);
    // The same ranks train on.
    await expectAlone([plain], [after]);
  });

  test('end with the sentence of one process where a layer refuses a row', async () => {
    const reports = await reportsOf('refused');
    for (const [k, story] of refused.entries()) {
      const { error } = await alone(story);
      expect(error).toContain(`row ${story.refusedRow} of words`);
      expect(reports[k].map((one) => one.error)).toEqual([error, error, error]);
    }
  });

  test('all end by the signal of any', async () => {
    const [reports] = await reportsOf('signalled');
    expect(reports.map(({ stopped }) => stopped)).toEqual(['aborted', 'aborted', 'aborted']);
    expect(new Set(reports.map(({ fingerprint }) => fingerprint)).size).toBe(1);
  });

  test('warn, rank 0 does, of one for which a run waits after its signal, and end where a listener throws', async () => {
    const [warned, thrown, after] = await reportsOf('late');
    expect(warned.map(({ stopped, error }) => [stopped, error])).toEqual(warned.map(() => ['aborted', undefined]));
    const sentence = /^after step 4 the run waits for rank 1 of 3 \(\S+\); there is no checkpoint$/;
    const warnings = warned[0].events.filter(({ type }) => type === 'warning');
    expect(warnings).toEqual([{ type: 'warning', message: expect.stringMatching(sentence) }]);
    const [own, of] = ['the listener refuses warning', 'cluster: rank 0 of 3 has failed: the listener refuses warning'];
    expect(thrown.map(({ error }) => error)).toEqual([own, of, of]);
    await expectAlone([plain], [after]);
  });

  test('refuse, all of them, a pool that has ended on one, and a second run beside one that goes on', async () => {
    const [ended, beside, after] = await reportsOf('pools');
    const message = 'pool: has been destroyed, expected an open one';
    const of = `cluster: rank 1 of 3 has failed: ${message}`;
    expect(ended.map(({ error }) => error)).toEqual([of, message, of]);
    const { fingerprint } = await alone({ options: {} });
    const error = 'Error: train: cluster has a run that has not ended, expected one run at a time';
    expect(beside.map((one) => [one.fingerprint, one.error])).toEqual(beside.map(() => [fingerprint, error]));
    await expectAlone([plain], [after]);
  });

  test('lose no bit where a thread of one fails twice', async () => {
    const marks = at('marks');
    mkdirSync(marks);
    const story: Story = { options: { threads: 2, ema: 0.9 } };
    const fault: PlannedFault = { kind: 'exit', rank: 1, arrivals: 3, again: 40, times: 2, marks };
    const env = { GRADLOOM_TEST_FAULT: JSON.stringify(fault), GRADLOOM_OVERSUBSCRIBE: '1' };
    const [reports] = await runStories('Open MPI', 3, [story], { preload: 'fault', env });
    expect(readdirSync(marks).sort()).toEqual(['fault-0', 'fault-1']);
    const { fingerprint } = await alone(story);
    expect(reports.map((one) => [one.error, one.fingerprint])).toEqual(reports.map(() => [undefined, fingerprint]));
    const reason = expect.stringMatching(/^pool: rank 1 of 3: /);
    const recoveries = reports[0].events.filter(({ type }) => type === 'recovery');
    expect(recoveries).toMatchObject([{ reason }, { reason }]);
  });
});

test('ranks of MPICH end as one process does', { timeout: 240_000, ...needs('MPICH', 'koffi') }, async () => {
  const stories = [kinds['a moving average and looks'], badStories[1]];
  await expectAlone(stories, await runStories('MPICH', 2, stories));
});
