import {
  buildNetwork,
  createLoss,
  createOptimizer,
  createTrainStep,
  type LossName,
  losses,
  type OptimizerName,
  type OptimizerSpec,
  optimizers,
  referenceKernels,
} from '@gradloom/core';
import { beforeAll, describe, expect, test } from 'vitest';
import { maxRelativeError } from '../../../support/errors.ts';
import { goldenTrajectories, networkSpec } from '../../../support/golden.ts';
import { needs } from '../../../support/needs.ts';
import { python } from '../../../support/python.ts';
import { temporaryFolder } from '../../../support/temporary-folder.ts';

const STEPS = 50;
const ROWS = 40;
/** dense, tanh, dense with values as targets; dense, relu, dense with classes. */
const [ofValues, ofClasses] = goldenTrajectories;

const moments = { lr: 0.01, beta1: 0.9, beta2: 0.999 };
const specs: OptimizerSpec[] = [
  { kind: 'sgd', lr: 0.1 },
  { kind: 'sgd', lr: 0.1, weightDecay: 0.01 },
  { kind: 'sgd', lr: 0.05, momentum: 0.9 },
  { kind: 'sgd', lr: 0.05, momentum: 0.9, nesterov: true, weightDecay: 0.01 },
  { kind: 'adam', ...moments },
  { kind: 'adam', ...moments, weightDecay: 0.01 },
  { kind: 'adamw', ...moments, weightDecay: 0.05 },
  { kind: 'rmsprop', lr: 0.01 },
  { kind: 'rmsprop', lr: 0.01, momentum: 0.9, weightDecay: 0.01 },
  { kind: 'adagrad', lr: 0.05 },
  { kind: 'adagrad', lr: 0.05, weightDecay: 0.01 },
  { kind: 'lion', lr: 0.003, beta1: 0.9, beta2: 0.99 },
  { kind: 'lion', lr: 0.01, beta1: 0.8, beta2: 0.95, weightDecay: 0.3 },
  { kind: 'muon', lr: 0.001, momentum: 0.9, weightDecay: 0 },
];
const sgd: OptimizerSpec = { kind: 'sgd', lr: 0.1 };
const cases = [
  ...specs.flatMap((optimizer) => [
    { optimizer, loss: 'mse' as LossName, golden: ofValues },
    { optimizer, loss: 'softmax-cross-entropy' as LossName, golden: ofClasses },
  ]),
  ...(['mae', 'huber', 'binary-cross-entropy', 'soft-target-cross-entropy'] as const).map((loss) => ({
    optimizer: sgd,
    loss,
    golden: ofValues,
  })),
].map(({ golden, ...run }) => ({ ...run, golden, title: `${JSON.stringify(run.optimizer)} under ${run.loss}` }));

/** ‖a - b‖ / ‖b‖: a weight near 0 has the rounding errors of the steps that brought it there, of whatever size. */
function distance(a: ArrayLike<number>, b: readonly number[]): number {
  expect(a.length).toBe(b.length);
  return Math.hypot(...b.map((value, p) => a[p] - value)) / Math.hypot(...b);
}

/** Targets of values; as probabilities, of each or of classes, where the loss takes those. */
function targetsOf({ loss, golden: { t } }: (typeof cases)[number]): number[] {
  if (loss === 'binary-cross-entropy') return t.map((value) => 1 / (1 + Math.exp(-value)));
  if (loss !== 'soft-target-cross-entropy') return t;
  const O = t.length / ROWS;
  const powers = t.map(Math.exp);
  return powers.map((power, i) => {
    const row = Math.floor(i / O) * O;
    return power / powers.slice(row, row + O).reduce((a, b) => a + b, 0);
  });
}

const folder = temporaryFolder();

test('every optimizer is in one of the runs', () => {
  const names = specs.map((spec) => createOptimizer(spec).name);
  expect(new Set(names)).toEqual(new Set<string>(Object.keys(optimizers) as OptimizerName[]));
  // `quadratic` is mse times O / 2, which PyTorch does not have; `output` has no targets.
  expect(new Set(['quadratic', 'output', ...cases.map(({ loss }) => loss)])).toEqual(
    new Set<string>(Object.keys(losses)),
  );
});

describe('PyTorch in float32', needs('torch'), () => {
  let followed: { losses: number[]; parameters: number[] }[] = [];

  beforeAll(() => {
    const runs = cases.map((run) => {
      const { optimizer, loss, golden } = run;
      const { tensors } = buildNetwork(networkSpec(golden, ROWS));
      const { batch, x, params } = golden;
      const activation = golden === ofValues ? 'tanh' : 'relu';
      const shapes = tensors.map(({ shape }) => shape);
      return { optimizer, loss, batch, x, t: targetsOf(run), params, shapes, activation, rows: ROWS, steps: STEPS };
    });
    followed = python('train_float32.py', folder.write('runs.json', JSON.stringify(runs))) as typeof followed;
  }, 120_000);

  test.each(cases.map((run, k) => [run.title, k] as const))('takes the same 50 steps: %s', (_title, k) => {
    const { optimizer, loss, golden } = cases[k];
    const network = buildNetwork(networkSpec(golden, ROWS));
    const { batch } = golden;
    const trained = createTrainStep({
      network,
      loss: createLoss(loss),
      optimizer: createOptimizer(optimizer),
      kernels: referenceKernels,
      batch,
      seed: 1,
      elementType: 'float32',
    });
    trained.parameters.set(golden.params);
    const t = targetsOf(cases[k]);
    const T = t.length / ROWS;
    const trainedLosses = followed[k].losses.map((_, step) => {
      const row = (step * batch) % ROWS;
      const part = (array: number[], width: number) =>
        Float32Array.from(array.slice(row * width, (row + batch) * width));
      return trained.step(part(golden.x, network.inputs), part(t, T), batch).loss;
    });
    expect(trainedLosses).toHaveLength(STEPS);
    expect(maxRelativeError(trainedLosses, followed[k].losses)).toBeLessThan(1e-5);
    expect(distance(trained.parameters, followed[k].parameters)).toBeLessThan(1e-5);
  });
});
