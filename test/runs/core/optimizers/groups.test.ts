import {
  buildNetwork,
  createLoss,
  createOptimizer,
  createRandom,
  createTrainStep,
  dense,
  layerNorm,
  type OptimizerName,
  type OptimizerSpec,
  optimizers,
  referenceKernels,
  residual,
  sequential,
  tanh,
} from '@gradloom/core';
import { describe, expect, test } from 'vitest';
import { firstDifference } from '../../../support/bits.ts';
import { onlyInAll } from '../../../support/count.ts';

/** Blocks of the update with parameters of several layers, and layers of several blocks. */
const spec = sequential(
  3,
  { ...dense(70), name: 'encoder' },
  { ...residual(layerNorm(), dense(70), tanh()), name: 'body' },
  dense(2),
);
const network = buildNetwork(spec);
const BATCH = 6;
const random = createRandom(4, 'rows');
const [x, t] = [3, 2].map((width) => Float64Array.from({ length: BATCH * width }, () => random.normal()));

/** Weights and state after one step: a later one would also depend on the groups of the other layers. */
function step(optimizer: OptimizerSpec, rate?: number): Float64Array[] {
  const shared = { kernels: referenceKernels, batch: BATCH, seed: 2 };
  const trainer = createTrainStep({
    network,
    loss: createLoss('mse'),
    optimizer: createOptimizer(optimizer),
    ...shared,
  });
  trainer.step(x, t, BATCH, rate);
  return [trainer.parameters, ...trainer.state];
}

const names = Object.keys(optimizers) as OptimizerName[];

// Powers of two, so that the ratios to the learning rate are exact.
describe.each(names)('%s', (kind) => {
  test.each(['all', 'weights'] as const)('each layer takes the step of its rate and its decay, of %s', (decayed) => {
    const [lr, weightDecay] = [2 ** -6, 2 ** -3];
    const grouped = {
      kind,
      lr,
      weightDecay,
      decayed,
      lrOf: { encoder: 2 ** -9, body: 0 },
      decayOf: { '1.*': 0.5, 2: 0 },
    };
    for (const scale of [2 ** -4, ...onlyInAll(1)]) {
      const vectors = step(grouped as OptimizerSpec, lr * scale);
      for (const { path, tensors } of network.allLayers) {
        const rate = path === '0' ? 2 ** -9 : path.startsWith('1') ? 0 : lr;
        const decay = path.startsWith('1.') ? 0.5 : path === '2' ? 0 : weightDecay;
        const alone = step({ kind, lr: rate, weightDecay: decay, decayed } as OptimizerSpec, rate * scale);
        for (const { name, offset, length } of tensors) {
          const differences = vectors.map((vector, k) =>
            firstDifference(vector.subarray(offset, offset + length), alone[k].subarray(offset, offset + length)),
          );
          expect([path, name, ...differences]).toEqual([path, name, ...vectors.map(() => null)]);
        }
      }
    }
  });
});

test.each([
  [
    { lrOf: { decoder: 1 } },
    'optimizer.lrOf has "decoder", expected names or paths of layers: "0", "encoder", "1.0", "1.1", "1.2", "1", "body", "2"',
  ],
  [{ decayOf: { '9*': 1 } }, 'optimizer.decayOf has "9*", expected names or paths of layers: "0"'],
  [
    { lrOf: { body: 1, '1.1': 0.1 } },
    'optimizer.lrOf has "body" and "1.1", which both match dense(70->70) at layer 1.1, expected one of them',
  ],
  [{ lr: 0, lrOf: { body: 1 } }, 'sgd: lr has 0, expected a number above 0 beside lrOf'],
  [{ lrOf: { body: -1 } }, 'sgd: lrOf.body has -1, expected a number of at least 0'],
  [{ lrOf: 3 }, 'sgd: lrOf has 3, expected numbers by layer, such as { encoder: 0.001 }'],
])('%j is refused', (options, message) => {
  expect(() => step({ kind: 'sgd', ...options } as OptimizerSpec)).toThrow(message);
});
