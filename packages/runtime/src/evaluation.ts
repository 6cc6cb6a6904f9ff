import { InputError } from '@gradloom/core';
import { forward, viewOf } from '@gradloom/core/internal';
import type { RunContext } from './context.ts';
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
  const { network, workspace, theta, pass, loss, kernels, lossSum } = context;
  const { dataset, outputs, lossSums, rows, threads } = task;
  const O = network.output;
  const evaluateLoss = workspace.lossKernel(kernels);
  Atomics.add(context.setup.control, CONTROL.checkedIn, 1);
  pass.training = false;
  let first = task.first;
  try {
    for (let chunk = task.thread; chunk < lossSums.length; chunk += threads) {
      const from = chunk * EVALUATION_ROWS;
      const B = Math.min(EVALUATION_ROWS, rows - from);
      first = task.first + from;
      gatherRows(workspace.x, dataset.inputs, null, first, B, kernels);
      gatherTargets(workspace.t, dataset, context.targetColumns, loss.targets, null, first, B);
      const y = forward(network, workspace, theta, B, pass);
      outputs.set(viewOf(y, 0, B * O), from * O);
      evaluateLoss(lossSum, workspace.gradients[0], y, workspace.t, B, EVALUATION_ROWS, O);
      lossSums[chunk] = lossSum[0];
    }
    return undefined;
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    return { row: first + error.row, problem: error.problem };
  }
}
