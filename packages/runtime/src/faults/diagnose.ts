import { InputError, type Inspect, type Layer } from '@gradloom/core';
import {
  badWeight,
  batchLoss,
  firstNotFinite,
  gradientOf,
  leafCount,
  type NodePass,
  runCalls,
  show,
  typeOf,
  viewOf,
} from '@gradloom/core/internal';
import { gatherLeaves, rowOfDataset, rowsOf } from '../step/batch.ts';
import type { RunContext } from '../step/context.ts';
import { type PlannedPass, planPasses } from '../step/plan-passes.ts';
import { shareStatistics } from '../step/rank-gather.ts';
import { sharedArrays } from '../step/shared-arrays.ts';
import { batchPart } from '../step/team-part.ts';
import { CONTROL } from '../threads/barrier.ts';
import type { DiagnosisTask } from '../threads/protocol.ts';
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
  readonly at: number; // how early in the step it was found: of several ranks the first says what it is
}

/** Of what is found only when the step is over. */
const LATE = Number.POSITIVE_INFINITY;

/** Diagnoses a step; one thread is enough. */
export function diagnose(context: RunContext, { step, of }: DiagnosisTask): Fault {
  Atomics.add(context.setup.control, CONTROL.checkedIn, 1);
  context.clock?.start();
  return of === 'loss' ? badLoss(context, step) : badUpdate(context, step);
}

/**
 * Runs the leaves of a step once more on this thread, all together where a layer couples their rows, looking at every
 * array for the first number that is not finite. Where rows are coupled, each rank takes its own leaves; else each
 * takes all. Only between spans; overwrites the gradients and, where a layer couples rows, the state that its passes
 * write.
 */
function badLoss(context: RunContext, step: number): Fault {
  const { setup, network } = context;
  const { leaf } = setup;
  const { theta } = context.arena;
  const weights = `; the largest weights before it: ${largestWeights(network, theta)}`;
  const rows = rowsOf(setup, step);
  const leaves = leafCount(rows, leaf);
  for (const passes of piecesOf(context, rows, leaves)) {
    const [first, last] = setup.couples ? [0, rows - 1] : rowsOfPass(passes[0], leaf, rows);
    const where = `train: step ${step}, ${first === last ? `row ${first}` : `rows ${first} to ${last}`} of the batch`;
    const look: Look = { found: undefined, at: LATE };
    const planned = planPasses(context, passes, rows, false, inspectFor(context, look));
    const data = badData(context, planned, step);
    // Other ranks wait for what its rows come to.
    if (data !== undefined && !isShared(context)) return { message: `${where}: ${data}`, isData: true, at: -1 };
    const { found, refused, at } = badNumber(context, planned, rows, step, look);
    if (data !== undefined) return { message: `${where}: ${data}`, isData: true, at: -1 };
    if (found !== undefined) return { message: `${where}: ${found}${weights}`, isData: false, at };
    if (refused !== undefined) return { message: `train: step ${step}: ${refused}`, isData: true, at };
  }
  if (isShared(context)) {
    const message = `train: step ${step}: the loss or the norm of the gradient is not finite${weights}`;
    return { message, isData: false, at: LATE };
  }
  const loss = batchLoss(context.arena.lossSums, leaves, rows);
  const what =
    loss - loss === 0 ? 'the norm of the gradient has Infinity' : `the sum of the rows' losses has ${show(loss)}`;
  return { message: `train: step ${step}: ${what}, expected a finite number${weights}`, isData: false, at: LATE };
}

/** Whether the passes of other ranks read what those of this one write. */
const isShared = ({ setup }: RunContext): boolean => setup.couples && setup.cluster !== null;

/** The first row of a pass and the last. */
const rowsOfPass = ({ first, count }: NodePass, leaf: number, rows: number): [number, number] => [
  first * leaf,
  Math.min(rows, (first + count) * leaf) - 1,
];

/** What is run at once: each leaf by itself, or, where rows depend on each other, the passes of a thread alone. */
function piecesOf({ setup }: RunContext, rows: number, leaves: number): readonly (readonly NodePass[])[] {
  if (setup.couples) return [batchPart(setup, rows, 1, 0, false).passes];
  return Array.from({ length: leaves }, (_, first) => [{ first, count: 1, row: 0, joins: false, merges: [] }]);
}

