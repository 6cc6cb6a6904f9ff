import { InputError } from '@gradloom/core';
import { createList, emitForward, emitLoss, link, NO_BATCH, viewOf } from '@gradloom/core/internal';
import type { Chunk, RunContext } from './context.ts';
import { gatherRows } from './datasets/gather.ts';
import { gatherTargets } from './datasets/targets.ts';
import { EVALUATION_ROWS } from './thread-scratch.ts';
import { CONTROL } from './threads/barrier.ts';
import type { BadRow, EvaluationTask } from './threads/protocol.ts';

/**
 * Evaluates this thread's share of the chunks: overwrites their outputs and summed losses, up to the first row that a
 * layer cannot take.
 */
export function evaluateChunks(context: RunContext, task: EvaluationTask): BadRow | undefined {
  const { network, workspace, loss, kernels, lossSums: sums } = context;
  const { dataset, outputs, lossSums, rows, threads } = task;
  const O = network.output;
  Atomics.add(context.setup.control, CONTROL.checkedIn, 1);
  let first = task.first;
  try {
    for (let chunk = task.thread; chunk < lossSums.length; chunk += threads) {
      const from = chunk * EVALUATION_ROWS;
      const B = Math.min(EVALUATION_ROWS, rows - from);
      first = task.first + from;
      const { y, program } = chunkOf(context, B);
      gatherRows(workspace.x, dataset.inputs, null, first, B, kernels);
      gatherTargets(workspace.t, dataset, context.targetColumns, loss.targets, null, first, B);
      program.run();
      outputs.set(y, from * O);
      lossSums[chunk] = sums[0];
    }
    return undefined;
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    return { row: first + error.row, problem: error.problem };
  }
}

/** Forward pass and loss of a chunk of B rows: of the one before, or a new one. */
function chunkOf(context: RunContext, B: number): Chunk {
  const { network, workspace, theta, kernels, lossSums, place, setup } = context;
  if (context.chunk?.B === B) return context.chunk;
  const { calls, emit } = createList();
  const pass = { emit, training: false, seed: setup.seed, leaf: EVALUATION_ROWS, joins: false, batch: NO_BATCH, place };
  const y = emitForward(network, workspace, theta, B, pass);
  // The first gradient, which the loss overwrites, is not where the outputs are.
  emitLoss(lossSums, network, workspace, y, B, pass);
  context.chunk = { B, y: viewOf(y, 0, B * network.output), program: link(calls, kernels) };
  return context.chunk;
}
