import { viewOf, type Workspace, weighPositions } from '@gradloom/core/internal';
import { gatherLengths, gatherRows } from '../../data/gather.ts';
import { gatherTargets } from '../../data/targets.ts';
import type { RunSetup } from '../threads/protocol.ts';
import type { RunContext } from './context.ts';

/** Gathers the rows and targets of `count` leaves, from leaf `first` of `step`, into a workspace. */
export function gatherLeaves(
  context: RunContext,
  step: number,
  first: number,
  count: number,
  workspace: Workspace = context.workspace,
): number {
  const { setup, loss, reader } = context;
  const { dataset, orders, leafRows } = setup;
  const rows = leafRowsOf(setup, step, first, count);
  const position = firstOf(setup, step) + first * leafRows;
  gatherRows(workspace.x, dataset.inputs, orders, position, rows, reader);
  gatherLengths(workspace.lengths, dataset, context.rowLength, orders, position, rows, reader);
  const { rowWeights: weighing } = workspace;
  if (weighing !== null && setup.weights !== null) {
    gatherRows(weighing.w, setup.weights, orders, position, rows, reader);
  }
  gatherTargets(workspace.t, dataset, context.targetColumns, loss.targets, orders, position, rows, reader);
  weighPositions(workspace, rows, context.targetPositions, setup.weights !== null);
  return rows;
}

/** The numbers by which a step on some batch divides, in memory that its operations read. */
export interface BatchMean {
  /** [1] The rows of the batch, or the positions of their targets that count; at least 1. */
  readonly count: Float64Array;
  /** [1] 1 / count. */
  readonly share: Float64Array;
}

/** The means of whole batches, or of an epoch's last one of `rows` rows: before the first step as if all count. */
export function meanOf({ setup, targetPositions, divisors }: RunContext, rows: number): BatchMean {
  const first = rows === setup.batch ? 0 : 2;
  const mean = { count: viewOf(divisors, first, 1), share: viewOf(divisors, first + 1, 1) };
  mean.count[0] = rows * targetPositions;
  mean.share[0] = 1 / mean.count[0];
  return mean;
}

/** Counts the positions of the batch of `step` that count, which every thread of every rank does for itself. */
export function countBatch({ setup, targetPositions }: RunContext, step: number, { count, share }: BatchMean): void {
  const { counted } = setup;
  const rows = rowsOf(setup, step);
  let sum = counted === null ? rows * targetPositions : 0;
  if (counted !== null) for (let n = 0; n < rows; n++) sum += counted[rowOfDataset(setup, step, n)];
  count[0] = Math.max(1, sum);
  share[0] = 1 / count[0];
}

/** Number of rows in `count` leaves from leaf `first` of `step`. */
const leafRowsOf = (setup: RunSetup, step: number, first: number, count: number): number =>
  Math.min(count * setup.leafRows, rowsOf(setup, step) - first * setup.leafRows);

/** Rows in the batch of `step`: the last batch of an epoch may be short. */
export function rowsOf({ batch, context, dataset }: RunSetup, step: number): number {
  const within = step % context.stepsPerEpoch;
  return Math.min(batch, dataset.rows - within * batch);
}

/** The row of the dataset at position `n` of the batch in `step`. */
export function rowOfDataset(setup: RunSetup, step: number, n: number): number {
  const position = firstOf(setup, step) + n;
  return setup.orders === null ? position : setup.orders[position];
}

/** Position of the first row of `step` in `orders`, or in the file without `orders`. */
function firstOf({ batch, context, dataset, orders }: RunSetup, step: number): number {
  const within = (step % context.stepsPerEpoch) * batch;
  if (orders === null) return within;
  const epoch = Math.floor(step / context.stepsPerEpoch);
  return (epoch % (orders.length / dataset.rows)) * dataset.rows + within;
}
