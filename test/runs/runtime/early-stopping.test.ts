import { join } from 'node:path';
import {
  type Checkpoint,
  dense,
  type EarlyProgress,
  type Evaluation,
  fingerprint,
  loadCheckpoint,
  type MonitorName,
  sequential,
  splitDataset,
  type TrainEvent,
  type TrainOptions,
  type TrainResult,
  tanh,
  train,
} from '@gradloom/runtime';
import { describe, expect, test } from 'vitest';
import { afterEvaluation } from '../../../packages/runtime/src/training/run/early-stopping.ts';
import { checkpointedRun } from '../../support/checkpointed-run.ts';
import { counted, onlyInAll } from '../../support/count.ts';
import { diverging, reluNetwork, reluRows } from '../../support/diverging-run.ts';
import { poolOfFile } from '../../support/pool-of-file.ts';
import { randomDataset } from '../../support/random-dataset.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

const spec = sequential(8, dense(24), tanh(), dense(3));
// Few rows, which the network comes to know by heart: the validation loss falls and then rises. 4 steps an epoch.
const data = splitDataset(randomDataset({ rows: 120, inputs: 8, classes: 3 }), { validation: 0.3, test: 0.3 });
const base = {
  batch: 14,
  epochs: 40,
  seed: 2,
  backend: 'wasm',
  optimizer: { kind: 'adam', lr: 0.02 },
} satisfies TrainOptions;

const pool = await poolOfFile(4);
const temporary = temporaryFolder();

interface Expected {
  readonly steps: number;
  readonly bestStep: number;
}

/** Where a run stops that was evaluated like this, read off the list of its evaluations. */
function scan(events: readonly TrainEvent[], patience: number, minDelta: number, score: (e: Evaluation) => number) {
  const seen = events.flatMap((event) =>
    event.type === 'epoch' && event.validation !== undefined
      ? [{ step: event.step, score: score(event.validation) }]
      : [],
  );
  for (let last = 0; last < seen.length; last++) {
    const upTo = seen.slice(0, last + 1);
    const best = upTo.reduce((a, b) => (b.score > a.score ? b : a));
    const improves = (at: number) =>
      at === 0 || seen[at].score > Math.max(...seen.slice(0, at).map((one) => one.score)) + minDelta;
    const quiet = last >= patience && upTo.slice(-patience).every((_, k) => !improves(last - patience + 1 + k));
    if (quiet) return { steps: seen[last].step, bestStep: best.step };
  }
  const best = seen.reduce((a, b) => (b.score > a.score ? b : a));
  return { steps: Number.NaN, bestStep: best.step };
}

/** Everything a run gives back but times and threads. */
function figures(result: TrainResult) {
  const { elapsedMs, samplesPerSecond, threads, gradientThreads, checkpoint, ...rest } = result;
  return rest;
}

const cases: [string, TrainOptions, (e: Evaluation) => number][] = [
  ['the validation loss', { patience: 3 }, ({ loss }) => -loss],
  ['a least improvement', { patience: 2, minDelta: 0.05, optimizer: { kind: 'adam', lr: 0.003 } }, ({ loss }) => -loss],
  ['every other epoch', { patience: 2, evaluateEvery: 2 }, ({ loss }) => -loss],
  ['half of each epoch', { patience: 5, evaluateEvery: 0.5 }, ({ loss }) => -loss],
  ['accuracy', { patience: 4, monitor: 'accuracy' }, ({ accuracy = 0 }) => accuracy],
];

describe.each(cases)('%s', (_name, runOptions, score) => {
  const options = { ...base, ...runOptions };
  const { patience, minDelta, monitor, ...plain } = options;

  async function expected(): Promise<Expected> {
    const { events } = await checkpointedRun(spec, data, { ...plain, threads: 1, pool }, { epochs: 1000 });
    return scan(events, runOptions.patience ?? 1, runOptions.minDelta ?? 0, score);
  }

  test('ends the run where a scan of the evaluations says, with the weights of the best one', async () => {
    const { steps, bestStep } = await expected();
    expect(steps).toBeLessThan(160);
    expect(bestStep).toBeLessThanOrEqual(steps);
    const { epochs: _, ...endless } = plain;
    const best = await train(spec, data, { ...endless, steps: bestStep, threads: 1, pool });
    for (const threads of [1, 3]) {
      const result = await train(spec, data, { ...options, threads, pool });
      expect(result).toMatchObject({ stopped: 'early', steps, bestStep, bestEpoch: bestStep / 4 });
      expect(result.fingerprint, `on ${threads}`).toBe(best.fingerprint);
      expect(result.fingerprint).toBe(fingerprint(result.parameters));
      expect(result.test).toEqual(best.test);
      expect(result.validation).toEqual(best.validation);
    }
  });

  test('ends in the same figures after a resume from any step', async () => {
    const calm = await train(spec, data, { ...options, threads: 1, pool });
    const every = counted(11, 1);
    const { result, checkpoints } = await checkpointedRun(spec, data, { ...options, threads: 2, pool }, every);
    expect(figures(result)).toEqual(figures(calm));
    for (const [at, resume] of checkpoints.entries()) {
      const resumed = await train(spec, data, { ...options, threads: 1 + (at % 3), pool, resume });
      expect(figures(resumed), `from step ${resume.progress.step}`).toEqual(figures(calm));
    }
  });
});

