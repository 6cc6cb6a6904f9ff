import {
  avgPool,
  batchNorm,
  buildNetwork,
  channelDropout,
  conv2d,
  createLoss,
  createRandom,
  dense,
  dropout,
  embedding,
  flatten,
  gru,
  type Kernels,
  layerNorm,
  lstm,
  type NetworkSpec,
  positionEmbedding,
  referenceKernels,
  residual,
  selfAttention,
  sequential,
  sigmoid,
  tanh,
} from '@gradloom/core';
import {
  bindTensors,
  createInputGradient,
  createWorkspace,
  INPUT_GRADIENT,
  rowPredictor,
} from '@gradloom/core/internal';
import { expect, test } from 'vitest';
import { allocateEach } from '../../../../packages/core/src/math/scratch.ts';
import { maxError } from '../../../support/errors.ts';
import { numericGradient } from '../../../support/numeric-gradient.ts';

const specs: Record<string, NetworkSpec> = {
  'of recurrent layers': sequential([4, 2], gru(3), lstm(2, { reverse: true }), gru(2, { returns: 'last' })),
  'of a convolution, norms, pools, dropout and a residual': sequential(
    [5, 4, 3],
    conv2d(4, 3, { padding: 'same' }),
    batchNorm(),
    tanh(),
    channelDropout(0.5),
    residual([conv2d(2, 2, { stride: 2 }), layerNorm()], { shortcut: [avgPool(2), dense(2), batchNorm()] }),
    flatten(),
    dropout(0.5),
    dense(3),
  ),
  'of layers that change their input in place': sequential([3, 2, 1], flatten(), dropout(0.5), sigmoid(), dense(2)),
};

test.each(Object.keys(specs))('the gradient by the input %s is the central difference of an evaluation', (name) => {
  const network = buildNetwork(specs[name]);
  const random = createRandom(4, name);
  const drawn = (length: number) => Float64Array.from({ length }, () => random.normal());
  const parameters = drawn(network.parameterCount);
  for (const { name, offset, length } of network.tensors) {
    if (name.endsWith('runningVariance')) parameters.set(drawn(length).map(Math.exp), offset);
  }
  // More rows than the workspace takes, so that one chunk is full and one is not.
  const workspace = createWorkspace(network, createLoss('mse'), 2, allocateEach('float64'), INPUT_GRADIENT);
  const tensors = bindTensors(network, parameters);
  const x = drawn(3 * network.inputs);
  const y = rowPredictor(network, workspace, tensors, referenceKernels);
  const gradient = createInputGradient(network, workspace, tensors, referenceKernels);
  for (let o = 0; o < network.outputs; o++) {
    const dx = gradient(
      x,
      Float64Array.from({ length: 3 * network.outputs }, (_, k) => (k % network.outputs === o ? 1 : 0)),
    );
    const sum = () => y(x).reduce((total, value, k) => (k % network.outputs === o ? total + value : total), 0);
    expect(maxError(dx, numericGradient(sum, x, 2e-4))).toBeLessThan(1e-9);
    expect(dx.every((value) => value === 0)).toBe(false);
  }
});

test('of an index it is that by a factor of its vector, which real positions read', () => {
  const network = buildNetwork(
    sequential([3], embedding(7, 2), positionEmbedding(), selfAttention(1, { causal: false }), dense(2)),
  );
  const random = createRandom(4, 'indices');
  const drawn = (length: number) => Float64Array.from({ length }, () => random.normal());
  const parameters = drawn(network.parameterCount);
  const workspace = createWorkspace(network, createLoss('mse'), 2, allocateEach('float64'), INPUT_GRADIENT);
  const x = Float64Array.of(4, 1, 6, 5, 0, 2);
  const dy = drawn(2 * network.outputs);
  const lengths = [3, 2];
  const tensors = bindTensors(network, parameters);
  const gradient = createInputGradient(network, workspace, tensors, referenceKernels)(x, dy, lengths);
  const sum = (factors: Float64Array) => {
    const scaled = parameters.slice();
    for (const [k, index] of x.entries()) for (const d of [0, 1]) scaled[index * 2 + d] *= factors[k];
    const y = rowPredictor(network, workspace, bindTensors(network, scaled), referenceKernels)(x, lengths);
    return y.reduce((total, value, o) => total + value * dy[o], 0);
  };
  const factors = new Float64Array(x.length).fill(1);
  expect(
    maxError(
      gradient,
      numericGradient(() => sum(factors), factors, 2e-4),
    ),
  ).toBeLessThan(1e-9);
  expect([...gradient].map((value) => value === 0)).toEqual([false, false, false, false, false, true]);
});

test('no gradient of a weight is computed', () => {
  const network = buildNetwork(sequential(3, dense(4), tanh(), layerNorm(), dense(2)));
  const workspace = createWorkspace(network, createLoss('mse'), 40, allocateEach('float64'), INPUT_GRADIENT);
  const parameters = bindTensors(network, new Float64Array(network.parameterCount));
  const names: string[] = [];
  const kernels: Kernels = {
    ...referenceKernels,
    bind({ op }) {
      names.push(op.name);
      return null;
    },
  };
  const gradient = createInputGradient(network, workspace, parameters, kernels);
  gradient(new Float64Array(40 * 3), new Float64Array(40 * 2));
  expect(names.filter((name) => /weights/i.test(name))).toEqual([]);
  expect(names).toContain('layerNormBackwardInput');
});
