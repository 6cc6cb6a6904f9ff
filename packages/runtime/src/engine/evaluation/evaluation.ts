import { createLoss, type Elements, InputError, type Kernels, type Loss, type Network } from '@gradloom/core';
import {
  createList,
  emitForward,
  emitLoss,
  emitLossOf,
  link,
  NO_BATCH,
  type Program,
  type Tensors,
  targetPositions,
  viewOf,
  type Workspace,
  weighPositions,
} from '@gradloom/core/internal';
import { FILE_ORDER, gatherLengths, gatherRows, type RowReader } from '../../data/gather.ts';
import { gatherTargets, type TargetForm, targetFormOf } from '../../data/targets.ts';
import { EVALUATION_ROWS, type EvaluationScratch } from '../memory/thread-scratch.ts';
import { CONTROL } from '../threads/barrier.ts';
import type { BadRow, EvaluationTask, TeamSetup } from '../threads/protocol.ts';
import type { ThreadEnvironment } from '../threads/thread-environment.ts';
import { addPositions, hasSurprise, TALLIES, TALLY } from './tally.ts';

/** A linked forward pass with the loss of each row. */
interface EvaluationPass {
  readonly B: number;
  readonly y: Elements; // [B, O]
  readonly stepAndRow: Float64Array; // step 0, and the index of the first row in the dataset
  readonly program: Program;
}

/** A thread's view of a network in shared memory, used to evaluate. */
export interface EvaluationContext {
  readonly setup: TeamSetup;
  readonly network: Network;
  readonly loss: Loss;
  readonly model: Tensors; // weights to evaluate
  readonly kernels: Kernels;
  readonly reader: RowReader; // reads rows of datasets
  readonly workspace: Workspace;
  readonly lossSums: Float64Array; // [rows of the workspace] or longer
  readonly targetForm: TargetForm;
  readonly targetPositions: number; // positions of a row that are targets; 1 if the row has one
  recentPass: EvaluationPass | null; // null before the first evaluation
}

export function createEvaluationContext<Setup extends TeamSetup>(
  setup: Setup,
  network: Network,
  loss: Loss,
  model: Tensors,
  { kernels: scratch, workspace, lossSums }: EvaluationScratch,
  environment: ThreadEnvironment,
): EvaluationContext & { readonly setup: Setup } {
  const kernels = environment.kernelsOf(setup, scratch);
  return {
    setup,
    network,
    loss,
    model,
    kernels,
    reader: { gatherBytes: kernels.gatherBytes, gatherFile: environment.gatherFile },
    workspace,
    lossSums,
    targetForm: targetFormOf(network, loss),
    targetPositions: targetPositions(network, loss),
    recentPass: null,
  };
}

/** Evaluates this thread's share of the chunks into outputs and sums, up to the first row that a layer refuses. */
export function evaluateChunks(context: EvaluationContext, task: EvaluationTask): BadRow | undefined {
  const { network, workspace, reader, lossSums, targetPositions: R } = context;
  const { dataset, outputs, tallies, rows, threads } = task;
  const O = network.outputs;
  Atomics.add(context.setup.control, CONTROL.checkedIn, 1);
  let first = task.first;
  try {
    for (let chunk = task.thread; chunk < tallies.length / TALLIES; chunk += threads) {
      const from = chunk * EVALUATION_ROWS;
      const B = Math.min(EVALUATION_ROWS, rows - from);
      first = task.first + from;
      const tally = viewOf(tallies, chunk * TALLIES, TALLIES).fill(0);
      for (let offset = 0; offset < B; offset += workspace.rows) {
        first = task.first + from + offset;
        const rows = Math.min(workspace.rows, B - offset);
        const { y, stepAndRow, program } = passFor(context, rows);
        stepAndRow[1] = first;
        gatherRows(workspace.x, dataset.inputs, FILE_ORDER, first, rows, reader);
        gatherLengths(workspace.lengths, network, dataset.lengths, FILE_ORDER, first, rows);
        gatherTargets(workspace.t, dataset, context.targetForm, FILE_ORDER, first, rows, reader);
        weighPositions(workspace, rows, R, false);
        program.run();
        outputs?.set(y, (from + offset) * O);
        if (R > 1) addPositions(tally, workspace, lossSums, y, dataset, first, rows, R, O / R);
        else for (let n = 0; n < rows; n++) tally[TALLY.loss] += lossSums[n];
      }
    }
    return undefined;
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    return { row: first + error.row, problem: error.problem };
  }
}

const plainEntropy = createLoss('softmax-cross-entropy');

/** Forward pass and loss for B rows: the most recent one if it fits, or a new one. */
function passFor(context: EvaluationContext, B: number): EvaluationPass {
  const { network, workspace, model, kernels, lossSums, loss } = context;
  if (context.recentPass?.B === B) return context.recentPass;
  const { calls, emit } = createList();
  // The loss of each evaluation has the same draws: they depend on the row alone.
  const stepAndRow = new Float64Array(2);
  const { lengths } = workspace;
  const pass = {
    emit,
    training: false,
    draws: true,
    seed: 0,
    leafRows: 1,
    accumulate: false,
    batch: NO_BATCH,
    stepAndRow,
    lengths,
  };
  const y = emitForward(network, workspace, model, B, pass);
  emitLoss(lossSums, network, workspace, y, B, pass);
  const { rowWeights, outputGradient, t } = workspace;
  if (rowWeights !== null && loss.variant !== undefined && hasSurprise(loss)) {
    // With label smoothing, the only variant, the loss of a position is not its surprise.
    const R = context.targetPositions;
    const leafRows = 1; // so that each position has its own loss
    emitLossOf(emit, plainEntropy, rowWeights.losses, outputGradient, y, t, B * R, leafRows, network.outputs / R);
  }
  context.recentPass = { B, y: viewOf(y, 0, B * network.outputs), stepAndRow, program: link(calls, kernels) };
  return context.recentPass;
}
