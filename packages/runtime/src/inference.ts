import { complete, createLoss, createOptimizer, createSchedule, type LossSpec, type Network } from '@gradloom/core';
import { refuseBadWeights } from './bad-weight.ts';
import { openRun, type RunShape } from './prepare.ts';
import type { RunSetup } from './protocol.ts';
import { EVALUATION_ROWS } from './thread-scratch.ts';

/**
 * A run that only goes forward, in chunks of EVALUATION_ROWS rows: its memory holds a copy of `parameters` [P].
 * @throws Error for a weight that is not finite.
 */
export function openInference(
  where: string,
  network: Network,
  parameters: Float64Array, // [P]
  lossSpec: LossSpec,
  machine: Pick<RunShape, 'threads' | 'backend' | 'blas'>,
): RunSetup {
  refuseBadWeights(where, network, parameters);
  const context = { totalSteps: 1, stepsPerEpoch: 1 };
  const shape: RunShape = {
    network,
    loss: createLoss(lossSpec),
    optimizer: createOptimizer('sgd'),
    schedule: createSchedule('constant', context),
    lossSpec,
    optimizerSpec: 'sgd',
    scheduleSpec: 'constant',
    context,
    batch: EVALUATION_ROWS,
    shards: 0,
    seed: 0,
    clipNorm: null,
    ...machine,
  };
  const { setup, arena } = complete(openRun(shape));
  arena.theta.set(parameters);
  return setup;
}
