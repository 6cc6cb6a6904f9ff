import { type Elements, InputError, type Inspect, type Network } from '@gradloom/core';
import {
  badWeight,
  batchLoss,
  complete,
  firstNotFinite,
  leafCount,
  type NodePass,
  nameOfLayer,
  runCalls,
  show,
  typeOf,
  viewOf,
} from '@gradloom/core/internal';
import { gatherLeaves, rowOfDataset, rowsOf } from '../../engine/step/batch.ts';
import type { RunContext } from '../../engine/step/context.ts';
import { type PassPlan, planPasses } from '../../engine/step/plan-passes.ts';
import { shareStatistics } from '../../engine/step/rank-gather.ts';
import { sharedArrays } from '../../engine/step/shared-arrays.ts';
import { type BatchPart, batchPart } from '../../engine/step/team-part.ts';
import { CONTROL } from '../../engine/threads/barrier.ts';
import type { Task, TeamTask } from '../../engine/threads/protocol.ts';
import { addGradients, findBadGradient } from './bad-gradient.ts';
import { findBadState } from './bad-state.ts';
import { CHECKS, createEarliestFault, type EarliestFault, type Fault, type FindingPosition } from './earliest-fault.ts';

export interface DiagnosisTask extends TeamTask, Task<Fault> {
  readonly kind: 'diagnosis';
  readonly step: number;
  // 'loss': the step's loss or norm is not finite; the state is that before it. 'update': the state after it is not.
  readonly symptom: 'loss' | 'update';
}

/** The array that is inspected in each phase of a pass, as errors name it. */
const ARRAY_OF_PHASE = {
  forward: 'output',
  loss: 'gradient of the loss with respect to the output',
  backward: 'gradient with respect to the input',
};

/** Diagnoses a step; one thread is enough. */
export function diagnose(context: RunContext, { step, symptom }: DiagnosisTask): Fault {
  Atomics.add(context.setup.control, CONTROL.checkedIn, 1);
  context.clock?.start();
  return symptom === 'loss' ? badLoss(context, step) : badUpdate(context, step);
}

/**
 * Runs the leaves of a step again on this thread and checks every array for the first number that is not finite. If a
 * layer couples rows, all leaves run together and each rank runs its own; otherwise each rank runs all. Only between
 * spans; overwrites the gradients and, if a layer couples rows, the state that its passes write.
 */
function badLoss(context: RunContext, step: number): Fault {
  const { setup, network, arena } = context;
  const rows = rowsOf(setup, step);
  const leaves = leafCount(rows, setup.leafRows);
  const weights = `; the largest weights before it: ${largestWeights(network, arena.theta)}`;
  for (const { passes, nodes } of piecesOf(context, rows, leaves)) {
    const search = createSearch(context, step, rows, passes, weights);
    const isProbed = false;
    const passPlans = planPasses(context, passes, rows, isProbed, search.inspect);
    findBadData(context, search, passPlans);
    // Coupled passes also run after a fault, since other ranks wait for their results.
    if (search.earliest.fault === null || isShared(context)) runPasses(context, search, passPlans);
    if (search.earliest.fault === null || isShared(context)) findBadLoss(context, search, passPlans);
    if (isShared(context) || (setup.couples && search.earliest.fault === null))
      addGradients(context, step, rows, nodes);
    if (search.earliest.fault === null) findBadGradient(context, rows, search.recordBadNumber);
    if (search.earliest.fault !== null) return search.earliest.fault;
  }
  const loss = batchLoss(arena.lossSums, leaves, rows);
  const lossText = Number.isFinite(loss)
    ? 'the norm of the gradient has Infinity'
    : `the sum of the rows' losses has ${show(loss)}`;
  const message = `step ${step}: ${lossText}, expected a finite number${weights}`;
  return { message, isData: false, position: { check: CHECKS.step, index: 0 } };
}

