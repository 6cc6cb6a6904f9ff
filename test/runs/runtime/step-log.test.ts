import type { NetworkSpec } from '@gradloom/core';
import { type TrainEvent, type TrainOptions, train } from '@gradloom/runtime';
import { describe, expect, test } from 'vitest';
import { createStepLog } from '../../../packages/runtime/src/training/run/step-log.ts';
import { checkpointedRun } from '../../support/checkpointed-run.ts';
import { randomDataset } from '../../support/random-dataset.ts';

type StepsEvent = Extract<TrainEvent, { type: 'steps' }>;

const stepsOf = (events: readonly TrainEvent[]) =>
  events.filter((event): event is StepsEvent => event.type === 'steps');

function stepEvents(totalSteps: number, loss: (step: number) => number): StepsEvent[] {
  const events: TrainEvent[] = [];
  const log = createStepLog(totalSteps, (event) => events.push(event));
  // Spans of a thousand steps, which no stretch heeds.
  for (let first = 0; first < totalSteps; first += 1000) {
    const steps = Math.min(1000, totalSteps - first);
    const losses = Float64Array.from({ length: steps }, (_, k) => loss(first + k));
    log.add(first, {
      first,
      steps,
      losses,
      norms: losses.map((value) => 2 * value),
      learningRates: new Float64Array(64).fill(0.5),
    });
  }
  log.close();
  return stepsOf(events);
}

/** Whether each stretch begins where the one before it ends, from the first step to the last. */
function follows(stretches: readonly StepsEvent[], totalSteps: number): void {
  expect(stretches.map(({ first }) => first)).toEqual([0, ...stretches.slice(0, -1).map(({ step }) => step)]);
  expect(stretches.at(-1)?.step).toBe(totalSteps);
}

describe('a stretch of steps', () => {
  test('is one step of a short run', () => {
    const all = stepEvents(600, (step) => step);
    expect(all.length).toBe(600);
    expect(all[599]).toEqual({
      type: 'steps',
      first: 599,
      step: 600,
      loss: { low: 599, mean: 599, high: 599 },
      gradientNorm: { low: 1198, mean: 1198, high: 1198 },
      learningRate: { low: 0.5, mean: 0.5, high: 0.5 },
    });
  });

  test.each([601, 12_345, 1_000_000])(
    'of %i steps has them all, the lowest and the highest, in few events',
    (steps) => {
      const spike = Math.floor(0.7 * steps);
      const all = stepEvents(steps, (step) => (step === spike ? 99 : step === spike + 2 ? -99 : step % 7));
      follows(all, steps);
      expect(all.length).toBeGreaterThan(300);
      expect(all.length).toBeLessThan(602);
      expect(Math.max(...all.map(({ loss }) => loss.high))).toBe(99);
      expect(Math.min(...all.map(({ loss }) => loss.low))).toBe(-99);
      const sum = all.reduce((total, { first, step, loss }) => total + (step - first) * loss.mean, 0);
      const mean = Array.from({ length: steps }, (_, step) => step % 7).reduce((a, b) => a + b) / steps;
      expect(Math.abs(sum / steps - mean)).toBeLessThan(0.02);
    },
  );

  test('that is taken back to the start of its epoch leaves nothing in the next one', () => {
    const events: TrainEvent[] = [];
    const log = createStepLog(6000, (event) => events.push(event));
    const [high, low] = [1000, 1].map((value) => new Float64Array(4).fill(value));
    log.add(0, { first: 0, steps: 3, losses: high, norms: high, learningRates: high });
    log.goBack(0);
    // The first of the span was told before.
    log.add(5, { first: 4, steps: 2, losses: Float64Array.of(9, 1), norms: low, learningRates: low });
    log.close();
    log.close();
    const one = { low: 1, mean: 1, high: 1 };
    expect(events).toEqual([{ type: 'steps', first: 5, step: 6, loss: one, gradientNorm: one, learningRate: one }]);
  });
});

