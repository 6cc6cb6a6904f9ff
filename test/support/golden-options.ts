import { readFileSync } from 'node:fs';
import {
  buildNetwork,
  createLoss,
  createOptimizer,
  createTrainStep,
  dense,
  type LossSpec,
  referenceKernels,
  sequential,
  type TrainStep,
  type TrainStepOptions,
  tanh,
} from '@gradloom/core';

/** Results of training options from the same start, data and optimizer; see test/fixtures/training-options.py. */
export interface GoldenOptions {
  hidden: number;
  lr: number;
  momentum: number;
  x: number[]; // [40, I]
  classes: number[]; // [40]
  values: number[]; // [40, O]
  samples: number[]; // [40] weights of rows
  ofClass: number[]; // [O] weights of classes
  params: number[]; // [P] at the start
  runs: { name: string; batch: number; losses: number[]; finalParams: number[]; average?: number[] }[];
  scikitLearn: { alpha: number; batch: number; finalParams: number[] };
}

export const goldenOptions: GoldenOptions = JSON.parse(
  readFileSync(new URL('../fixtures/training-options.json', import.meta.url), 'utf8'),
);

const ROWS = 40;

/** Runs `goldenOptions` with an option, by core's own step. */
export function followGolden(
  loss: LossSpec,
  batch: number,
  steps: number,
  options: Partial<TrainStepOptions> & { weights?: Float64Array },
): { losses: number[]; trained: TrainStep } {
  const { x, values, classes, hidden, lr, momentum, params, ofClass } = goldenOptions;
  const [I, O] = [x.length / ROWS, ofClass.length];
  const network = buildNetwork(sequential(I, dense(hidden), tanh(), dense(O)));
  const { weights, ...stepOptions } = options;
  const trained = createTrainStep({
    network,
    loss: createLoss(loss),
    optimizer: createOptimizer({ kind: 'sgd', lr, momentum }),
    kernels: referenceKernels,
    batch,
    seed: 1,
    hasRowWeights: weights !== undefined,
    ...stepOptions,
  });
  trained.parameters.set(params);
  const targets = createLoss(loss).targets === 'classes' ? classes : values;
  const T = targets.length / ROWS;
  const part = (array: ArrayLike<number>, width: number, row: number): Float64Array =>
    Float64Array.from({ length: batch * width }, (_, i) => array[row * width + i]);
  const losses = Array.from({ length: steps }, (_, k) => {
    const row = (k * batch) % ROWS;
    const w = weights === undefined ? undefined : part(weights, 1, row);
    return trained.step(part(x, I, row), part(targets, T, row), batch, undefined, w).loss;
  });
  return { losses, trained };
}