/** Describes a step whose update took a number out of range: names the first weight, or else the first of the state. */
function badUpdate({ network, arena, optimizer }: RunContext, step: number): Fault {
  const weight = badWeight(network, arena.theta);
  const badNumber = weight === undefined ? complete(findBadState(network, optimizer, arena)) : undefined;
  const where = `step ${step}: after its update`;
  // Another rank names the number if this one has none.
  const index = weight !== undefined ? 0 : (badNumber?.position ?? Number.MAX_SAFE_INTEGER);
  const problem = weight ?? badNumber?.description;
  return {
    message: `${where} ${problem}, expected finite numbers`,
    isData: false,
    position: { check: CHECKS.step, index },
  };
}

/** Whether the passes of other ranks read what this rank's passes write. */
const isShared = ({ setup }: RunContext): boolean => setup.couples && setup.cluster !== null;

/** Units of work: each leaf alone or, if rows are coupled, all passes of a single thread. */
function piecesOf({ setup }: RunContext, rows: number, leaves: number): readonly BatchPart[] {
  if (setup.couples) return [batchPart(setup, rows, 1, 0)]; // thread 0 of a team of 1
  return Array.from({ length: leaves }, (_, first) => ({
    passes: [{ first, count: 1, row: 0, accumulate: false, merges: [] }],
    nodes: [],
  }));
}

/** State of the search in the passes of a piece. */
interface Search {
  readonly step: number;
  readonly rows: number; // rows of the batch
  readonly earliest: EarliestFault;
  readonly inspect: Inspect;
  /** Sets the pass that runs. Called before each of its segments. */
  enter(pass: NodePass): void;
  /** Number of arrays checked in the pass so far. */
  readonly checks: number;
  recordBadData(position: FindingPosition, description: string): void;
  recordBadNumber(position: FindingPosition, description: string): void;
}

function createSearch(
  { setup: { leafRows, couples }, network: { allLayers } }: RunContext,
  step: number,
  rows: number,
  passes: readonly NodePass[],
  weights: string,
): Search {
  const earliestFault = createEarliestFault();
  const [firstRow, lastRow] = couples ? [0, rows - 1] : rowsOfPass(passes[0], leafRows, rows);
  const rowsText = firstRow === lastRow ? `row ${firstRow}` : `rows ${firstRow} to ${lastRow}`;
  const where = `step ${step}, ${rowsText} of the batch`;
  const checksOf = new Map<NodePass, number>();
  let pass = passes[0];
  const recordBadNumber = (position: FindingPosition, description: string): void =>
    earliestFault.record(position, () => ({
      message: `${where}: ${description}, expected finite numbers${weights}`,
      isData: false,
    }));
  return {
    step,
    rows,
    earliest: earliestFault,
    recordBadNumber,
    get checks() {
      return checksOf.get(pass) ?? 0;
    },
    enter(nextPass) {
      pass = nextPass;
    },
    recordBadData: (position, description) =>
      earliestFault.record(position, () => ({ message: `${where}: ${description}`, isData: true })),
    inspect(phase, layer, numbers, n) {
      if (phase === 'gradient') return; // a sum of what was checked
      const check = checksOf.get(pass) ?? 0;
      checksOf.set(pass, check + 1);
      const badIndex = firstNotFinite(numbers, n);
      if (badIndex === undefined) return;
      const [firstRow, lastRow] = rowsOfPass(pass, leafRows, rows);
      const row = firstRow + Math.floor((badIndex * (lastRow + 1 - firstRow)) / n);
      const networkLayer = allLayers.find((candidate) => candidate.layer === layer);
      const name = networkLayer === undefined ? layer.label : nameOfLayer(networkLayer);
      recordBadNumber({ check, index: row }, `${ARRAY_OF_PHASE[phase]} of ${name} has ${show(numbers[badIndex])}`);
    },
  };
}

/** The first and last row of a pass. */
const rowsOfPass = ({ first, count }: NodePass, leafRows: number, rows: number): [number, number] => [
  first * leafRows,
  Math.min(rows, (first + count) * leafRows) - 1,
];

