import type { Call, Elements, Inspect } from '@gradloom/core';
import {
  createAllocator,
  createList,
  createProbe,
  createWorkspace,
  emitNode,
  leafCount,
  type NodePass,
  probeLength,
  segmentsOf,
  viewOf,
  type Workspace,
} from '@gradloom/core/internal';
import type { RunContext } from './context.ts';
import { leavesOfRank, maxRankLeaves, shapeOf } from './team-part.ts';

/** A pass with its operations. */
export interface PassPlan extends NodePass {
  readonly workspace: Workspace;
  readonly segments: readonly (readonly Call[])[]; // calls between the barriers of the pass
  readonly copies: readonly (readonly [Elements, Elements])[]; // copies made after the pass: [to, from]
}

/** Plans the operations of this thread's passes in a batch of `rows` rows, which call `inspect`. */
export const planPasses = (
  context: RunContext,
  passes: readonly NodePass[],
  rows: number,
  isProbed: boolean,
  inspect: Inspect | undefined = context.clock?.inspect,
): readonly PassPlan[] =>
  (context.setup.couples ? coupledPasses : separatePasses)(context, passes, rows, isProbed, inspect);

/**
 * Passes that run one after the other. They share a workspace; passes with equal row counts and the same gradient row
 * also share their operations. Since these write the same memory, the losses of each pass are copied when it ends.
 */
function separatePasses(
  context: RunContext,
  passes: readonly NodePass[],
  rows: number,
  isProbed: boolean,
  inspect: Inspect | undefined,
): readonly PassPlan[] {
  const { arena, workspace, lossSums, probe, inspectProbe } = context;
  const callsOfPasses = new Map<string, readonly Call[]>();
  return passes.map((pass) => {
    const { first, count, row, accumulate } = pass;
    const losses = viewOf(arena.lossSums, first, count);
    const sums = passes.length === 1 ? losses : lossSums; // a single pass writes its losses in place
    const key = `${rowsOfPass(context, pass, rows)} ${row} ${accumulate}`;
    const calls =
      callsOfPasses.get(key) ?? passCalls(context, pass, rows, workspace, sums, isProbed ? inspectProbe : inspect);
    callsOfPasses.set(key, calls);
    const probeCopy = [viewOf(arena.probeSums, first * probe.length, isProbed ? probe.length : 0), probe] as const;
    const copies = [...(sums === losses ? [] : [[losses, sums] as const]), ...(isProbed ? [probeCopy] : [])];
    return { ...pass, workspace, segments: [calls], copies };
  });
}

/**
 * Passes that run in lockstep from barrier to barrier, each with its own workspace. The first pass computes the sums
 * over all leaves, and the others read them: if each added them itself, the work of a step would grow with the square
 * of its rows.
 */
function coupledPasses(
  context: RunContext,
  passes: readonly NodePass[],
  rows: number,
  isProbed: boolean,
  inspect: Inspect | undefined,
): readonly PassPlan[] {
  const { arena, network, loss, setup } = context;
  const rankLeaves = leavesOfRank(setup, rows);
  const leafDoubles = arena.passMemory.length / maxRankLeaves(shapeOf(setup));
  const leaves = leafCount(setup.batch, setup.leafRows);
  const probeDoubles = isProbed ? probeLength(network) : 0;
  const threadArrays: Elements[] = []; // arrays that all passes of this thread share, in the order of allocation
  return passes.map((pass, k) => {
    const { first, count } = pass;
    const allocateShared = createAllocator('coupledPasses', arena.shared, setup.elementType);
    const allocatePerLeaf = (width: number): Elements => allocateShared(leaves * width);
    const memory = viewOf(arena.passMemory, (first - rankLeaves.first) * leafDoubles, count * leafDoubles);
    const allocate = createAllocator('coupledPasses', memory, setup.elementType);
    let arrayIndex = 0;
    const allocatePerThread = (length: number): Elements => (threadArrays[arrayIndex++] ??= allocate(length));
    const B = rowsOfPass(context, pass, rows);
    const unitRows = Math.min(rows, setup.leafRows);
    const teamMemory = { leaves, allocatePerLeaf, allocatePerThread, unitRows };
    const hasRowWeights = setup.weights !== null;
    const workspace = createWorkspace(network, loss, B, allocate, teamMemory, hasRowWeights, setup.augment);
    const inspectPass = isProbed
      ? createProbe(network, workspace, viewOf(arena.probeSums, first * probeDoubles, probeDoubles))
      : inspect;
    const losses = viewOf(arena.lossSums, first, count);
    const isLaterPass = k > 0;
    const calls = passCalls(context, pass, rows, workspace, losses, inspectPass, isLaterPass);
    return { ...pass, workspace, segments: segmentsOf(calls), copies: [] };
  });
}

const rowsOfPass = ({ setup: { leafRows } }: RunContext, { first, count }: NodePass, rows: number): number =>
  Math.min(count * leafRows, rows - first * leafRows);

/** Calls of the forward and backward pass in a batch of `rows` rows. */
function passCalls(
  context: RunContext,
  node: NodePass,
  rows: number,
  workspace: Workspace,
  lossSums: Float64Array, // [count]
  inspect: Inspect | undefined,
  isLaterPass = false, // runs in lockstep after the first pass
): readonly Call[] {
  const { setup, network, theta, gradients, stepAndRow } = context;
  const { seed, leafRows } = setup;
  const { calls, emit } = createList();
  const batch = { rows, leaves: leafCount(rows, leafRows), firstLeaf: node.first, isLaterPass };
  const { lengths } = workspace;
  const pass = { emit, training: true, seed, leafRows, accumulate: node.accumulate, batch, stepAndRow, lengths };
  const B = rowsOfPass(context, node, rows);
  emitNode(lossSums, network, workspace, theta, gradients[node.row], B, pass, inspect);
  return calls;
}