/** For a step whose update made a weight not finite: names the first one. */
const badUpdate = ({ network, arena }: RunContext, step: number): Fault => ({
  message: `train: step ${step}: after its update ${badWeight(network, arena.theta)}, expected finite numbers`,
  isData: false,
  at: LATE,
});

/** The first number that is not finite. */
interface Look {
  found: string | undefined;
  at: number; // how early
}

const nameIn = ({ network: { places } }: RunContext, layer: Layer): string =>
  `${layer.label} at layer ${places.find((place) => place.layer === layer)?.path}`;

const inspectFor =
  (context: RunContext, look: Look): Inspect =>
  (phase, layer, rows, n) => {
    const at = firstNotFinite(rows, n);
    if (at !== undefined) look.found ??= `${WHAT[phase]} of ${nameIn(context, layer)} has ${show(rows[at])}`;
  };

/** Brings the rows of the passes into their workspaces, and looks at them. */
function badData(context: RunContext, planned: readonly PlannedPass[], step: number): string | undefined {
  for (const { first, count, workspace } of planned) {
    const rows = gatherLeaves(context, step, first, count, workspace);
    const { x, t } = workspace;
    const wanted = `expected finite numbers (look at the data${typeOf(x) === 'float32' ? '; floats end at 3.4e38' : ''})`;
    const input = firstNotFinite(x, rows * context.network.input);
    if (input !== undefined) return `the inputs have ${show(x[input])}, ${wanted}`;
    const target = firstNotFinite(t, rows * context.targetColumns);
    if (target !== undefined) return `the targets have ${show(t[target])}, ${wanted}`;
  }
  return undefined;
}

/**
 * The first number of some passes that is not finite, and the row that a layer cannot take, which may be since it has
 * that number.
 */
function badNumber(
  context: RunContext,
  planned: readonly PlannedPass[],
  rows: number,
  step: number,
  look: Look,
): { found?: string; refused?: string; at: number } {
  const { network, arena, setup, place } = context;
  const { places, parameterCount: P } = network;
  const finite = 'expected finite numbers';
  place[0] = step;
  const shared = isShared(context) ? sharedArrays(context) : [];
  const segmentCount = isShared(context) ? shared.length + 1 : planned[0].segments.length;
  let refused: string | undefined;
  let refusedAt = LATE;
  // From barrier to barrier, as a thread alone takes a step.
  for (let s = 0; s < segmentCount; s++) {
    for (const { first, segments, copies } of refused === undefined ? planned : []) {
      place[1] = first * setup.leaf;
      try {
        runCalls(segments[s], context.kernels);
      } catch (error) {
        if (!(error instanceof InputError)) throw error;
        const row = rowOfDataset(setup, step, first * setup.leaf + error.row);
        [refused, refusedAt] = [new InputError(row, error.problem, { of: setup.dataset.name }).message, s];
        break;
      }
      if (s + 1 === segments.length) for (const [to, from] of copies) to.set(viewOf(from, 0, to.length));
    }
    if (look.found !== undefined) look.at = Math.min(look.at, s);
    // What other ranks have found by then they say themselves.
    if (s < shared.length) shareStatistics(context, rows, shared[s]);
    else if (refused !== undefined) break;
  }
  if (refused !== undefined) {
    return look.found === undefined ? { refused, at: refusedAt } : { found: `${look.found}, ${finite}`, at: look.at };
  }
  for (const { first, count } of planned) {
    const losses = viewOf(arena.lossSums, first, count);
    const bad = firstNotFinite(losses, count);
    const last = network.layers[network.layers.length - 1];
    if (bad !== undefined) look.found ??= `the loss after ${nameIn(context, last)} has ${show(losses[bad])}`;
  }
  for (const row of new Set(planned.map((pass) => pass.row))) {
    const gradients = gradientOf(arena.gSum, P, row);
    for (const { layer, tensors } of places) {
      for (const { name, offset, length } of tensors) {
        const gradient = viewOf(gradients, offset, length);
        const at = firstNotFinite(gradient, length);
        if (at === undefined) continue;
        look.found ??= `gradient with respect to ${name} of ${nameIn(context, layer)} has ${show(gradient[at])}`;
      }
    }
  }
  const at = Math.min(look.at, segmentCount);
  return look.found === undefined ? { at: LATE } : { found: `${look.found}, ${finite}`, at };
}
