import type { TrainEvent, TrainingRun, TrainResult } from '@gradloom/runtime';
import { timeSteps } from '@gradloom/runtime/internal';
import { expect, test } from 'vitest';

/** A run that was told of at these steps and ms, with 4 samples a step but for the last 10 steps, which had 3. */
function runOf(...spans: [step: number, elapsedMs: number][]): TrainingRun {
  const [steps, elapsedMs] = spans[spans.length - 1];
  const perSecond = (step: number, ms: number) => (1000 * (4 * step - Math.max(0, step - (steps - 10)))) / ms;
  const result = Promise.resolve({ steps, elapsedMs, samplesPerSecond: perSecond(steps, elapsedMs) } as TrainResult);
  async function* events(): AsyncGenerator<TrainEvent, undefined> {
    yield { type: 'warning', message: '' };
    for (const [step, ms] of spans) {
      yield {
        type: 'progress',
        step,
        totalSteps: steps,
        loss: 0,
        samplesPerSecond: perSecond(step, ms),
        elapsedMs: ms,
      };
    }
    return undefined;
  }
  return Object.assign(result, { [Symbol.asyncIterator]: events }) as unknown as TrainingRun;
}

test('steps are timed after the spans of the first 350 ms', async () => {
  const { stepMs, samplesPerSecond } = await timeSteps(runOf([10, 200], [20, 360], [60, 460], [120, 560]));
  expect(stepMs).toBe(2);
  expect(samplesPerSecond).toBeCloseTo((1000 * (4 * 100 - 10)) / 200, 9);
});

test('at least a third of the time of a run counts', async () => {
  expect((await timeSteps(runOf([10, 100], [20, 120], [40, 200]))).stepMs).toBe(4); // after 120 ms
  // after 200 ms: 600 would leave a quarter
  expect((await timeSteps(runOf([20, 200], [30, 600], [80, 800]))).stepMs).toBe(10);
  expect((await timeSteps(runOf([20, 200], [21, 201]))).stepMs).toBe(201 / 21);
});

test('a run of one span is timed whole', async () => {
  const { stepMs, samplesPerSecond } = await timeSteps(runOf([10, 100]));
  expect(stepMs).toBe(10);
  expect(samplesPerSecond).toBeCloseTo(300, 9);
});
