import { readFileSync } from 'node:fs';
import {
  batchNorm,
  buildNetwork,
  createLoss,
  createOptimizer,
  createPredictor,
  createTrainStep,
  dense,
  type Kernels,
  type OptimizerSpec,
  referenceKernels,
  sequential,
  tanh,
} from '@gradloom/core';
import { ops } from '@gradloom/core/internal';
import { describe, expect, test } from 'vitest';
import { treeLevels } from '../../../../../packages/core/src/math/tree/index.ts';
import { firstDifference } from '../../../../support/bits.ts';
import { maxError, maxRelativeError } from '../../../../support/errors.ts';
import { runLayer } from '../../../../support/one-layer.ts';
import { runOp } from '../../../../support/run-op.ts';

interface GoldenStep {
  readonly rows: number;
  readonly x: readonly number[];
  readonly dy: readonly number[];
  readonly y: readonly number[];
  readonly dx: readonly number[];
  readonly dGamma: readonly number[];
  readonly dBeta: readonly number[];
  readonly runningMean: readonly number[];
  readonly runningVariance: readonly number[];
}

interface Golden {
  readonly layers: readonly {
    readonly momentum: number;
    readonly epsilon: number;
    readonly size: number;
    readonly params: readonly number[];
    readonly steps: readonly GoldenStep[];
    readonly evaluation: { readonly x: readonly number[]; readonly y: readonly number[] };
  }[];
  readonly trajectories: readonly {
    readonly options: object;
    readonly batch: number;
    readonly rows: number;
    readonly x: readonly number[];
    readonly t: readonly number[];
    readonly params: readonly number[];
    readonly losses: readonly number[];
    readonly finalParams: readonly number[];
    readonly evaluation: readonly number[];
  }[];
}

/** Of PyTorch's BatchNorm1d; see test/fixtures/batch-norm.py. */
const golden: Golden = JSON.parse(
  readFileSync(new URL('../../../../fixtures/batch-norm.json', import.meta.url), 'utf8'),
);

const rowsOf = (values: readonly number[], size: number): number[][] =>
  Array.from({ length: values.length / size }, (_, n) => values.slice(n * size, (n + 1) * size));
const zero = () => 0;

describe.each(golden.layers)('with momentum $momentum and epsilon $epsilon', ({ momentum, epsilon, size, ...run }) => {
  test('has the outputs, gradients and running statistics of PyTorch, batch after batch', () => {
    let parameters = rowsOf(run.params, size);
    for (const { rows, x, dy, y, dx, dGamma, dBeta, runningMean, runningVariance } of run.steps) {
      const spec = { kind: 'batch-norm' as const, momentum, epsilon };
      const run = runLayer(spec, rowsOf(x, size), (o) => dy[o], { parameters });
      // Of column 2, whose numbers lie 2 ± 0.01, half of the digits of a variance cancel.
      const [[dGammaIs, dBetaIs, ...others], [gamma, beta, mean, variance]] = [run.gradients, run.parameters];
      const checks = [
        ['y', run.y, y],
        ['dx', run.dx, dx],
        ['dGamma', dGammaIs, dGamma],
        ['dBeta', dBetaIs, dBeta],
        ['runningMean', mean, runningMean],
        ['runningVariance', variance, runningVariance],
      ] as const;
      const errors = checks.map(([name, is, should]) => [name, maxRelativeError(is, should) < 1e-10]);
      expect([rows, ...errors]).toEqual([rows, ...checks.map(([name]) => [name, true])]);
      // The running statistics have no gradient, and gains and shifts are the update's.
      expect(others.map((gradient) => [...gradient])).toEqual([new Array(size).fill(0), new Array(size).fill(0)]);
      expect([[...gamma], [...beta]]).toEqual(parameters.slice(0, 2));
      parameters = run.parameters.map((tensor) => [...tensor]);
    }
    const network = buildNetwork({ input: size, layers: [{ kind: 'batch-norm', momentum, epsilon }] });
    const predict = createPredictor(network, Float64Array.from(parameters.flat()));
    const { x, y } = run.evaluation;
    expect(maxRelativeError(predict(Float64Array.from(x)), y)).toBeLessThan(1e-12);
  });
});

test('rows of many positions have the statistics of as many rows of one, unbiased by all of them', () => {
  const [B, R, C] = [3, 5, 2];
  const value = (i: number) => ((i * 7) % 11) / 4 - 1;
  const images = Array.from({ length: B }, (_, n) => Array.from({ length: R * C }, (_, i) => value(n * R * C + i)));
  const dy = (o: number) => ((o * 5) % 7) - 3;
  const spec = { kind: 'batch-norm' as const };
  const run = runLayer(spec, images, dy, { input: [R, C] });
  const flat = runLayer(spec, rowsOf(images.flat(), C), dy);
  for (const [is, should] of [
    [run.y, flat.y],
    [run.dx, flat.dx],
    ...run.gradients.map((gradient, k) => [gradient, flat.gradients[k]]),
    ...run.parameters.map((tensor, k) => [tensor, flat.parameters[k]]),
  ]) {
    expect(maxError(is, should)).toBeLessThan(1e-12);
  }
});

