import { isRecordable, nodeGradient, recordedCalls, type Workspace } from './backprop.ts';
import { blockCount } from './block.ts';
import type { Pass } from './layers/index.ts';
import type { Loss } from './losses/loss.ts';
import type { Network } from './network.ts';
import type { Optimizer } from './optimizers/optimizer.ts';
import { countPieces } from './pieces.ts';
import { ONE_ROW } from './tree/index.ts';
import { createBlockUpdate, hasFastUpdate, type UpdateMemory, updateBlocks } from './update.ts';

/** What steps of one pass work on: whole batches of the same rows, which lie in `workspace`. */
export interface StepsMemory extends UpdateMemory {
  readonly workspace: Workspace;
  readonly parameters: readonly (readonly Float64Array[])[]; // views of `theta`
  readonly gradients: readonly (readonly Float64Array[])[]; // views of `gSum`
  readonly lossSums: Float64Array; // [leaves]
  readonly hyper: Float64Array; // [H]
  readonly hypers: Float64Array; // [*, H] of steps that follow each other
  readonly losses: Float64Array;
  readonly norms: Float64Array;
}

/** Most calls that `recordSteps` writes. */
export const stepCalls = (network: Network, optimizer: Optimizer): number =>
  recordedCalls(network) + blockCount(network.parameterCount) + countPieces(network, optimizer);

/**
 * Steps of a team of one as one call for many, to the bit what the step of `createTrainStep` does
 * without clipping: gradient, update, loss and norm. Returns how many it took of those that it was asked for, which end
 * behind the first that is not finite. Null where the backend records nothing, or a layer, the loss or the update is
 * more than calls of kernels. Overwrites `tape`.
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
    nodeGradient(lossSums, network, workspace, parameters, gradients, rows, { ...pass, kernels: recorder });
    const update = createBlockUpdate(recorder, optimizer, network, memory, hyper, one);
    updateBlocks(update, 0, memory.squares.length, rows, ONE_ROW);
  };
  return kernels.recordSteps(tape, step, { ...memory, rows });
}