/** Gathers the rows of the passes into their workspaces, and checks them. */
function findBadData(context: RunContext, search: Search, passPlans: readonly PassPlan[]): void {
  const { setup, network, targetForm } = context;
  for (const { first, count, workspace } of passPlans) {
    const rows = gatherLeaves(context, search.step, first, count, workspace);
    const { x, t } = workspace;
    const expected = `expected finite numbers (look at the data${typeOf(x) === 'float32' ? '; floats end at 3.4e38' : ''})`;
    for (const [name, numbers, width] of [
      ['inputs', x, network.inputs],
      ['targets', t, targetForm.columns],
    ] as const) {
      const badIndex = firstNotFinite(numbers, rows * width);
      if (badIndex === undefined) continue;
      const row = first * setup.leafRows + Math.floor(badIndex / width);
      search.recordBadData(
        { check: CHECKS[name], index: row },
        `the ${name} have ${show(numbers[badIndex])}, ${expected}`,
      );
    }
  }
}

/** Runs the inspected passes. Also records a row that a layer refuses, perhaps because of an earlier bad number. */
function runPasses(context: RunContext, search: Search, passPlans: readonly PassPlan[]): void {
  const { setup, kernels, stepAndRow } = context;
  const { step, rows, earliest } = search;
  stepAndRow[0] = step;
  const arraysOfTeam = isShared(context) ? sharedArrays(context) : [];
  const segmentCount = isShared(context) ? arraysOfTeam.length + 1 : passPlans[0].segments.length;
  // One segment of all passes after the other, as a single thread takes a step.
  for (let s = 0; s < segmentCount; s++) {
    // After the first bad number, further findings say nothing new.
    for (const pass of earliest.fault === null ? passPlans : []) {
      stepAndRow[1] = pass.first * setup.leafRows;
      search.enter(pass);
      try {
        runCalls(pass.segments[s], kernels);
      } catch (error) {
        if (!(error instanceof InputError)) throw error;
        const row = pass.first * setup.leafRows + error.row;
        const { message } = new InputError(rowOfDataset(setup, step, row), error.problem, { of: setup.dataset.name });
        const fault = { message: `step ${step}: ${message}`, isData: true };
        earliest.record({ check: search.checks, index: row }, () => fault);
      }
      if (s + 1 === segmentCount) for (const [to, from] of pass.copies) to.set(viewOf(from, 0, to.length));
    }
    // The other ranks report their own findings.
    if (s < arraysOfTeam.length) shareStatistics(context, rows, arraysOfTeam[s]);
    else if (earliest.fault !== null) break;
  }
}

function findBadLoss({ arena, network }: RunContext, search: Search, passPlans: readonly PassPlan[]): void {
  const name = nameOfLayer(network.allLayers[network.allLayers.length - 1]);
  for (const { first, count } of passPlans) {
    const losses = viewOf(arena.lossSums, first, count);
    const badIndex = firstNotFinite(losses, count);
    if (badIndex === undefined) continue;
    const position = { check: CHECKS.losses, index: first + badIndex };
    search.recordBadNumber(position, `the loss after ${name} has ${show(losses[badIndex])}`);
  }
}

/** Maximum number of tensors named: a diverging network usually diverges in one. */
const MAX_NAMED = 3;

/** The largest weight of each of the tensors with the largest weights: 'W of dense(2->3) at layer 0 -1.50e+160, …'. */
function largestWeights(
  { allLayers }: Network,
  theta: Elements, // [P]
): string {
  const tensors = allLayers.flatMap((networkLayer) =>
    networkLayer.tensors.map(({ name, offset, length }) => ({
      name: `${name} of ${nameOfLayer(networkLayer)}`,
      value: largestBySize(viewOf(theta, offset, length)),
    })),
  );
  tensors.sort((a, b) => Math.abs(b.value) - Math.abs(a.value));
  return tensors
    .slice(0, MAX_NAMED)
    .map(({ name, value }) => `${name} ${value.toPrecision(3)}`)
    .join(', ');
}

function largestBySize(weights: Elements): number {
  let largest = 0;
  for (let i = 0; i < weights.length; i++) if (Math.abs(weights[i]) > Math.abs(largest)) largest = weights[i];
  return largest;
}