describe.each(golden.trajectories)('under sgd with $options', (run) => {
  const network = buildNetwork(sequential(4, dense(6), batchNorm(), tanh(), dense(3)));
  const { batch, rows } = run;

  test('takes the steps that PyTorch takes, and evaluates to the same', () => {
    const optimizer = createOptimizer({ kind: 'sgd', ...run.options } as OptimizerSpec);
    const shared = { kernels: referenceKernels, batch, seed: 1 };
    const trainer = createTrainStep({ network, loss: createLoss('mse'), optimizer, ...shared });
    trainer.parameters.set(run.params);
    let row = 0;
    const losses = run.losses.map(() => {
      const B = Math.min(batch, rows - row);
      const x = Float64Array.from(run.x.slice(row * 4, (row + B) * 4));
      const { loss } = trainer.step(x, Float64Array.from(run.t.slice(row * 3, (row + B) * 3)), B);
      row = row + batch < rows ? row + batch : 0;
      return loss;
    });
    expect(maxRelativeError(losses, run.losses)).toBeLessThan(1e-11);
    expect(maxRelativeError(trainer.parameters, run.finalParams)).toBeLessThan(1e-11);
    const predict = createPredictor(network, trainer.parameters);
    expect(maxRelativeError(predict(Float64Array.from(run.x)), run.evaluation)).toBeLessThan(1e-11);
  });
});

test('starts as the plain norm: gains and variances 1, shifts and means 0', () => {
  const { parameters } = runLayer({ kind: 'batch-norm', momentum: 0 }, [[1, 2, 3]], zero);
  expect(parameters.map((tensor) => [...tensor])).toEqual([1, 0, 0, 1].map((value) => [value, value, value]));
});

// Of one row PyTorch refuses to train: its variance is 0, without bias 0 / 0.
test('makes the shifts of a batch of one row, and passes nothing back to it', () => {
  const parameters = [
    [2, 3],
    [5, 7],
    [1, 1],
    [4, 4],
  ];
  const run = runLayer({ kind: 'batch-norm', momentum: 0.25 }, [[10, -20]], () => 1, { parameters });
  expect([...run.y]).toEqual([5, 7]);
  expect([...run.dx]).toEqual([0, 0]);
  expect(run.gradients.map((gradient) => [...gradient])).toEqual([
    [0, 0],
    [1, 1],
    [0, 0],
    [0, 0],
  ]);
  expect(run.parameters.slice(2).map((tensor) => [...tensor])).toEqual([
    [0.75 + 2.5, 0.75 - 5],
    [3, 3],
  ]);
});

test('passes no gradient below 2⁻⁹³⁰ on', () => {
  const { dx } = runLayer({ kind: 'batch-norm' }, [[1], [2], [4]], (o) => (o === 1 ? 1e-290 : 0));
  expect([...dx]).toEqual([0, 0, 0]);
});

test('adds the sums of leaves by the tree', () => {
  const size = 3;
  for (let leaves = 1; leaves <= 40; leaves++) {
    const sums = Float64Array.from(
      { length: leaves * size },
      (_, i) => (((i * 0.618) % 1) - 0.5) * 10 ** ((7 * i) % 9),
    );
    const treeOf = (first: number, count: number, j: number): number => {
      if (count === 1) return sums[first * size + j];
      let half = 1;
      while (2 * half < count) half *= 2;
      return treeOf(first, half, j) + treeOf(first + half, count - half, j);
    };
    const mean = new Float64Array(size);
    const before = sums.slice();
    runOp(referenceKernels, ops.leafMean, mean, new Float64Array(treeLevels(leaves) * size), sums, leaves, size, 77);
    expect([...mean]).toEqual([0, 1, 2].map((j) => treeOf(0, leaves, j) / 77));
    expect(firstDifference(sums, before)).toBeNull();
  }
});

test.each([1, 16, 17, 160])(
  'a thread adds the sums of all leaves once for each mean, in a batch of %i rows',
  (rows) => {
    let means = 0;
    const kernels: Kernels = {
      ...referenceKernels,
      bind({ op, args }) {
        if (op.name !== ops.leafMean.name) return null;
        const [mean, levels, sums, leaves, size, rows] = args as Parameters<typeof ops.leafMean.reference>;
        return () => {
          means++;
          ops.leafMean.reference(mean, levels, sums, leaves, size, rows);
        };
      },
    };
    const network = buildNetwork({ input: 2, layers: [{ kind: 'dense', out: 3 }, { kind: 'batch-norm' }] });
    const parts = { network, loss: createLoss('mse'), optimizer: createOptimizer('sgd') };
    const { step } = createTrainStep({ ...parts, kernels, batch: rows, seed: 0 });
    step(new Float64Array(2 * rows).map(Math.sin), new Float64Array(3 * rows), rows);
    expect(means).toBe(4);
  },
);
