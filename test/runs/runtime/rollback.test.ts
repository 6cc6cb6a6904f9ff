import { join } from 'node:path';
import type { NetworkSpec } from '@gradloom/core';
import { datasetFromRows, loadCheckpoint, type TrainEvent, train } from '@gradloom/runtime';
import { beforeAll, describe, expect, test } from 'vitest';
import { saveCheckpoint } from '../../../packages/runtime/src/training/checkpoints/checkpoint-file.ts';
import { type CheckpointedRun, checkpointedRun } from '../../support/checkpointed-run.ts';
import { counted, onlyInAll } from '../../support/count.ts';
import { diverging, reluNetwork, reluRows } from '../../support/diverging-run.ts';
import { poolOfFile } from '../../support/pool-of-file.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

/** Steps between the checkpoints that are gone on from. */
const EVERY = counted(13, 3);

const stepsPerEpoch = 31;

const pool = await poolOfFile(3);
const temporary = temporaryFolder();

/** What a run has told of its steps, without times; looks are left out, since only some runs have them. */
function story(events: readonly TrainEvent[]): unknown[] {
  return events.flatMap((event): unknown[] => {
    if (event.type === 'epoch') return [{ ...event, elapsedMs: 0 }];
    return event.type === 'rollback' ? [event] : [];
  });
}

/** The steps that a run has reported, without those after the step that it goes back to. */
function stepsToldBy(events: readonly TrainEvent[]): number[] {
  const steps: number[] = [];
  for (const event of events) {
    if (event.type === 'steps') steps.push(event.step);
    if (event.type === 'rollback') while ((steps.at(-1) ?? 0) > event.to) steps.pop();
  }
  return steps;
}

/**
 * The last step that was told of, where each stretch begins at the end of the one before it; else where one does not.
 */
function toldInARow(events: readonly TrainEvent[]): number {
  const stretches: { first: number; step: number }[] = [];
  for (const event of events) {
    if (event.type === 'steps') stretches.push(event);
    if (event.type === 'rollback') while ((stretches.at(-1)?.step ?? 0) > event.to) stretches.pop();
  }
  let end = 0;
  for (const { first, step } of stretches) {
    if (first !== end) return end;
    end = step;
  }
  return end;
}

const rollbacksOf = (events: readonly TrainEvent[]) =>
  events.filter((event): event is Extract<TrainEvent, { type: 'rollback' }> => event.type === 'rollback');