describe('in a run that may go back to the start of its epoch', () => {
  const spanOf = (first: number, steps: number, value = 0) => {
    const losses = Float64Array.from({ length: steps }, (_, k) => value + first + k);
    return { first, steps, losses, norms: losses, learningRates: new Float64Array(64).fill(0.5) };
  };

  test('a stretch that an epoch begins in is told as two, and stays few lines however short epochs are', () => {
    for (const stepsPerEpoch of [1, 7, 50, 900]) {
      const events: TrainEvent[] = [];
      const log = createStepLog(6000, (event) => events.push(event), stepsPerEpoch);
      for (let first = 0; first < 6000; first += 12) log.add(first, spanOf(first, 12));
      const all = stepsOf(events);
      follows(all, 6000);
      expect(all.length).toBeLessThanOrEqual(1200);
      const sum = all.reduce((total, { first, step, loss }) => total + (step - first) * loss.mean, 0);
      expect(sum).toBeCloseTo((5999 * 6000) / 2, 6);
      for (const { first, step, loss } of all) expect([loss.low, loss.high]).toEqual([first, step - 1]);
    }
  });

  test.each([
    [24, 'in the same stretch'],
    [33, 'in a later stretch'],
    [21, 'at the start itself'],
  ])('no step before it is lost when step %i fails, %s', (bad) => {
    const events: TrainEvent[] = [];
    const log = createStepLog(6000, (event) => events.push(event), 7);
    log.add(0, spanOf(0, bad));
    const to = bad - (bad % 7);
    log.goBack(to);
    const kept = stepsOf(events).filter(({ step }) => step <= to);
    events.length = 0;
    // The steps are done again from a state before the epoch, and told from its start on.
    log.add(to, spanOf(to - 2, 6002 - to, 0.5));
    const all = [...kept, ...stepsOf(events)];
    follows(all, 6000);
    for (const { first, step, loss } of all) {
      const lossOf = (n: number) => n + (n >= to ? 0.5 : 0);
      expect([loss.low, loss.high]).toEqual([lossOf(first), lossOf(step - 1)]);
    }
  });

  test('going back to a step after the last one keeps all steps', () => {
    const events: TrainEvent[] = [];
    const log = createStepLog(6000, (event) => events.push(event), 7);
    log.add(0, spanOf(0, 12));
    log.goBack(14);
    log.add(12, spanOf(12, 5988));
    follows(stepsOf(events), 6000);
  });
});

describe('a run', () => {
  const data = { train: randomDataset({ rows: 63, inputs: 6, classes: 3 }) };
  const spec: NetworkSpec = { input: 6, layers: [{ kind: 'dense', out: 3 }] };
  const options = {
    batch: 20,
    epochs: 300,
    backend: 'wasm',
    schedule: { kind: 'constant', warmupSteps: 500 },
  } satisfies TrainOptions;

  test('tells the same of its steps on any number of threads, and of all of them', async () => {
    const [one, two] = await Promise.all(
      [1, 2].map(async (threads) => {
        const events: TrainEvent[] = [];
        const run = train(spec, data, { ...options, threads, onEvent: (event) => events.push(event) });
        return { result: await run, stretches: stepsOf(events) };
      }),
    );
    follows(one.stretches, 1200);
    expect(two.stretches).toEqual(one.stretches);
    // Two steps a stretch, two stretches an epoch.
    const means = Array.from(one.result.epochLosses, (_, e) => {
      const [a, b] = one.stretches.slice(2 * e, 2 * e + 2);
      return (a.loss.mean + b.loss.mean) / 2;
    });
    for (const [e, mean] of means.entries()) expect(mean).toBeCloseTo(one.result.epochLosses[e], 12);
    expect(one.stretches[100].learningRate.high).toBeGreaterThan(one.stretches[100].learningRate.low);
  });

  test('that goes on from a checkpoint leaves out no step and tells none twice', async () => {
    const settings = { ...options, threads: 1 };
    const { events, checkpoints } = await checkpointedRun(spec, data, settings, { steps: 7 });
    follows(stepsOf(events), 1200);
    for (const checkpoint of [checkpoints[0], checkpoints[50]]) {
      const { step } = checkpoint.progress;
      const before = stepsOf(events).filter((event) => event.step <= step);
      const again: TrainEvent[] = [];
      await train(spec, data, { ...settings, resume: checkpoint, onEvent: (event) => again.push(event) });
      follows([...before, ...stepsOf(again)], 1200);
    }
  });
});
