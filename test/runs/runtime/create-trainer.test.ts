import type { NetworkSpec } from '@gradloom/core';
import {
  type BackendChoice,
  createPool,
  createTrainer,
  dense,
  dropout,
  sequential,
  type TrainEvent,
  type Trainer,
  type TrainOptions,
  tanh,
  train,
} from '@gradloom/runtime';
import { describe, expect, onTestFinished, test } from 'vitest';
import { temporaryDirectory } from '../../support/command-line.ts';
import { onlyInAll } from '../../support/count.ts';
import { needs } from '../../support/needs.ts';
import { poolOfFile } from '../../support/pool-of-file.ts';
import { randomDataset } from '../../support/random-dataset.ts';

const spec = sequential(30, dense(40), tanh(), dropout(0.2), dense(3));
const data = {
  train: randomDataset({ rows: 150, inputs: 30, classes: 3 }),
  validation: randomDataset({ rows: 40, inputs: 30, classes: 3, seed: 2 }),
  test: randomDataset({ rows: 40, inputs: 30, classes: 3, seed: 3 }),
};
/** 3 steps an epoch, the last of them short. */
const options: TrainOptions = { batch: 64, epochs: 4, optimizer: { kind: 'adam', lr: 0.01 }, schedule: 'cosine' };

const pool = await poolOfFile(3);

async function opened(more: TrainOptions = {}): Promise<Trainer> {
  const trainer = await createTrainer(spec, data, { pool, backend: 'wasm', threads: 2, ...options, ...more });
  onTestFinished(() => trainer.close());
  return trainer;
}

describe.each<BackendChoice>(['reference', 'wasm', 'native', 'blas'])('on %s', (backend) => {
  test.each(backend === 'wasm' ? [1, 2] : [2, ...onlyInAll(1)])(
    'a loop of steps is train, bit by bit: %i threads',
    needs(backend),
    async (threads) => {
      const whole = await train(spec, data, { ...options, pool, backend, threads: 3 });
      const trainer = await opened({ backend, threads });
      for (let k = 0; !trainer.isDone; k++) await trainer.step(1 + (k % 3));
      const result = await trainer.finish();
      expect(result.fingerprint).toBe(whole.fingerprint);
      expect(result.epochLosses).toEqual(whole.epochLosses);
      expect([result.validation, result.test, result.stopped]).toEqual([whole.validation, whole.test, 'completed']);
    },
  );
});

// Threads take the places of a team in turns, and what a place keeps from step to step lies in the memory of the run.
test.each(['float64', 'float32'] as const)(
  'trainers at once in one pool end in the bits of each alone, with the same hyperparameters in every step: %s',
  needs('native'),
  async (precision) => {
    const wide: NetworkSpec = { input: 30, layers: [{ kind: 'dense', out: 90 }, ...spec.layers.slice(1)] };
    const same: TrainOptions = {
      ...options,
      precision,
      backend: 'native',
      threads: 1,
      epochs: 10,
      schedule: 'constant',
      optimizer: { kind: 'adam', lr: 0.01, beta1: 0, beta2: 0 },
    };
    const seeds = [1, 2, 3, 4];
    const alone: string[] = [];
    for (const seed of seeds) alone.push((await train(wide, data, { ...same, seed, pool })).fingerprint);
    const trained = async (seed: number): Promise<string> => {
      const trainer = await createTrainer(wide, data, { ...same, seed, pool });
      onTestFinished(() => trainer.close());
      while (!trainer.isDone) await trainer.step();
      return (await trainer.finish()).fingerprint;
    };
    expect(await Promise.all(seeds.map(trained))).toEqual(alone);
  },
);

test('a step tells its loss, norm and rate, and many steps their means', async () => {
  const events: TrainEvent[] = [];
  const [one, many] = [await opened({ onEvent: (event) => void events.push(event) }), await opened()];
  const steps = [await one.step(), await one.step(), await one.step()];
  expect(steps.map(({ step, count }) => [step, count])).toEqual([
    [1, 1],
    [2, 1],
    [3, 1],
  ]);
  const stepEvents = events.filter((event) => event.type === 'steps');
  for (const [k, { loss, gradientNorm, learningRate }] of stepEvents.entries()) {
    expect([loss.mean, gradientNorm.mean, learningRate.mean]).toEqual([
      ...[steps[k].loss, steps[k].gradientNorm, steps[k].learningRate],
    ]);
  }
  expect(stepEvents.length).toBeGreaterThan(1);
  const { loss, learningRate } = await many.step(3);
  expect(loss).toBeCloseTo((steps[0].loss + steps[1].loss + steps[2].loss) / 3, 14);
  expect(learningRate).toBe(steps[2].learningRate);
});

test('evaluating, copying weights and copying the state change nothing', async () => {
  const [watched, plain] = [await opened(), await opened()];
  for (let k = 0; k < 5; k++) {
    const { accuracy = -1 } = await watched.evaluate();
    expect(accuracy).toBeGreaterThanOrEqual(0);
    await watched.evaluate('test');
    (await watched.parameters()).fill(0);
    (await watched.state()).arrays.parameters.fill(0);
    await watched.step();
  }
  await plain.step(5);
  expect(await watched.parameters()).toEqual(await plain.parameters());
});

