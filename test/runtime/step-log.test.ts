import type { NetworkSpec } from '@gradloom/core';
import { type TrainEvent, type TrainOptions, train } from '@gradloom/runtime';
import { describe, expect, test } from 'vitest';
import { createStepLog } from '../../packages/runtime/src/step-log.ts';
import { checkpointedRun } from '../support/checkpointed-run.ts';
import { randomDataset } from '../support/random-dataset.ts';

type StepsEvent = Extract<TrainEvent, { type: 'steps' }>;

const stepsOf = (events: readonly TrainEvent[]) =>
  events.filter((event): event is StepsEvent => event.type === 'steps');

function told(totalSteps: number, loss: (step: number) => number): StepsEvent[] {
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
      rates: new Float64Array(64).fill(0.5),
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
    const all = told(600, (step) => step);
    expect(all.length).toBe(600);
    expect(all[599]).toEqual({
      ...{ type: 'steps', first: 599, step: 600 },
      loss: { low: 599, mean: 599, high: 599 },
      gradientNorm: { low: 1198, mean: 1198, high: 1198 },
      learningRate: { low: 0.5, mean: 0.5, high: 0.5 },
    });
  });

  test.each([601, 12_345, 1_000_000])(
    'of %i steps has them all, the lowest and the highest, in few events',
    (steps) => {
      const spike = Math.floor(0.7 * steps);
      const all = told(steps, (step) => (step === spike ? 99 : step === spike + 2 ? -99 : step % 7));
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

  test('that is dropped leaves nothing in the next one', () => {
    const events: TrainEvent[] = [];
    const log = createStepLog(6000, (event) => events.push(event));
    const [high, low] = [1000, 1].map((value) => new Float64Array(4).fill(value));
    log.add(0, { first: 0, steps: 3, losses: high, norms: high, rates: high });
    log.drop();
    // The first of the span was told before.
    log.add(5, { first: 4, steps: 2, losses: Float64Array.of(9, 1), norms: low, rates: low });
    log.close();
    log.close();
    const one = { low: 1, mean: 1, high: 1 };
    expect(events).toEqual([{ type: 'steps', first: 5, step: 6, loss: one, gradientNorm: one, learningRate: one }]);
  });
});

describe('a run', () => {
  const data = { train: randomDataset({ rows: 63, inputs: 6, classes: 3 }) };
  const spec: NetworkSpec = { input: 6, layers: [{ kind: 'dense', out: 3 }] };
  const options = {
    ...{ batch: 20, epochs: 300, shards: 2, backend: 'wasm' },
    schedule: { kind: 'constant', warmupSteps: 500 },
  } satisfies TrainOptions;

  test('tells the same of its steps on any number of threads, and of all of them', async () => {
    const [one, two] = await Promise.all(
      [1, 2].map(async (threads) => {
        const events: TrainEvent[] = [];
        const run = train(spec, data, { ...options, threads, onEvent: (event) => events.push(event) });
        return { result: await run.result, stretches: stepsOf(events) };
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
      await train(spec, data, { ...settings, resume: checkpoint, onEvent: (event) => again.push(event) }).result;
      follows([...before, ...stepsOf(again)], 1200);
    }
  });
});
