import type { Workspace } from '@gradloom/core/internal';
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
  const { dataset, orders, leaf } = setup;
  const rows = leafRowsOf(setup, step, first, count);
  const place = firstOf(setup, step) + first * leaf;
  gatherRows(workspace.x, dataset.inputs, orders, place, rows, reader);
  gatherLengths(workspace.lengths, dataset, context.whole, orders, place, rows, reader);
  if (workspace.weighing !== null && setup.weights !== null) {
    gatherRows(workspace.weighing.w, setup.weights, orders, place, rows, reader);
  }
  gatherTargets(workspace.t, dataset, context.targetColumns, loss.targets, orders, place, rows, reader);
  return rows;
}

/** Number of rows in `count` leaves from leaf `first` of `step`. */
const leafRowsOf = (setup: RunSetup, step: number, first: number, count: number): number =>
  Math.min(count * setup.leaf, rowsOf(setup, step) - first * setup.leaf);

/** Rows in the batch of `step`: the last batch of an epoch may be short. */
export function rowsOf({ batch, context, dataset }: RunSetup, step: number): number {
  const within = step % context.stepsPerEpoch;
  return Math.min(batch, dataset.rows - within * batch);
}

/** The row of the dataset at position `n` of the batch in `step`. */
export function rowOfDataset(setup: RunSetup, step: number, n: number): number {
  const place = firstOf(setup, step) + n;
  return setup.orders === null ? place : setup.orders[place];
}

/** Position of the first row of `step` in `orders`, or in the file without `orders`. */
function firstOf({ batch, context, dataset, orders }: RunSetup, step: number): number {
  const within = (step % context.stepsPerEpoch) * batch;
  if (orders === null) return within;
  const epoch = Math.floor(step / context.stepsPerEpoch);
  return (epoch % (orders.length / dataset.rows)) * dataset.rows + within;
}
