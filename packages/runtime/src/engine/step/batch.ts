import { viewOf, type Workspace, weighPositions } from '@gradloom/core/internal';
import { gatherLengths, gatherRows } from '../../data/gather.ts';
import { gatherTargets } from '../../data/targets.ts';
import type { RunSetup } from '../threads/protocol.ts';
import type { RunContext } from './context.ts';

/** Gathers the rows and targets of `count` leaves, from `firstLeaf` of `step`. Returns the number of rows. */
export function gatherLeaves(
  context: RunContext,
  step: number,
  firstLeaf: number,
  count: number,
  workspace: Workspace = context.workspace,
): number {
  const { setup, reader } = context;
  const { dataset, orders, leafRows } = setup;
  const rows = Math.min(count * leafRows, rowsOf(setup, step) - firstLeaf * leafRows);
  const position = firstPositionOf(setup, step) + firstLeaf * leafRows;
  gatherRows(workspace.x, dataset.inputs, orders, position, rows, reader);
  gatherLengths(workspace.lengths, context.network, dataset.lengths, orders, position, rows);
  const { rowWeights } = workspace;
  if (rowWeights !== null && setup.weights !== null) {
    gatherRows(rowWeights.w, setup.weights, orders, position, rows, reader);
  }
  gatherTargets(workspace.t, dataset, context.targetForm, orders, position, rows, reader);
  weighPositions(workspace, rows, context.targetPositions, setup.weights !== null);
  return rows;
}

/** The numbers by which a step on some batch divides, in memory that its operations read. */
export interface BatchDivisor {
  readonly count: Float64Array; // [1] rows of the batch, or the positions of their targets that count; at least 1
  readonly reciprocal: Float64Array; // [1] 1 / count
}

/** The divisor of whole batches, or of an epoch's last one of `rows` rows, as if all positions count. */
export function divisorOf({ setup, targetPositions, divisors }: RunContext, rows: number): BatchDivisor {
  const offset = rows === setup.batch ? 0 : 2; // `divisors` has two numbers for whole batches, then two for the last
  const divisor = { count: viewOf(divisors, offset, 1), reciprocal: viewOf(divisors, offset + 1, 1) };
  divisor.count[0] = rows * targetPositions;
  divisor.reciprocal[0] = 1 / divisor.count[0];
  return divisor;
}

/** Counts the target positions of the batch of `step`. Each thread of each rank does so for itself. */
export function countBatch(
  { setup, targetPositions }: RunContext,
  step: number,
  { count, reciprocal }: BatchDivisor,
): void {
  const { countedTargets } = setup; // by row of the dataset; null if all targets count
  const rows = rowsOf(setup, step);
  let sum = 0;
  if (countedTargets === null) sum = rows * targetPositions;
  else for (let n = 0; n < rows; n++) sum += countedTargets[rowOfDataset(setup, step, n)];
  count[0] = Math.max(1, sum);
  reciprocal[0] = 1 / count[0];
}

/** Rows in the batch of `step`: the last batch of an epoch may be short. */
export function rowsOf({ batch, context, dataset }: RunSetup, step: number): number {
  const stepOfEpoch = step % context.stepsPerEpoch;
  return Math.min(batch, dataset.rows - stepOfEpoch * batch);
}

/** The row of the dataset at position `n` of the batch in `step`. */
export function rowOfDataset(setup: RunSetup, step: number, n: number): number {
  const position = firstPositionOf(setup, step) + n;
  return setup.orders === null ? position : setup.orders[position];
}

/** Position of the first row of `step` in `orders`, or in the file without `orders`. */
function firstPositionOf({ batch, context, dataset, orders }: RunSetup, step: number): number {
  const rowOfEpoch = (step % context.stepsPerEpoch) * batch;
  if (orders === null) return rowOfEpoch;
  const epoch = Math.floor(step / context.stepsPerEpoch);
  const heldEpochs = orders.length / dataset.rows; // epochs whose orders are held at once
  return (epoch % heldEpochs) * dataset.rows + rowOfEpoch;
}
