import {
  bindTensors,
  buildNetwork,
  createLoss,
  createWorkspace,
  type LossName,
  referenceKernels,
  shardGradient,
} from '@gradloom/core';
import { describe, expect, test } from 'vitest';
import { maxRelativeError } from '../support/errors.ts';
import { goldenGradients, networkSpec } from '../support/golden.ts';

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
  const pass = { kernels: referenceKernels, training: true, seed: 1, step: 0, firstRow: 0 };
  const lossSums = new Float64Array(1);
  shardGradient(lossSums, network, loss, workspace, theta, bindTensors(network, g), golden.batch, pass);
  const lossSum = lossSums[0];

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
