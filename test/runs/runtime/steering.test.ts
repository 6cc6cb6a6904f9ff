import {
  loadCheckpoint,
  type SteerEvent,
  type TrainEvent,
  type TrainingRun,
  type TrainOptions,
  train,
} from '@gradloom/runtime';
import { describe, expect, test } from 'vitest';
import { createSteering } from '../../../packages/runtime/src/training/run/steering.ts';
import { diverging, reluNetwork, reluRows } from '../../support/diverging-run.ts';
import { poolOfFile } from '../../support/pool-of-file.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

const calm = { batch: 5, epochs: 6, schedule: 'cosine' } satisfies TrainOptions;

const pool = await poolOfFile(3);
const temporary = temporaryFolder();

interface Steered {
  readonly events: readonly TrainEvent[];
  readonly run: TrainingRun;
  readonly last: string; // file of the newest checkpoint
}

/** A run whose listener may steer it. */
function steered(
  options: TrainOptions,
  name: string,
  listen: (event: TrainEvent, steer: TrainingRun['steer']) => void,
): Steered {
  const events: TrainEvent[] = [];
  const folder = `${temporary.path}/${name}`;
  const run = train(reluNetwork, reluRows, {
    threads: 1,
    backend: 'wasm',
    ...options,
    pool,
    checkpoint: { folder, every: { epochs: 1000 } },
    onEvent(event) {
      events.push(event);
      listen(event, (...order) => run.steer(...order));
    },
  });
  return { events, run, last: `${folder}/last.gradloom` };
}

const fingerprintOf = async (options: TrainOptions): Promise<string> =>
  (await train(reluNetwork, reluRows, { ...options, backend: 'wasm', threads: 2, pool })).fingerprint;

describe('a changed rate', () => {
  test.each([1, 3])(
    'on %i threads is that of a run with these changes, and of a resume, to the bit',
    async (threads) => {
      const orders: Promise<SteerEvent>[] = [];
      const { run, events, last } = steered({ ...calm, threads }, `rate-${threads}`, (event, steer) => {
        if (event.type === 'epoch' && event.step === 62) orders.push(steer('rate', 0.02), steer('rate', 0.03));
        if (event.type === 'epoch' && event.step === 93) orders.push(steer('rate', 1e-4), steer('stop'));
      });
      const { stopped, steps } = await run;
      expect(stopped).toBe('aborted');
      const answers = await Promise.all(orders);
      expect(answers).toMatchObject([
        { step: 62 },
        { step: 62, rate: 0.03 },
        { step: 93 },
        { action: 'stop', step: 93 },
      ]);
      expect(events.filter(({ type }) => type === 'steer')).toEqual(answers);
      expect(steps).toBe(93);
      const { record, progress } = loadCheckpoint(last);
      const rateChanges = { 62: 0.03, 93: 1e-4 };
      expect([progress.step, record.rateChanges]).toEqual([93, rateChanges]);
      const whole = await fingerprintOf({ ...calm, rateChanges });
      expect(whole).not.toBe(await fingerprintOf({ ...calm, rateChanges: { 62: 0.03 } }));
      expect(await fingerprintOf({ ...calm, resume: loadCheckpoint(last) })).toBe(whole);
      expect(await fingerprintOf({ ...calm, rateChanges, resume: loadCheckpoint(last) })).toBe(whole);
      await expect(fingerprintOf({ ...calm, rateChanges: { 62: 0.03 }, resume: loadCheckpoint(last) })).rejects.toThrow(
        'train: rateChanges.93 is missing, expected 0.0001: a resume continues the same run',
      );
    },
  );

  test('within an epoch that is repeated, or while it is, takes hold where the run has not been', async () => {
    let isOrdered = false;
    const orders: Promise<SteerEvent>[] = [];
    const { run, events, last } = steered({ ...diverging, probe: [67] }, 'rollback', (event, steer) => {
      if (event.type === 'probe' && event.step === 67 && !isOrdered) {
        isOrdered = true;
        orders.push(steer('rate', 0.09));
      }
      if (event.type === 'rollback' && orders.length === 1) orders.push(steer('rate', 0.08));
    });
    const { fingerprint } = await run;
    const [first, second] = await Promise.all(orders);
    const rollback = events.find((event) => event.type === 'rollback');
    expect(first.step).toBe(68);
    expect(second.step).toBeGreaterThanOrEqual((rollback?.step ?? Number.NaN) + 1);
    const { rateChanges = {} } = loadCheckpoint(last).record;
    expect(rateChanges).toEqual({ [first.step]: 0.09, [second.step]: 0.08 });
    expect(await fingerprintOf({ ...diverging, rateChanges })).toBe(fingerprint);
    // What comes after the start of the epoch is reported again.
    const at = events.indexOf(rollback as TrainEvent);
    expect(events.slice(at).filter(({ type }) => type === 'steer')).toEqual(expect.arrayContaining([first, second]));
  });

  test('waits for the end of a repetition in a resume, too', async () => {
    const controller = new AbortController();
    let to = Number.NaN;
    const { signal } = controller;
    const { run, last } = steered({ ...diverging, signal, probe: 1 }, 'repeated', (event) => {
      if (event.type === 'rollback') to = event.to;
      if (event.type === 'probe' && event.step > to) controller.abort();
    });
    await run;
    const resume = loadCheckpoint(last);
    expect(resume.progress).toMatchObject({ step: to + 2, rollbacks: 1 });
    const again = train(reluNetwork, reluRows, { ...diverging, resume, backend: 'wasm', threads: 1, pool });
    const [{ step }, { fingerprint }] = await Promise.all([again.steer('rate', 0.001), again]);
    expect(await fingerprintOf({ ...diverging, rateChanges: { [step]: 0.001 } })).toBe(fingerprint);
  });
});

