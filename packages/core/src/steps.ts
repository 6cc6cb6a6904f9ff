import { isRecordable, recordedCalls, shardGradient, type Workspace } from './backprop.ts';
import type { Pass } from './layers/index.ts';
import type { Loss } from './losses/loss.ts';
import type { Network } from './network.ts';
import type { Optimizer } from './optimizers/optimizer.ts';
import { createBlockUpdate, hasFastUpdate, type UpdateMemory, updateBlocks, updateCalls } from './update.ts';

/** Arrays of steps with a single shard: whole batches of the same rows, which are in `workspace`. */
export interface StepsMemory extends UpdateMemory {
  readonly workspace: Workspace;
  readonly parameters: readonly (readonly Float64Array[])[]; // views of `theta`
  readonly gradients: readonly (readonly Float64Array[])[]; // views of `gSum`
  readonly lossSums: Float64Array; // [1]
  readonly hyper: Float64Array; // [H]
  readonly hypers: Float64Array; // [*, H] of steps that follow each other
  readonly losses: Float64Array;
  readonly norms: Float64Array;
}

/** Most calls that `recordSteps` writes. */
export const stepCalls = (network: Network, optimizer: Optimizer): number =>
  recordedCalls(network) + updateCalls(network, optimizer);

/**
 * Many steps of a single thread as one call, with the same bits as steps of `createTrainStep` with one shard and
 * without clipping: gradient, update, loss and norm. Returns how many of the requested steps it took; it ends after the
 * first that is not finite. Null if the backend cannot record, or a layer, the loss or the update does more than call
 * kernels. Overwrites `tape`.
 */
export function recordSteps(
  tape: Float64Array, // [tapeLength(stepCalls)]
  network: Network,
  loss: Loss,
  optimizer: Optimizer,
  memory: StepsMemory,
  rows: number, // of a batch
  pass: Pass,
): ((at: number, steps: number) => number) | null {
  const { kernels } = pass;
  const { workspace, parameters, gradients, lossSums, hyper } = memory;
  if (kernels.recordSteps === undefined) return null;
  if (!isRecordable(network, loss, workspace, kernels) || !hasFastUpdate(kernels, optimizer)) return null;
  const one = new Float64Array(1).fill(1);
  const step = (recorder: Pass['kernels']) => {
    shardGradient(lossSums, network, workspace, parameters, gradients, rows, { ...pass, kernels: recorder });
    const update = createBlockUpdate(recorder, optimizer, network, memory, hyper, one);
    updateBlocks(update, 0, memory.squares.length, rows);
  };
  return kernels.recordSteps(tape, step, { ...memory, rows });
}
