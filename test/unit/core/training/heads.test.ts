// A network with several outputs has the sum of their losses, each times its weight.
import {
  buildNetwork,
  createLoss,
  createRandom,
  dense,
  gelu,
  type HeadLossSpecs,
  initializeParameters,
  input,
  network as networkOf,
  referenceKernels,
} from '@gradloom/core';
import {
  allocateEach,
  bindGradients,
  bindTensors,
  createWorkspace,
  forward,
  gradientLength,
  nodeGradient,
  targetColumns,
  weighPositions,
} from '@gradloom/core/internal';
import { expect, test } from 'vitest';
import { maxError } from '../../../support/errors.ts';
import { numericGradient } from '../../../support/numeric-gradient.ts';

const B = 5;
const trunk = input([3, 2]).through(dense(4), gelu());
const network = buildNetwork(
  networkOf({
    words: trunk.through(dense(3)), // a class of each of 3 positions
    sort: trunk.sum({ axis: 0 }).through(dense(2)),
    values: trunk.mean({ axis: 0 }),
    penalty: trunk.square().sum({ keepdims: true }).through({ kind: 'flatten' }),
  }),
);
const losses = {
  values: { kind: 'huber', weight: 0.5 },
  penalty: { kind: 'output', weight: 0.1 },
  sort: 'softmax-cross-entropy',
  words: { kind: 'softmax-cross-entropy', labelSmoothing: 0.2, weight: 3 },
} as const satisfies HeadLossSpecs;

const random = createRandom(1, 'heads');
const x = Float64Array.from({ length: B * 6 }, () => random.normal());
/** Classes of 3 positions, of which some do not count, then one class, then 4 values. */
const t = Float64Array.from({ length: B * 8 }, (_, i) => {
  const column = i % 8;
  if (column < 3) return i % 4 === 1 ? -1 : random.integer(3);
  return column === 3 ? random.integer(2) : random.normal();
});
/** Weights of each row in the loss of each output [B, heads]. */
const rowWeights = Float64Array.from({ length: B * 4 }, (_, i) => (i * 7) % 5);

function passOf(leafRows: number, weighs: boolean) {
  const loss = createLoss(losses);
  expect(targetColumns(network, loss)).toBe(8);
  const workspace = createWorkspace(network, loss, B, allocateEach('float64'), undefined, weighs);
  const theta = new Float64Array(network.parameterCount);
  initializeParameters(network, theta, 3);
  const gradient = new Float64Array(gradientLength(network));
  const sums = new Float64Array(B);
  const settings = { kernels: referenceKernels, training: true, seed: 0, step: 0, firstRow: 0, accumulate: false };
  const run = (): number => {
    workspace.x.set(x);
    workspace.t.set(t);
    workspace.rowWeights?.w.set(rowWeights);
    weighPositions(workspace, B, 1, weighs);
    sums.fill(0);
    const parameters = bindTensors(network, theta);
    nodeGradient(sums, network, workspace, parameters, bindGradients(network, gradient), B, { ...settings, leafRows });
    return sums.reduce((sum, one) => sum + one, 0);
  };
  return { theta, gradient, run };
}

/** The loss of row n, in which each output counts by its weight, and positions that count are a mean. */
function lossOfRow(y: Float64Array, n: number, weights: ArrayLike<number>): number {
  const one = (
    spec: Parameters<typeof createLoss>[0],
    outputs: ArrayLike<number>,
    target: ArrayLike<number>,
  ): number => {
    const sum = new Float64Array(1);
    const O = outputs.length;
    const [given, wanted] = [Float64Array.from(outputs), Float64Array.from(target)];
    createLoss(spec).evaluate(sum, new Float64Array(O), given, wanted, 1, 1, O);
    return sum[0];
  };
  const row = y.slice(n * 16, (n + 1) * 16);
  const targets = t.slice(n * 8, (n + 1) * 8);
  const smoothed = { kind: 'softmax-cross-entropy', labelSmoothing: 0.2 } as const;
  const counted = [0, 1, 2].filter((p) => targets[p] >= 0);
  const words = counted.map((p) => one(smoothed, row.slice(3 * p, 3 * p + 3), [targets[p]]));
  return (
    (weights[0] * 3 * words.reduce((sum, loss) => sum + loss, 0)) / Math.max(1, counted.length) +
    weights[1] * one('softmax-cross-entropy', row.slice(9, 11), [targets[3]]) +
    weights[2] * 0.5 * one('huber', row.slice(11, 15), targets.slice(4)) +
    weights[3] * 0.1 * row[15]
  );
}

test.each([
  [2, false],
  [5, true],
])('is the weighted sum of the losses of each row, in leaves of %i rows, with row weights: %s', (leafRows, weighs) => {
  const { run, gradient, theta } = passOf(leafRows, weighs);
  const sum = run();
  const whole = passOf(B, false);
  // Outputs are read before the loss overwrites them: those of a network with the one loss of all numbers.
  const workspace = createWorkspace(network, createLoss('mse'), B, allocateEach('float64'));
  workspace.x.set(x);
  const tensors = bindTensors(network, whole.theta);
  const settings = { kernels: referenceKernels, training: false, seed: 0, step: 0, firstRow: 0, accumulate: false };
  const y = Float64Array.from(forward(network, workspace, tensors, B, { ...settings, leafRows: B }));
  const weightsOf = (n: number) => (weighs ? rowWeights.slice(4 * n, 4 * n + 4) : [1, 1, 1, 1]);
  const expected = Array.from({ length: B }, (_, n) => lossOfRow(y, n, weightsOf(n)));
  expect(sum).toBeCloseTo(
    expected.reduce((all, one) => all + one, 0),
    12,
  );
  const numeric = numericGradient(run, theta);
  run();
  expect(maxError(gradient, numeric)).toBeLessThan(1e-8);
});