describe('a pause', () => {
  test('holds the run at its step, where it is steered on, and changes no bit', async () => {
    const { run, events, last } = steered(calm, 'pause', (event, steer) => {
      if (event.type === 'epoch' && event.epoch === 1) void steer('pause').then(look);
    });
    async function look(paused: SteerEvent): Promise<void> {
      const answers = [paused, await run.steer('checkpoint'), await run.steer('pause')];
      expect(answers.map(({ step }) => step)).toEqual([31, 31, 31]);
      expect(loadCheckpoint(last).progress.step).toBe(31);
      expect((await run.steer('continue')).step).toBe(31);
    }
    const { fingerprint } = await run;
    expect(fingerprint).toBe(await fingerprintOf(calm));
    expect(events.filter((event) => event.type === 'steer').map(({ action }) => action)).toEqual([
      'pause',
      'checkpoint',
      'pause',
      'continue',
    ]);
  });

  test('keeps the process, as steps do', async () => {
    const timers = () => process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length;
    const { waitForCommand: next, steer, close } = createSteering();
    const before = timers();
    const waiting = next(undefined);
    expect(timers()).toBe(before + 1);
    const order = steer('continue').catch(({ message }: Error) => message);
    await waiting;
    expect(timers()).toBe(before);
    close();
    expect(await order).toBe('steer: the run has ended, expected one that trains');
  });

  test('ends by the signal, with a checkpoint, and refuses what comes later', async () => {
    const controller = new AbortController();
    const { signal } = controller;
    const { run, last } = steered({ ...calm, signal }, 'signal', (event, steer) => {
      if (event.type === 'epoch' && event.epoch === 1) void steer('pause').then(() => controller.abort());
    });
    expect(await run).toMatchObject({ stopped: 'aborted', steps: 31 });
    expect(loadCheckpoint(last).progress.step).toBe(31);
    await expect(run.steer('pause')).rejects.toThrow('steer: the run has ended, expected one that trains');
  });
});

/** As many as a run may have, after its end. */
const mostChanges = Object.fromEntries(Array.from({ length: 1000 }, (_, k) => [1000 + k, 0.1]));

test('an order that cannot be followed is refused, and the run goes on', async () => {
  const refused: Promise<string>[] = [];
  const run = train(reluNetwork, reluRows, {
    ...calm,
    epochs: 2,
    precision: 'float32',
    threads: 1,
    pool,
    rateChanges: mostChanges,
    onEvent(event) {
      if (event.type !== 'epoch' || refused.length > 0) return;
      for (const [action, rate] of [
        ['rate', -1],
        ['rate'],
        ['pause', 1],
        ['halt'],
        ['rate', 1e39],
        ['rate', 0.1],
        ['checkpoint'],
      ]) {
        refused.push(run.steer(action as 'rate', rate as number).then(String, ({ message }: Error) => message));
      }
    },
  });
  await run;
  expect(await Promise.all(refused)).toEqual([
    'steer: rate has -1, expected a number of at least 0',
    'steer: rate is missing, expected a number of at least 0',
    'steer: rate is given with pause, expected it with rate alone',
    'steer: action has "halt", expected one of pause, continue, rate, checkpoint, stop',
    expect.stringMatching(/^train: the learning rate has 1e\+39 in the first step, expected a smaller one/),
    'steer: the run has 1000 changed rates, expected at most 1000',
    'steer: the run keeps no checkpoints, expected a run that writes them',
  ]);
});
