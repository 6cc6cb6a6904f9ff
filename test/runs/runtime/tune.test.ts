import { createPool, dense, fingerprint, relu, sequential, type TrainEvent, train } from '@gradloom/runtime';
import { expect, onTestFinished, test } from 'vitest';
import { resolveBackend } from '../../../packages/runtime/src/engine/backends/backend.ts';
import { createTuner, ROUND_MS, WARM_MS, WARM_STEPS } from '../../../packages/runtime/src/training/tuning/tune.ts';
import { oracle } from '../../support/oracle.ts';
import { randomDataset } from '../../support/random-dataset.ts';

/**
 * Spans of a machine that is warm, on which a step takes `stepMs` of the threads; returns the numbers that were tried,
 * in order.
 */
function run(maxThreads: number, stepMs: (threads: number, span: number) => number, spans = 40) {
  const tuner = createTuner(maxThreads);
  for (let ms = 0; ms < WARM_MS; ms += ROUND_MS) {
    expect(tuner.threads).toBe(maxThreads);
    expect(tuner.recordSpan(1, ROUND_MS)).toBe(false);
  }
  const tried: number[] = [];
  const settled: number[] = [];
  for (let span = 0; span < spans; span++) {
    if (tuner.isTrial) tried.push(tuner.threads);
    const ms = stepMs(tuner.threads, span);
    const steps = Math.ceil((tuner.isTrial ? ROUND_MS : 200) / ms);
    if (tuner.recordSpan(steps, steps * ms)) settled.push(tuner.choice.threads);
  }
  return { tuner, tried, settled };
}

test('a run that can only use one thread makes no trial', () => {
  const { tuner, tried } = run(1, () => 1);
  expect(tried).toEqual([]);
  expect(tuner.choice).toEqual({ threads: 1, trials: [] });
});

test('rounds before the machine is warm do not count, and a number ten times slower gets one round', () => {
  const { tuner, tried, settled } = run(8, (threads) => (threads === 8 ? 1 : 12), 20); // the warm-up's took 25
  expect(tried).toEqual([8, 1]);
  expect(settled).toEqual([8]);
  expect(tuner.choice.trials).toEqual([
    { threads: 1, stepMs: 12 },
    { threads: 8, stepMs: 1 },
  ]);
});

test('a machine is warm after so many steps, but not before the first round is over', () => {
  const tuner = createTuner(2);
  tuner.recordSpan(WARM_STEPS, ROUND_MS - 1);
  tuner.recordSpan(1, ROUND_MS);
  expect(tuner.threads).toBe(2);
  tuner.recordSpan(25, ROUND_MS);
  expect(tuner.threads).toBe(1);
});

test('a pause in one round does not lose the trial', () => {
  const { tuner } = run(2, (threads, span) => (threads === 1 ? 1 : span === 0 ? 4 : 0.6));
  expect(tuner.threads).toBe(2);
});

test('one thread wins where all are slower; a number 1.5 times slower gets two rounds', () => {
  const { tuner, tried } = run(2, (threads) => (threads === 1 ? 0.001 : 0.002));
  expect(tried).toEqual([2, 1, 2]);
  expect(tuner.threads).toBe(1);
});

test('half of the threads are tried where one and all are close, and win where they are faster', () => {
  const stepMs = (threads: number) => ({ 1: 1, 4: 0.7, 8: 0.95 })[threads] ?? Number.NaN;
  const { tuner, tried } = run(8, stepMs);
  expect(tried).toEqual([8, 1, 8, 1, 8, 1, 4, 4, 4]);
  expect(tuner.choice).toEqual({
    threads: 4,
    trials: [
      { threads: 1, stepMs: 1 },
      { threads: 4, stepMs: 0.7 },
      { threads: 8, stepMs: 0.95 },
    ],
  });
});

test('a number that was slow only for a moment still wins', () => {
  const { tuner } = run(2, (threads, span) => (threads === 2 && span !== 2 ? 1.4 : threads === 2 ? 0.5 : 1));
  expect(tuner.threads).toBe(2);
});

test('a long run tries again after a hundred times its trial, and changes its mind', () => {
  const { settled } = run(2, (threads, span) => (threads === 1 ? 1 : span < 20 ? 5 : 0.5), 100);
  expect(settled).toEqual([1, 2]);
});

test('spans that end early add up to a round', () => {
  const tuner = createTuner(2);
  tuner.recordSpan(1, WARM_MS);
  const seen = Array.from({ length: 4 }, () => {
    const { threads } = tuner;
    tuner.recordSpan(1, ROUND_MS / 2);
    return threads;
  });
  expect(seen).toEqual([2, 2, 1, 1]);
});

const spec = sequential(64, dense(100, { init: 'he-normal' }), relu(), dense(10));
const dataset = randomDataset({ rows: 200, inputs: 64, classes: 10 });
const options = { batch: 66, steps: 3000, seed: 5, backend: 'wasm' } as const;

test('a run that changes its threads on the way ends in the bits of one thread', async () => {
  const pool = await createPool({ threads: 3 });
  onTestFinished(() => pool.destroy());
  const run = train(spec, { train: dataset }, { ...options, pool });
  const events: TrainEvent[] = [];
  for await (const event of run) events.push(event);
  const result = await run;
  const expected = oracle(spec, dataset, options, resolveBackend('wasm')).parameters;
  expect(result.fingerprint).toBe(fingerprint(expected));
  expect(events[0]).toMatchObject({ type: 'start', threads: 3, tunesThreads: true });
  const settled = events.find((event) => event.type === 'threads');
  expect(settled).toMatchObject({ threads: expect.any(Number), step: expect.any(Number) });
  expect(result.trials.map(({ threads }) => threads)).toEqual(expect.arrayContaining([1, 3]));
  expect(result.trials.find(({ threads }) => threads === result.threads)?.stepMs).toBe(
    Math.min(...result.trials.map(({ stepMs }) => stepMs)),
  );
});

test('a given number is neither tried nor changed', async () => {
  const result = await train(spec, { train: dataset }, { ...options, steps: 100, threads: 2 });
  expect(result).toMatchObject({ threads: 2, trials: [] });
});

test('one row a step is never split: a second thread is not tried', async () => {
  const pool = await createPool({ threads: 2 });
  onTestFinished(() => pool.destroy());
  const result = await train(spec, { train: dataset }, { ...options, batch: 1, pool });
  expect(result).toMatchObject({ threads: 1, trials: [] });
});

test.each([0, 1.5, 'all', null])('threads %j are refused', async (threads) => {
  const run = train(spec, { train: dataset }, { ...options, threads: threads as number });
  await expect(run).rejects.toThrow(/^train: threads has .*, expected a whole number of at least 1, or auto$/);
});
