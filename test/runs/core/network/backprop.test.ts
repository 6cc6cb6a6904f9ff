import {
  buildNetwork,
  createLoss,
  createRandom,
  dense,
  initializeParameters,
  type Loss,
  type LossName,
  losses,
  type Network,
  referenceKernels,
  residual,
  selfAttention,
  sequential,
  tanh,
} from '@gradloom/core';
import {
  bindGradients,
  bindTensors,
  createLengths,
  createList,
  createWorkspace,
  emitForward,
  gradientLength,
  leafCount,
  lossOp,
  nodeGradient,
  ops,
  type PassSettings,
  runCalls,
  targetColumns,
  targetPositions,
} from '@gradloom/core/internal';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { emitBackward } from '../../../../packages/core/src/network/passes.ts';
import { firstDifference } from '../../../support/bits.ts';
import { counted } from '../../../support/count.ts';
import { maxRelativeError } from '../../../support/errors.ts';
import { goldenGradients, networkSpec } from '../../../support/golden.ts';
import { randomNetwork, takesIndices } from '../../../support/random-run.ts';
import { propertySeed } from '../../../support/seed.ts';
import { emitUnshared } from '../../../support/unshared-passes.ts';

const cases = goldenGradients.map((golden): [string, LossName, typeof golden] => {
  const fn = golden.layers.find((layer) => layer.kind === 'activation')?.fn ?? 'none';
  return [fn, golden.loss, golden];
});

describe.each(cases)('%s layers under %s', (_fn, lossName, golden) => {
  const network = buildNetwork(networkSpec(golden));
  const loss = createLoss(lossName);
  const workspace = createWorkspace(network, loss, golden.batch, (length) => new Float64Array(length));
  workspace.x.set(golden.x);
  workspace.t.set(golden.t);
  const g = new Float64Array(network.parameterCount);
  const theta = bindTensors(network, Float64Array.from(golden.params));
  const pass = {
    kernels: referenceKernels,
    training: true,
    seed: 1,
    step: 0,
    firstRow: 0,
    leafRows: 16,
    accumulate: false,
  };
  const lossSums = new Float64Array(Math.ceil(golden.batch / 16));
  nodeGradient(lossSums, network, workspace, theta, bindGradients(network, g), golden.batch, pass);
  const lossSum = lossSums.reduce((sum, value) => sum + value, 0);

  test('have the loss that PyTorch finds', () => {
    expect(maxRelativeError([lossSum / golden.batch], [golden.lossValue])).toBeLessThan(1e-12);
  });

  test('have the gradient that PyTorch finds', () => {
    expect(
      maxRelativeError(
        g.map((sum) => sum / golden.batch),
        golden.grad,
      ),
    ).toBeLessThan(1e-12);
  });
});

const zeros = (length: number) => new Float64Array(length);

/** Forward and backward with an array of its own, full of NaN, for every tensor that a layer puts out. */
function unsharedGradient(
  network: Network,
  loss: Loss,
  x: Float64Array,
  t: Float64Array,
  B: number,
  { kernels, step, firstRow, ...settings }: PassSettings,
) {
  const blank = (length: number) => zeros(length).fill(Number.NaN);
  const theta = bindTensors(network, parametersOf(network)) as Float64Array[][];
  const gradient = zeros(gradientLength(network));
  const gradients = bindGradients(network, gradient) as Float64Array[][];
  const { calls, emit } = createList();
  const leaves = leafCount(B, settings.leafRows);
  const batch = { rows: B, leaves, firstLeaf: 0 };
  const pass = {
    ...settings,
    emit,
    batch,
    stepAndRow: Float64Array.of(step, firstRow),
    lengths: createLengths(network, () => new Float64Array(B)),
  };
  const lossSums = blank(B);
  const R = targetPositions(network, loss);
  emitUnshared(network, x, theta, gradients, B, leaves, pass, (dy, y) => {
    emit(lossOp(loss), lossSums, dy, y, t, B * R, pass.leafRows * R, network.outputs / R);
  });
  runCalls(calls, kernels);
  return { gradient, lossSums };
}

function parametersOf(network: Network): Float64Array {
  const parameters = zeros(network.parameterCount);
  initializeParameters(network, parameters, 4);
  return parameters;
}