describe('a rate that diverges', () => {
  let calm: CheckpointedRun;
  beforeAll(async () => {
    calm = await checkpointedRun(reluNetwork, reluRows, { ...diverging, threads: 1, pool }, { epochs: 1000 });
  });

  test('is halved at the start of the epoch of each bad step, and the run ends well', () => {
    const rollbacks = rollbacksOf(calm.events);
    expect(rollbacks.length).toBeGreaterThan(1);
    expect(new Set(rollbacks.map(({ to }) => to))).toEqual(new Set([62, 124]));
    for (const [k, { step, to, factor, reason }] of rollbacks.entries()) {
      expect(to).toBe(step - (step % stepsPerEpoch));
      expect(factor).toBe(0.5 ** (k + 1));
      expect(reason).toMatch(/^step \d+.* has -?(Infinity|NaN).*the largest weights before it: \w+ of dense\(/);
    }
    expect(calm.result).toMatchObject({ stopped: 'completed', steps: 186, rollbacks: rollbacks.length });
    expect(calm.result.trainLoss).toBeLessThan(calm.result.epochLosses[0]);
    const epochs = calm.events.filter((event) => event.type === 'epoch');
    expect(epochs.map(({ epoch }) => epoch)).toEqual(Array.from({ length: 6 }, (_, k) => k + 1));
  });

  test.each<[threads: number, probe: number | undefined]>([
    [1, 1],
    [2, 4],
    [3, undefined],
    ...onlyInAll<[number, number | undefined]>([2, undefined], [3, 1]),
  ])('tells and ends the same on %i threads with probes at every %s steps, which end spans', async (threads, probe) => {
    const options = { ...diverging, threads, pool, ...(probe === undefined ? {} : { probe }) };
    const run = await checkpointedRun(reluNetwork, reluRows, options, counted(29, 7));
    expect(run.result.fingerprint).toBe(calm.result.fingerprint);
    expect(run.result.epochLosses).toEqual(calm.result.epochLosses);
    expect(run.result.validation).toEqual(calm.result.validation);
    expect(story(run.events)).toEqual(story(calm.events));
    expect(stepsToldBy(run.events)).toEqual(Array.from({ length: 6 * stepsPerEpoch }, (_, k) => k + 1));
  });

  test('never goes back past an evaluation: parts of an epoch are refused', async () => {
    await expect(
      (async () => train(reluNetwork, reluRows, { ...diverging, evaluateEvery: 0.5, pool }))(),
    ).rejects.toThrow(
      'train: evaluateEvery has 0.5, expected whole epochs (onNan rollback goes back to the start of one)',
    );
  });

  test('tells no step twice that lies before the epoch and is done again to reach it', async () => {
    const run = await checkpointedRun(
      reluNetwork,
      reluRows,
      { ...diverging, evaluateEvery: 6, threads: 1, pool },
      { steps: 7 },
    );
    expect(run.result.fingerprint).toBe(calm.result.fingerprint);
    expect(stepsToldBy(run.events)).toEqual(Array.from({ length: 6 * stepsPerEpoch }, (_, k) => k + 1));
  });

  test('loses no step of a stretch that the epoch begins in', async () => {
    // 744 steps in stretches of two, and the rate rises at step 217, the second of its stretch.
    const long = { ...diverging, epochs: 24, schedule: { ...diverging.schedule, everyEpochs: 7 }, threads: 2, pool };
    const { events, checkpoints } = await checkpointedRun(reluNetwork, reluRows, long, { steps: 45 });
    expect(rollbacksOf(events)[0]).toMatchObject({ step: 228, to: 217 });
    expect(toldInARow(events)).toBe(24 * stepsPerEpoch);
    // In the bad epoch: of a run that goes on from there, the lines before its checkpoint stand in the file.
    const step = 225;
    const resume = checkpoints.find(({ progress }) => progress.step === step);
    if (resume === undefined) throw new Error(`no checkpoint is of step ${step}`);
    const again: TrainEvent[] = [];
    await train(reluNetwork, reluRows, { ...long, resume, onEvent: (event) => again.push(event) });
    const end = events.findIndex((event) => event.type === 'checkpoint' && event.step === step);
    expect(toldInARow([...events.slice(0, end), ...again])).toBe(24 * stepsPerEpoch);
  });

  test('does so too from checkpoints, those of the epochs that were begun again included', async () => {
    const { checkpoints } = await checkpointedRun(reluNetwork, reluRows, { ...diverging, threads: 2, pool }, EVERY);
    expect(checkpoints.length).toBeGreaterThan(186 / EVERY);
    for (const [k, resume] of checkpoints.entries()) {
      const resumed = await train(reluNetwork, reluRows, { ...diverging, threads: 1 + (k % 3), pool, resume });
      const at = `checkpoint ${k} of step ${resume.progress.step}`;
      expect(resumed.fingerprint, at).toBe(calm.result.fingerprint);
      expect(resumed.epochLosses, at).toEqual(calm.result.epochLosses);
      expect([resumed.validation, resumed.rollbacks], at).toEqual([calm.result.validation, calm.result.rollbacks]);
    }
  });
});

test('where no evaluation ends a span at the start of an epoch, a resume goes back beyond the epoch that it began in', async () => {
  const alone = { train: reluRows.train };
  const options = { ...diverging, seed: 1, pool } as const;
  const calm = await train(reluNetwork, alone, { ...options, threads: 1 });
  expect(calm.rollbacks).toBeGreaterThan(1);
  const { checkpoints } = await checkpointedRun(reluNetwork, alone, { ...options, threads: 2 }, EVERY);
  const before = checkpoints.filter(({ progress, earlier }) => {
    return earlier !== undefined && earlier.counters.step < progress.step - (progress.step % stepsPerEpoch);
  });
  expect(before.length).toBeGreaterThan(counted(3, 20));
  for (const resume of before) {
    const resumed = await train(reluNetwork, alone, { ...options, threads: 2, resume });
    expect(resumed.fingerprint, `of step ${resume.progress.step}`).toBe(calm.fingerprint);
    expect(resumed.epochLosses).toEqual(calm.epochLosses);
  }
});

test('runs with and without rollback do not resume each other', async () => {
  const options = { ...diverging, epochs: 1, pool, threads: 1 } as const;
  const { checkpoints } = await checkpointedRun(reluNetwork, reluRows, options, { epochs: 1 });
  const other = train(reluNetwork, reluRows, { ...options, onNan: 'stop', resume: checkpoints[0] });
  await expect(other).rejects.toThrow('onNan is missing, expected "rollback"');
});

test('weights that no rate can save end the run after ten rollbacks, with the state before the bad step', async () => {
  const parameters = new Float64Array(8 * 16 + 16 + 16 * 3 + 3).fill(1e300);
  const events: TrainEvent[] = [];
  const onEvent = (event: TrainEvent) => void events.push(event);
  const options = { ...diverging, parameters, threads: 2, pool, onEvent };
  const error = await train(reluNetwork, reluRows, options).catch((e: unknown) => e);
  expect(error).toMatchObject({
    name: 'TrainingError',
    step: 0,
    parameters,
    message: expect.stringMatching(/ \(the learning rate had already been halved 10 times\)$/),
  });
  expect(rollbacksOf(events).map(({ rollbacks, limit }) => [rollbacks, limit])).toEqual(
    Array.from({ length: 10 }, (_, k) => [k + 1, 10]),
  );
});

test.each([Number.NaN, Number.POSITIVE_INFINITY])('a row with %s ends the run at once', async (bad) => {
  const inputs = Array.from({ length: 40 }, (_, n) => [n === 33 ? bad : n / 40, 1]);
  const holes = datasetFromRows({ inputs, targets: inputs.map(() => 1), name: 'holes' });
  const events: TrainEvent[] = [];
  const onEvent = (event: TrainEvent) => void events.push(event);
  const linear: NetworkSpec = { input: 2, layers: [{ kind: 'dense', out: 1 }] };
  const run = train(linear, { train: holes }, { pool, threads: 2, batch: 8, onNan: 'rollback', onEvent });
  await expect(run).rejects.toThrow(`the inputs have ${bad}, expected finite numbers (look at the data)`);
  expect(rollbacksOf(events)).toEqual([]);
});

test('in the middle of an epoch, a checkpoint holds the state that its start is reached from; one that does not fit is refused', async () => {
  const path = join(temporary.path, 'last.gradloom');
  const controller = new AbortController();
  const onEvent = (event: TrainEvent) => void (event.type === 'probe' && event.step === 39 && controller.abort());
  const checkpoint = { folder: temporary.path };
  const { signal } = controller;
  await train(reluNetwork, reluRows, { ...diverging, probe: 1, threads: 1, pool, checkpoint, onEvent, signal });
  const { earlier, ...rest } = loadCheckpoint(path);
  expect(rest.progress.step).toBe(40);
  if (earlier === undefined) throw new Error('no earlier state');
  expect(earlier.counters).toMatchObject({ step: 31, epochs: 1 });
  const refused = (counters: object, message: string) => {
    saveCheckpoint(path, { ...rest, earlier: { ...earlier, counters: { ...earlier.counters, ...counters } } });
    expect(() => loadCheckpoint(path)).toThrow(message);
  };
  refused({ step: 41 }, 'earlier.step has 41, expected at most 40 (step)');
  refused({ epochs: 2 }, 'earlier.epochs has 2, expected 1 (of 31 steps)');
  saveCheckpoint(path, { ...rest, earlier: { ...earlier, parameters: earlier.parameters.subarray(1) } });
  expect(() => loadCheckpoint(path)).toThrow(/section earlier parameters has \d+ numbers, expected \d+/);
});
