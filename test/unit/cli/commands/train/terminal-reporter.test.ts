import { expect, test } from 'vitest';
import { epochText, lossUnitOf, metricsOf } from '../../../../../packages/cli/src/commands/train/epoch-text.ts';

const epoch = {
  type: 'epoch',
  epoch: 3,
  step: 30,
  trainLoss: 0.25,
  gradientNorm: 1.5,
  learningRate: 0.01,
  elapsedMs: 820,
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

test('the line of an epoch keeps to the columns of a terminal: shorter words, then fewer figures', () => {
  const weighed = { ...measured, validation: { ...measured.validation, weightedLoss: 0.4 } };
  for (let columns = 30; columns < 150; columns++) {
    const line = epochText(weighed, run, undefined, columns);
    expect(line.length).toBeLessThanOrEqual(columns);
    expect(line).toMatch(/^epoch 3\/8 .* 820 ms$/);
  }
  expect(epochText(epoch, run, undefined, 75)).toBe(
    'epoch 3/8  train loss 0.2500  val loss 0.5000  accuracy 75.00 %  820 ms',
  );
});

test('the loss of values is shown as its root, in the unit of the target', () => {
  const recipe = (classes: number | null, kind: string) => ({
    sets: { train: { classes } },
    values: { loss: { kind } },
  });
  const values = { ...epoch, trainLoss: 1.69e10, validation: { rows: 10, loss: 1.44e10 } };
  const line = epochText(values, run, lossUnitOf(recipe(null, 'mse') as never));
  expect(line).toBe('epoch 3/8  training RMSE 130,000  validation RMSE 120,000  820 ms');
  expect(metricsOf(values, lossUnitOf(recipe(null, 'mae') as never))[0]).toBe('validation loss 14,400,000,000');
  expect(lossUnitOf(recipe(2, 'mse') as never).name).toBe('loss');
});