test(`layers that share arrays find the gradients of layers that do not (seed ${propertySeed})`, () => {
  const lossNames = fc.constantFrom(...(Object.keys(losses) as LossName[]));
  const check = fc.property(
    randomNetwork,
    lossNames,
    fc.integer({ min: 1, max: 9 }),
    fc.integer({ min: 1, max: 9 }),
    (spec, lossName, B, leaf) => {
      const network = buildNetwork(spec);
      const hasIndices = takesIndices(spec);
      const loss = createLoss(lossName);
      const common = { kernels: referenceKernels, training: true, seed: 1, step: 2, firstRow: 3, leafRows: leaf };
      const pass: PassSettings = { ...common, accumulate: false };
      const x = Float64Array.from({ length: B * network.inputs }, (_, i) =>
        hasIndices ? (i * 37) % 17 : ((i * 37) % 17) / 8 - 1,
      );
      const T = targetColumns(network, loss);
      const t = Float64Array.from({ length: B * T }, (_, i) =>
        loss.targets === 'classes' || T === 1 ? 0 : ((i * 5) % 3) / 2,
      );
      const expected = unsharedGradient(network, loss, x, t, B, pass);
      // More rows than the pass has, and what an earlier one left in them.
      const workspace = createWorkspace(network, loss, B + 2, (length) => zeros(length).fill(9));
      workspace.x.set(x);
      workspace.t.set(t);
      const gradient = zeros(gradientLength(network)).fill(9);
      const lossSums = zeros(B).fill(Number.NaN);
      const theta = bindTensors(network, parametersOf(network));
      nodeGradient(lossSums, network, workspace, theta, bindGradients(network, gradient), B, pass);
      expect(firstDifference(lossSums, expected.lossSums)).toBeNull();
      expect(firstDifference(gradient, expected.gradient)).toBeNull();
      // Where a pass joins, its gradient is added to what is there.
      const joined = zeros(gradientLength(network)).fill(9);
      workspace.x.set(x);
      nodeGradient(lossSums, network, workspace, theta, bindGradients(network, joined), B, {
        ...pass,
        accumulate: true,
      });
      expect(
        firstDifference(
          joined,
          expected.gradient.map((g) => 9 + g),
        ),
      ).toBeNull();
    },
  );
  fc.assert(check, { seed: propertySeed, numRuns: counted(120, 500) });
});

test('padding that attention clears in its gradient stays in that of the sum around it', () => {
  const [T, C, B] = [4, 2, 3];
  const spec = sequential([T, C], dense(C), residual(tanh(), selfAttention(1, { causal: true })), dense(2));
  const network = buildNetwork(spec);
  const random = createRandom(2, 'padding');
  const drawn = (length: number) => Float64Array.from({ length }, () => random.normal());
  const [theta, x, dy] = [drawn(network.parameterCount), drawn(B * T * C), drawn(B * T * 2)];
  const lengths = [Float64Array.of(2, 4, 1)];
  const tensors = bindTensors(network, theta) as Float64Array[][];
  const { calls, emit } = createList();
  const batch = { rows: B, leaves: 1, firstLeaf: 0 };
  const stepAndRow = Float64Array.of(0, 0);
  const pass = { emit, training: true, seed: 1, leafRows: B, accumulate: false, batch, stepAndRow, lengths };
  const [expected, gradient] = [0, 0].map(() => zeros(gradientLength(network)));
  const gradientsOf = (vector: Float64Array) => bindGradients(network, vector) as Float64Array[][];
  emitUnshared(network, x, tensors, gradientsOf(expected), B, 1, pass, (outputGradient) => outputGradient.set(dy));
  const workspace = createWorkspace(network, createLoss('mse'), B, (length) => zeros(length));
  workspace.x.set(x);
  emitForward(network, workspace, tensors, B, pass);
  emit(ops.copy, workspace.outputGradient, dy, dy.length);
  emitBackward(network, workspace, tensors, gradientsOf(gradient), B, pass);
  // The first list has no call for its gradient by the outputs, which is set before.
  runCalls(calls, referenceKernels);
  expect(firstDifference(gradient, expected)).toBeNull();
});
