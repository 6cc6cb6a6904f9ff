import { dense, dropout, relu, sequential, splitDataset, type TrainOptions } from '@gradloom/runtime';
import { randomDataset } from './random-dataset.ts';

/** A small network with relu and dropout, for rows of 8 numbers and 3 classes. */
export const reluNetwork = sequential(8, dense(16), relu(), dropout(0.1), dense(3));

/** Its rows: in batches of 5, 31 steps an epoch, the last of 2 rows. */
export const reluRows = splitDataset(randomDataset({ rows: 182, inputs: 8, classes: 3 }), {
  validation: 30 / 182,
  test: 0,
});

/**
 * Its training with a rate that is 16 times as high from the third epoch on and from the fifth: both times steps
 * overflow within an epoch, which is repeated.
 */
export const diverging = {
  loss: 'mse',
  optimizer: { kind: 'sgd', lr: 0.1, momentum: 0.5 },
  batch: 5,
  epochs: 6,
  evaluateEvery: 2,
  schedule: { kind: 'step', everyEpochs: 2, gamma: 16 },
  backend: 'wasm',
  onNan: 'rollback',
} satisfies TrainOptions;
