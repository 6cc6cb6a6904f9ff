import { type TrainEvent, type TrainingRun, type TrainResult, timeSteps } from '@gradloom/runtime';
import { expect, test } from 'vitest';

/** A run that was told of at these steps and ms. */
function runOf(...spans: [step: number, elapsedMs: number][]): TrainingRun {
  const [steps, elapsedMs] = spans[spans.length - 1];
  const result = Promise.resolve({ steps, elapsedMs } as TrainResult);
  async function* events(): AsyncGenerator<TrainEvent, undefined> {
    yield { type: 'warning', message: '' };
    for (const [step, ms] of spans) {
      yield { type: 'progress', step, totalSteps: steps, loss: 0, samplesPerSecond: 1, elapsedMs: ms };
    }
    return undefined;
  }
  return { result, [Symbol.asyncIterator]: events } as TrainingRun;
}

test('steps are timed behind the first span', async () => {
  expect((await timeSteps(runOf([10, 100], [20, 120], [30, 140]))).stepMs).toBe(2);
});

test('a run of one span is timed whole', async () => {
  expect((await timeSteps(runOf([10, 100]))).stepMs).toBe(10);
});
