import { InputError, type Inspect, type Layer } from '@gradloom/core';
import { batchLoss, createList, emitNode, gradientOf, runCalls, show, viewOf } from '@gradloom/core/internal';
import { gatherLeaves, rowOfDataset, rowsOf } from '../batch.ts';
import type { RunContext } from '../context.ts';
import { leavesOf } from '../team-part.ts';
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
 * Runs the leaves of a step once more on this thread, looking at every array for the first number that is not finite.
 * Only between spans; overwrites the gradients, not the state.
 */
function badLoss(context: RunContext, step: number): Fault {
  const { setup, network } = context;
  const { theta } = context.arena;
  const weights = `; the largest weights before it: ${largestWeights(network, theta)}`;
  const rows = rowsOf(setup, step);
  const leaves = leavesOf(setup, rows);
  for (let k = 0; k < leaves; k++) {
    const first = k * setup.leaf;
    const last = Math.min(rows, first + setup.leaf) - 1;
    const where = `train: step ${step}, ${first === last ? `row ${first}` : `rows ${first} to ${last}`} of the batch`;
    const data = badData(context, step, k);
    if (data !== undefined) return { message: `${where}: ${data}`, isData: true };
    const { found, refused } = badNumber(context, step, k);
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

function badData(context: RunContext, step: number, leaf: number): string | undefined {
  const rows = gatherLeaves(context, step, leaf, 1);
  const { x, t } = context.workspace;
  const input = firstNotFinite(x, rows * context.network.input);
  if (input !== undefined) return `the inputs have ${show(x[input])}, expected finite numbers (look at the data)`;
  const target = firstNotFinite(t, rows * context.targetColumns);
  if (target !== undefined) return `the targets have ${show(t[target])}, expected finite numbers (look at the data)`;
  return undefined;
}

/**
 * The first number of a leaf that is not finite, and the row that a layer cannot take, which may be since it has that
 * number.
 */
function badNumber(context: RunContext, step: number, leaf: number): { found?: string; refused?: string } {
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
    runLeaf(context, step, leaf, inspect);
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    const row = rowOfDataset(setup, step, leaf * setup.leaf + error.row);
    const refused = new InputError(row, error.problem, { of: setup.dataset?.name ?? 'the dataset' }).message;
    return found === undefined ? { refused } : { found: `${found}, ${finite}` };
  }
  const loss = context.lossSums[0];
  arena.lossSums[leaf] = loss;
  if (loss - loss !== 0)
    found ??= `the loss after ${layerName(network.layers[network.layers.length - 1])} has ${show(loss)}`;
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

/** Forward and backward pass of a leaf, its gradient to row 0. */
function runLeaf(context: RunContext, step: number, leaf: number, inspect: Inspect): void {
  const { setup, network, workspace, theta, gradients, lossSums, kernels } = context;
  const rows = gatherLeaves(context, step, leaf, 1);
  const { calls, emit } = createList();
  const place = Float64Array.of(step, leaf * setup.leaf);
  const pass = { emit, training: true, seed: setup.seed, leaf: setup.leaf, joins: false, place };
  emitNode(lossSums, network, workspace, theta, gradients[0], rows, pass, inspect);
  runCalls(calls, kernels);
}
