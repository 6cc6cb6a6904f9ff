import { expect, test } from 'vitest';
import { epochText, metricsOf } from '../../../../../packages/cli/src/commands/train/terminal-reporter.ts';

const epoch = {
  type: 'epoch',
  ...{ epoch: 3, step: 30, trainLoss: 0.25, gradientNorm: 1.5, learningRate: 0.01, elapsedMs: 820 },
  validation: { rows: 10, loss: 0.5, accuracy: 0.75 },
} as const;
const run = { totalSteps: 80, stepsPerEpoch: 10 };
const measured = { ...epoch, test: { rows: 10, loss: 0.625, accuracy: 0.7 } };

test('test figures of an epoch are in its line and in the panel, where the run measures them', () => {
  const line = 'epoch 3/8  training loss 0.2500  validation loss 0.5000  accuracy 75.00 %';
  expect(epochText(epoch, run)).toBe(`${line}  820 ms`);
  expect(epochText({ ...epoch, epoch: 2.5, step: 25 }, run)).toBe(`${line.replace('epoch 3/8', 'step 25/80')}  820 ms`);
  expect(epochText(measured, run)).toBe(`${line}  test loss 0.6250  test accuracy 70.00 %  820 ms`);
  const [accuracy, loss, ...others] = metricsOf(epoch);
  expect(metricsOf(measured)).toEqual([accuracy, loss, 'test loss 0.6250', 'test accuracy 70.00 %', ...others]);
});
