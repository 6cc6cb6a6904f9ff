import { readFileSync } from 'node:fs';
import {
  buildNetwork,
  createLoss,
  createOptimizer,
  createRandom,
  createTrainStep,
  dense,
  embedding,
  referenceKernels,
  sequential,
  tanh,
} from '@gradloom/core';
import { expect, test } from 'vitest';
import { maxRelativeError } from '../../../support/errors.ts';

interface Trajectory {
  readonly smoothing: number;
  readonly x: readonly number[]; // [rows, positions]
  readonly t: readonly number[]; // [rows, positions]
  readonly w: readonly number[] | null; // [rows]
  readonly params: readonly number[];
  readonly losses: readonly number[];
  readonly finalParams: readonly number[];
}

const golden: {
  readonly vocabulary: number;
  readonly width: number;
  readonly classes: number;
  readonly rows: number;
  readonly positions: number;
  readonly batch: number;
  readonly trajectories: readonly Trajectory[];
} = JSON.parse(readFileSync(new URL('../../../fixtures/positions.json', import.meta.url), 'utf8'));
const { vocabulary, width, classes, rows, positions, batch } = golden;

const spec = sequential(positions, embedding(vocabulary, width), dense(3), tanh(), dense(classes));

const stepOf = (labelSmoothing = 0, weighs = false) =>
  createTrainStep({
    network: buildNetwork(spec),
    loss: createLoss({ kind: 'softmax-cross-entropy', labelSmoothing }),
    optimizer: createOptimizer({ kind: 'sgd', lr: 0.5, momentum: 0.9 }),
    kernels: referenceKernels,
    batch,
    seed: 0,
    hasRowWeights: weighs,
  });

test.each(golden.trajectories)(
  'steps follow the cross_entropy of PyTorch with ignore_index, label smoothing $smoothing, weights $w',
  ({ smoothing, x, t, w, params, losses, finalParams }) => {
    const trained = stepOf(smoothing, w !== null);
    trained.parameters.set(params);
    const cut = (numbers: readonly number[], first: number, of: number) =>
      Float64Array.from(numbers.slice(first * of, Math.min(rows, first + batch) * of));
    const rowLosses: number[] = [];
    for (let first = 0; rowLosses.length < losses.length; first = first + batch < rows ? first + batch : 0) {
      const rowWeight = w === null ? undefined : cut(w, first, 1);
      const B = Math.min(batch, rows - first);
      rowLosses.push(trained.step(cut(x, first, positions), cut(t, first, positions), B, undefined, rowWeight).loss);
    }
    expect(maxRelativeError(Float64Array.from(rowLosses), Float64Array.from(losses))).toBeLessThan(1e-12);
    expect(maxRelativeError(trained.parameters, Float64Array.from(finalParams))).toBeLessThan(1e-12);
  },
);

test('a step in which no position counts has the loss 0 and the gradient 0', () => {
  const trained = stepOf();
  const start = trained.parameters.slice();
  const none = new Float64Array(batch * positions).fill(-1);
  expect(trained.step(new Float64Array(batch * positions), none, batch)).toEqual({ loss: 0, norm: 0 });
  expect(trained.parameters).toEqual(start);
});

test('a position that does not count changes no number, whatever stands there', () => {
  const random = createRandom(2, 'positions');
  const t = Float64Array.from({ length: batch * positions }, () => random.integer(classes + 1) - 1);
  const x = Float64Array.from(t, () => random.integer(vocabulary));
  const other = x.map((index, p) => (t[p] < 0 ? (index + 1) % vocabulary : index));
  const outcome = (inputs: Float64Array) => {
    const trained = stepOf();
    const figures = [1, 2, 3].map(() => trained.step(inputs, t, batch));
    return { figures, parameters: trained.parameters };
  };
  expect(outcome(other)).toEqual(outcome(x));
});
