import { createLoss, createOptimizer, createSchedule, type LossSpec, type Network } from '@gradloom/core';
import { complete, FLOAT64 } from '@gradloom/core/internal';
import { refuseBadWeights } from '../faults/bad-weight.ts';
import { evaluationParts } from '../memory/run-memory.ts';
import { type OpenedRun, openRun, type RunShape } from '../run/prepare.ts';
import { EVALUATION_ROWS } from '../thread-scratch.ts';
import type { OutputReader } from './evaluate-dataset.ts';

/**
 * A forward-only run, in chunks of EVALUATION_ROWS rows, with a copy of `parameters` [P].
 * @throws Error for a weight that is not finite.
 */
export function openInference(
  where: string,
  network: Network,
  parameters: Float64Array, // [P]
  lossSpec: LossSpec,
  machine: Pick<RunShape, 'threads' | 'ownThreads' | 'backend' | 'blas'>,
  readers: readonly OutputReader[] = [],
  chunks = 0, // of an evaluation to hold at once, if there is memory for it
): OpenedRun {
  refuseBadWeights(where, network, parameters);
  const context = { totalSteps: 1, stepsPerEpoch: 1 };
  const loss = createLoss(lossSpec);
  const shape: RunShape = {
    network,
    loss,
    optimizer: createOptimizer('sgd'),
    schedule: createSchedule('constant', context),
    lossSpec,
    optimizerSpec: 'sgd',
    scheduleSpec: 'constant',
    context,
    elementType: FLOAT64,
    batch: EVALUATION_ROWS,
    lastBatch: EVALUATION_ROWS,
    leaf: 0,
    couples: false,
    seed: 0,
    clipNorm: null,
    ...machine,
  };
  const wanted = { threads: machine.threads, chunks, orders: 0 };
  const read = { name: 'readers of the outputs', bytes: readers.reduce((sum, { bytes = 0 }) => sum + bytes, 0) };
  const opened = complete(openRun(shape, wanted, (means) => [...evaluationParts(network, loss, means), read]));
  opened.arena.theta.set(parameters);
  return opened;
}