test('best.gradloom has the weights of the result, last.gradloom those of the last step', async () => {
  const folder = join(temporary.path, 'checkpoints');
  const options: TrainOptions = { ...base, patience: 4, monitor: 'accuracy', pool };
  const result = await train(spec, data, { ...options, checkpoint: { folder } });
  const last = loadCheckpoint(join(folder, 'last.gradloom'));
  const best = loadCheckpoint(join(folder, 'best.gradloom'));
  expect(best.progress.step).toBe(result.bestStep);
  expect(fingerprint(best.arrays.parameters)).toBe(result.fingerprint);
  expect(last.progress).toMatchObject({ step: result.steps, test: result.test });
  const { epochs: _, ...plain } = base;
  const whole = await train(spec, data, { ...plain, steps: result.steps, pool });
  expect(fingerprint(last.arrays.parameters)).toBe(whole.fingerprint);
});

test('a run whose patience outlasts it completes, with the weights of its best evaluation', async () => {
  const { events } = await checkpointedRun(spec, data, { ...base, pool }, { epochs: 1000 });
  const { bestStep } = scan(events, 1000, 0, ({ loss }) => -loss);
  const result = await train(spec, data, { ...base, patience: 1000, pool });
  expect(result).toMatchObject({ stopped: 'completed', steps: 160, bestStep });
  const { epochs: _, ...plain } = base;
  const best = await train(spec, data, { ...plain, steps: bestStep, pool });
  expect(result.fingerprint).toBe(best.fingerprint);
});

test('a run that a signal ends has the best weights so far, and those of the start before any evaluation', async () => {
  const abortAt = async (at: number): Promise<TrainResult> => {
    const stop = new AbortController();
    const onEvent = (event: TrainEvent): void => {
      if (event.type === 'epoch' && event.step >= at) stop.abort();
    };
    if (at === 0) stop.abort();
    return await train(spec, data, { ...base, patience: 1000, pool, signal: stop.signal, onEvent });
  };
  const { epochs: _, ...plain } = base;
  const late = await abortAt(120);
  expect(late.stopped).toBe('aborted');
  expect(late.bestStep).toBeLessThan(120);
  const best = await train(spec, data, { ...plain, steps: late.bestStep ?? 0, pool });
  expect(late.fingerprint).toBe(best.fingerprint);
  expect((await abortAt(0)).bestStep).toBeUndefined();
});

test('a run that rolls back counts each evaluation once', async () => {
  // Evaluated at the end of each epoch alone.
  const { evaluateEvery: _, ...options } = { ...diverging, pool };
  const whole = await checkpointedRun(reluNetwork, reluRows, options, { epochs: 1000 });
  expect(whole.result.rollbacks).toBeGreaterThan(0);
  for (const patience of [1, ...onlyInAll(2), 3]) {
    const { steps, bestStep } = scan(whole.events, patience, 0, ({ loss }) => -loss);
    const { result, checkpoints } = await checkpointedRun(
      reluNetwork,
      reluRows,
      { ...options, patience },
      counted(29, 11),
    );
    expect(result.bestStep).toBe(bestStep);
    expect(result.steps).toBe(Number.isNaN(steps) ? 186 : steps);
    for (const resume of checkpoints) {
      const resumed = await train(reluNetwork, reluRows, { ...options, patience, resume });
      expect(figures(resumed)).toEqual(figures(result));
    }
  }
});

describe('refuses', () => {
  const { validation: _, ...unwatched } = data;
  test.each<[TrainOptions, string]>([
    [{ patience: 0 }, 'train: patience has 0, expected a whole number of at least 1'],
    [{ patience: 1, minDelta: -1 }, 'train: minDelta has -1, expected a number of at least 0'],
    [{ minDelta: 0.1 }, 'train: minDelta has 0.1, expected none without patience'],
    [{ monitor: 'accuracy' }, 'train: monitor has "accuracy", expected none without patience'],
    [
      { patience: 1, monitor: 'r2' },
      'train: monitor has "r2", expected validation-loss, accuracy (the targets are classes)',
    ],
    [{ patience: 1, monitor: 'f1' as MonitorName }, 'train: monitor has "f1", expected one of validation-loss,'],
  ])('%j', async (options, message) => {
    await expect(train(spec, data, { ...base, ...options, pool })).rejects.toThrow(message);
  });

  test('patience without rows to validate on', async () => {
    const sentence = 'train: patience has 3, expected none without a validation set (early stopping watches it)';
    await expect(train(spec, unwatched, { patience: 3, pool })).rejects.toThrow(sentence);
  });

  test('a resume with another patience, or a longer one of a run that was evaluated in the middle of an epoch', async () => {
    const { epochs: _, ...plain } = base;
    const options: TrainOptions = { ...plain, steps: 6, patience: 3, pool };
    const { checkpoints } = await checkpointedRun(spec, data, options, 4);
    const go = (resume: Checkpoint, runOptions: TrainOptions) =>
      train(spec, data, { ...options, ...runOptions, resume });
    await expect(go(checkpoints[0], { patience: 4 })).rejects.toThrow('train: early.patience has 4, expected 3');
    await expect(go(checkpoints[1], { steps: 7 })).rejects.toThrow(
      'train: steps has 7, expected 6 (early stopping has counted the evaluation at that end',
    );
    expect((await go(checkpoints[0], { steps: 7 })).steps).toBe(7);
  });
});

test('the first of equally good evaluations is the best, and one without a number never is', () => {
  const settings = { patience: 3, minDelta: 0, monitor: 'accuracy' } as const;
  let progress: EarlyProgress | undefined;
  for (const [at, accuracy] of [Number.NaN, 0.5, 0.5, Number.NaN, 0.5].entries()) {
    progress = afterEvaluation(settings, progress, at + 1, { rows: 2, loss: 1, accuracy });
  }
  expect(progress).toEqual({ evaluated: 5, waited: 3, bestStep: 2, validation: { rows: 2, loss: 1, accuracy: 0.5 } });
});
