import { type OptimizerSpec, optimizers, type ScheduleSpec, schedules } from '@gradloom/core';
import { dense, dropout, sequential, splitDataset, type TrainOptions, tanh, train } from '@gradloom/runtime';
import { describe, expect, test } from 'vitest';
import { checkpointedRun, reproducibleFields } from '../../../support/checkpointed-run.ts';
import { counted } from '../../../support/count.ts';
import { needs } from '../../../support/needs.ts';
import { poolOfFile } from '../../../support/pool-of-file.ts';
import { randomDataset } from '../../../support/random-dataset.ts';

// Two blocks of parameters; 4 batches an epoch, of two leaves, the last of 2 rows.
const spec = sequential(16, dense(192), tanh(), dropout(0.4), dense(12));
const data = splitDataset(randomDataset({ rows: 72, inputs: 16, classes: 12 }), { validation: 12 / 72, test: 0.1 });
const base = { batch: 17, epochs: 5, seed: 3, clipNorm: 1, backend: 'wasm' } satisfies TrainOptions;
const TOTAL = base.epochs * Math.ceil(data.train.rows / base.batch);

/** Steps between checkpoints: within epochs, and at an end. */
const EVERY = counted(6, 1);

const pool = await poolOfFile(5);

const sgd = (options: object): OptimizerSpec => ({ kind: 'sgd', lr: 0.05, ...options });
const optimizerCases: [string, OptimizerSpec][] = [
  ...Object.keys(optimizers).map((kind): [string, OptimizerSpec] => [kind, kind as OptimizerSpec]),
  ['sgd with momentum', sgd({ momentum: 0.9 })],
  ['sgd with nesterov', sgd({ momentum: 0.9, nesterov: true, weightDecay: 1e-3 })],
  ['adam that decays weights alone', { kind: 'adam', weightDecay: 0.1, decayed: 'weights' }],
  ['rmsprop with momentum', { kind: 'rmsprop', momentum: 0.5 }],
];
const scheduleCases: [string, ScheduleSpec][] = [
  ...Object.keys(schedules).map((kind): [string, ScheduleSpec] => [kind, kind as ScheduleSpec]),
  ['a plateau that is reached', { kind: 'plateau', patienceEpochs: 0, gamma: 0.5, threshold: 0.5 }],
  ['step every epoch', { kind: 'step', everyEpochs: 1, gamma: 0.7 }],
  ['cosine after a warm-up', { kind: 'cosine', warmupSteps: 6 }],
];
const cases: [string, TrainOptions][] = [
  // Each optimizer, and each schedule.
  ...Array.from({ length: Math.max(optimizerCases.length, scheduleCases.length) }, (_, k): [string, TrainOptions] => {
    const [name, optimizer] = optimizerCases[k % optimizerCases.length];
    const [title, schedule] = scheduleCases[k % scheduleCases.length];
    return [`${name}, ${title}`, { optimizer, schedule }];
  }),
  ['machine code', { backend: 'native' }],
  ['a system BLAS', { backend: 'blas' }],
  ['the reference', { backend: 'reference', shuffle: false, probe: 3 }],
  ['floats', { backend: 'reference', precision: 'float32', ema: 0.9, patience: 9, onNan: 'rollback' }],
];

describe.each(cases)('%s', (_name, caseOptions) => {
  const options = { ...base, ...caseOptions };

  test('checkpoints change nothing, and a resume from them ends in the same bits', needs(options.backend), async () => {
    const calm = await train(spec, data, { ...options, threads: 1, pool });
    const { result, checkpoints } = await checkpointedRun(spec, data, { ...options, threads: 2, pool }, EVERY);
    expect(reproducibleFields(result)).toEqual(reproducibleFields(calm));
    const due = Array.from({ length: Math.floor(TOTAL / EVERY) }, (_, k) => EVERY * (k + 1));
    expect(checkpoints.map(({ progress }) => progress.step)).toEqual(expect.arrayContaining(due));
    for (const [at, resume] of checkpoints.entries()) {
      if (!due.includes(resume.progress.step)) continue; // the best so far
      const resumed = await train(spec, data, { ...options, threads: 1 + (at % 5), pool, resume });
      expect(reproducibleFields(resumed), `from step ${resume.progress.step}`).toEqual(reproducibleFields(calm));
    }
  });
});

test('a run that is stopped again and again, and goes on each time on another number of threads, ends in the same bits', async () => {
  const options: TrainOptions = { ...base, schedule: { kind: 'plateau', patienceEpochs: 0, threshold: 0.5 } };
  const calm = await checkpointedRun(spec, data, { ...options, threads: 1, pool }, { epochs: 1 });
  const every = counted(3, 1);
  let resume = (await checkpointedRun(spec, data, { ...options, threads: 2, pool }, every)).checkpoints[0];
  let last = reproducibleFields(calm.result);
  const epochs: unknown[] = [];
  while (resume.progress.step < TOTAL) {
    const threads = 1 + (resume.progress.step % 5);
    const { result, checkpoints, events } = await checkpointedRun(
      spec,
      data,
      { ...options, threads, pool, resume },
      every,
    );
    const { step } = checkpoints[0].progress;
    epochs.push(...events.filter((event) => event.type === 'epoch' && event.step <= step));
    [resume] = checkpoints;
    last = reproducibleFields(result);
  }
  expect(last).toEqual(reproducibleFields(calm.result));
  const withoutTime = (list: readonly unknown[]) => list.map((event) => ({ ...(event as object), elapsedMs: 0 }));
  expect(withoutTime(epochs)).toEqual(withoutTime(calm.events.filter(({ type }) => type === 'epoch')));
});