test('a state goes on to the same bits, by a trainer or by train', async () => {
  const whole = await train(spec, data, { pool, backend: 'wasm', threads: 2, ...options });
  const first = await opened();
  await first.step(4); // in the middle of the second epoch
  const resume = await first.state();
  await first.step(2);
  const other = await opened({ resume, threads: 3 });
  expect(other.steps).toBe(4);
  await other.step(8);
  expect((await other.finish()).fingerprint).toBe(whole.fingerprint);
  expect((await train(spec, data, { pool, backend: 'wasm', ...options, resume })).fingerprint).toBe(whole.fingerprint);
});

describe('a rate that was set', () => {
  test('is that of the next steps, as if the optimizer had it', async () => {
    const trainer = await opened({ schedule: 'constant' });
    trainer.setRate(0.003);
    expect((await trainer.step(4)).learningRate).toBe(0.003);
    const withRate = await opened({ schedule: 'constant', optimizer: { kind: 'adam', lr: 0.003 } });
    await withRate.step(4);
    expect(await trainer.parameters()).toEqual(await withRate.parameters());
    trainer.setRate(null);
    expect((await trainer.step()).learningRate).toBe(0.01);
  });

  test('stands in the state, and goes on in a resume', async () => {
    const [trainer, whole] = [await opened(), await opened()];
    for (const one of [trainer, whole]) {
      await one.step(2);
      one.setRate(0.002);
      await one.step(2);
    }
    const other = await opened({ resume: await trainer.state() });
    await other.step(3);
    await whole.step(3);
    expect(await other.parameters()).toEqual(await whole.parameters());
  });

  test('of 0 changes no weight', async () => {
    const trainer = await opened({ optimizer: 'sgd' });
    const before = await trainer.parameters();
    trainer.setRate(0);
    await trainer.step(2);
    expect(await trainer.parameters()).toEqual(before);
  });
});

test('a pool that is given stays, and closing it waits for the trainer', async () => {
  const pool = await createPool({ threads: 2 });
  const trainer = await createTrainer(spec, data, { ...options, pool, threads: 2 });
  let isClosed = false;
  const closing = pool.close().then(() => {
    isClosed = true;
  });
  await trainer.step();
  expect(isClosed).toBe(false);
  await trainer.close();
  await closing;
});

test('checkpoints are kept as by train', async () => {
  const folder = temporaryDirectory();
  const trainer = await opened({ checkpoint: { folder, every: 5 } });
  const steps: number[] = [];
  while (!trainer.isDone) steps.push((await trainer.step(4)).step);
  expect(steps).toEqual([4, 8, 12]);
  expect((await trainer.finish()).checkpoint?.step).toBe(12);
});

describe('faults', () => {
  test('one call at a time, and none after the end', async () => {
    const trainer = await opened();
    const step = trainer.step();
    await expect(trainer.step()).rejects.toThrow('step: step has not ended, expected one call at a time (await it)');
    expect(() => trainer.setRate(1)).toThrow('setRate: step has not ended');
    await step;
    await trainer.close();
    await trainer.close();
    await expect(trainer.step()).rejects.toThrow('step: the trainer has been closed, expected an open one');
    await expect(trainer.parameters()).rejects.toThrow('parameters: the trainer has been closed, expected an open one');
  });

  test('steps beyond the last are refused', async () => {
    const trainer = await opened({ epochs: 1 });
    expect(await trainer.step(100)).toMatchObject({ step: 3, count: 3 });
    await expect(trainer.step()).rejects.toThrow('step: the trainer has done 3 of 3 steps and ends there');
    await expect(trainer.step(0)).rejects.toThrow('step: count has 0, expected a whole number of at least 1');
    expect(() => trainer.setRate(-1)).toThrow('setRate: rate has -1, expected a number of at least 0');
  });

  test('a set that the run does not have is refused, and goes on', async () => {
    const trainer = await createTrainer(spec, { train: data.train }, { ...options, threads: 1 });
    await expect(trainer.evaluate()).rejects.toThrow('evaluate: the run has no validation set');
    await trainer.step();
    await trainer.close();
  });

  test('a step that is not finite ends the trainer', async () => {
    const trainer = await opened({ optimizer: { kind: 'sgd', lr: 1e308 } });
    await expect(trainer.step(12)).rejects.toThrow(/Infinity|NaN/);
    await expect(trainer.step()).rejects.toThrow('step: the trainer has failed (');
  });

  test('options that do not fit are refused before any thread', async () => {
    await expect(createTrainer(spec, data, { batch: 0 })).rejects.toThrow('train: batch has 0');
  });

  test('a signal ends it', async () => {
    const stop = new AbortController();
    const trainer = await opened({ signal: stop.signal });
    await trainer.step();
    stop.abort();
    expect(trainer.isDone).toBe(true);
    expect((await trainer.finish()).stopped).toBe('aborted');
  });
});
