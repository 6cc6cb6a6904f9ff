import { InputError, type Inspect, type Layer } from '@gradloom/core';
import {
  batchLoss,
  createList,
  createWorkspace,
  emitNode,
  gradientOf,
  leafCount,
  runCalls,
  show,
  viewOf,
  type Workspace,
} from '@gradloom/core/internal';
import { gatherLeaves, rowOfDataset, rowsOf } from '../batch.ts';
import type { RunContext } from '../context.ts';
import { CONTROL } from '../threads/barrier.ts';
import type { DiagnosisTask } from '../threads/protocol.ts';
import { badWeight } from './bad-weight.ts';
import { firstNotFinite } from './finite.ts';
import { largestWeights } from './largest-weights.ts';

const WHAT = {
  forward: 'output',
  loss: 'gradient of the loss with respect to the output',
  backward: 'gradient with respect to the input',
};

/** The problem of a step that is not finite, or that a layer cannot take. */
export interface Fault {
  readonly message: string; // names step, rows, and layer, or the tensor, and the largest weights
  readonly isData: boolean; // the rows have it: no rate would help
}

/** Diagnoses a step; one thread is enough. */
export function diagnose(context: RunContext, { step, of }: DiagnosisTask): Fault {
  Atomics.add(context.setup.control, CONTROL.checkedIn, 1);
  context.clock?.start();
  return of === 'loss' ? badLoss(context, step) : badUpdate(context, step);
}

/**
 * Runs the leaves of a step once more on this thread, all at once where a layer couples their rows, looking at every array for the first number that is not finite.
 * Only between spans; overwrites the gradients, not the state.
 */
function badLoss(context: RunContext, step: number): Fault {
  const { setup, network } = context;
  const { theta } = context.arena;
  const weights = `; the largest weights before it: ${largestWeights(network, theta)}`;
  const rows = rowsOf(setup, step);
  const leaves = leafCount(rows, setup.leaf);
  const count = setup.couples ? leaves : 1;
  for (let k = 0; k < leaves; k += count) {
    const first = k * setup.leaf;
    const last = Math.min(rows, first + count * setup.leaf) - 1;
    const where = `train: step ${step}, ${first === last ? `row ${first}` : `rows ${first} to ${last}`} of the batch`;
    const workspace = workspaceOf(context, last + 1 - first);
    const data = badData(context, workspace, step, k, count);
    if (data !== undefined) return { message: `${where}: ${data}`, isData: true };
    const { found, refused } = badNumber(context, workspace, step, k, count);
    if (found !== undefined) return { message: `${where}: ${found}${weights}`, isData: false };
    if (refused !== undefined) return { message: `train: step ${step}: ${refused}`, isData: true };
  }
  const loss = batchLoss(context.arena.lossSums, leaves, rows);
  const what =
    loss - loss === 0 ? 'the norm of the gradient has Infinity' : `the sum of the rows' losses has ${show(loss)}`;
  return { message: `train: step ${step}: ${what}, expected a finite number${weights}`, isData: false };
}

/** For a step whose update made a weight not finite: names the first one. */
const badUpdate = ({ network, arena }: RunContext, step: number): Fault => ({
  message: `train: step ${step}: after its update ${badWeight(network, arena.theta)}, expected finite numbers`,
  isData: false,
});

/** The thread's own, or a larger one for the rows of a batch. */
const workspaceOf = ({ setup, network, loss, workspace }: RunContext, rows: number): Workspace =>
  setup.couples ? createWorkspace(network, loss, rows, (length) => new Float64Array(length)) : workspace;

function badData(
  context: RunContext,
  workspace: Workspace,
  step: number,
  leaf: number,
  count: number,
): string | undefined {
  const rows = gatherLeaves(context, step, leaf, count, workspace);
  const { x, t } = workspace;
  const input = firstNotFinite(x, rows * context.network.input);
  if (input !== undefined) return `the inputs have ${show(x[input])}, expected finite numbers (look at the data)`;
  const target = firstNotFinite(t, rows * context.targetColumns);
  if (target !== undefined) return `the targets have ${show(t[target])}, expected finite numbers (look at the data)`;
  return undefined;
}

/**
 * The first number of `count` leaves that is not finite, and the row that a layer cannot take, which may be since it has that
 * number.
 */
function badNumber(
  context: RunContext,
  workspace: Workspace,
  step: number,
  leaf: number,
  count: number,
): { found?: string; refused?: string } {
  const { network, arena, setup } = context;
  const { places, parameterCount: P } = network;
  const paths = new Map(places.map(({ layer, path }) => [layer, path]));
  const layerName = (layer: Layer) => `${layer.label} at layer ${paths.get(layer)}`;
  let found: string | undefined;
  const inspect: Inspect = (phase, layer, rows, n) => {
    const at = firstNotFinite(rows, n);
    if (at !== undefined) found ??= `${WHAT[phase]} of ${layerName(layer)} has ${show(rows[at])}`;
  };
  const finite = 'expected finite numbers';
  try {
    runLeaves(context, workspace, step, leaf, count, inspect);
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    const row = rowOfDataset(setup, step, leaf * setup.leaf + error.row);
    const refused = new InputError(row, error.problem, { of: setup.dataset.name }).message;
    return found === undefined ? { refused } : { found: `${found}, ${finite}` };
  }
  const losses = viewOf(arena.lossSums, leaf, count);
  const bad = firstNotFinite(losses, count);
  if (bad !== undefined)
    found ??= `the loss after ${layerName(network.layers[network.layers.length - 1])} has ${show(losses[bad])}`;
  const gradients = gradientOf(arena.gSum, P, 0);
  for (const { layer, tensors } of places) {
    for (const { name, offset, length } of tensors) {
      const gradient = viewOf(gradients, offset, length);
      const at = firstNotFinite(gradient, length);
      if (at !== undefined)
        found ??= `gradient with respect to ${name} of ${layerName(layer)} has ${show(gradient[at])}`;
    }
  }
  return found === undefined ? {} : { found: `${found}, ${finite}` };
}

/** Forward and backward pass of `count` leaves, their gradient to row 0. */
function runLeaves(
  context: RunContext,
  workspace: Workspace,
  step: number,
  leaf: number,
  count: number,
  inspect: Inspect,
): void {
  const { setup, network, theta, gradients, arena, kernels } = context;
  const rows = gatherLeaves(context, step, leaf, count, workspace);
  const { calls, emit } = createList();
  const place = Float64Array.of(step, leaf * setup.leaf);
  const batch = { rows, leaves: count, firstLeaf: leaf };
  const pass = { emit, training: true, seed: setup.seed, leaf: setup.leaf, joins: false, batch, place };
  const losses = viewOf(arena.lossSums, leaf, count);
  emitNode(losses, network, workspace, theta, gradients[0], rows, pass, inspect);
  runCalls(calls, kernels);
}
