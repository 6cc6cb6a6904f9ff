import {
  buildNetwork,
  createLoss,
  createOptimizer,
  createTrainStep,
  type OptimizerSpec,
  referenceKernels,
} from '@gradloom/core';
import { syntheticDatasets } from '@gradloom/runtime';

/** Losses of full-batch steps on one problem from the same weights: sin x by a net 1-16-1 with tanh. Ends where they leave the finite. */
export function descend(optimizer: OptimizerSpec, steps: number, seed: number): number[] {
  const { inputs, targets, rows } = syntheticDatasets.sine();
  const network = buildNetwork({
    input: 1,
    layers: [
      { kind: 'dense', out: 16 },
      { kind: 'activation', fn: 'tanh' },
      { kind: 'dense', out: 1 },
    ],
  });
  const { step } = createTrainStep({
    network,
    loss: createLoss('mse'),
    optimizer: createOptimizer(optimizer),
    kernels: referenceKernels,
    batch: rows,
    shards: 1,
    seed,
  });
  const x = Float64Array.from(inputs.array);
  const t = Float64Array.from(targets.array);
  const losses: number[] = [];
  while (losses.length < steps) {
    const { loss } = step(x, t, rows);
    losses.push(loss);
    if (!Number.isFinite(loss)) break;
  }
  return losses;
}
