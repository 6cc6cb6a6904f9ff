import type { Allocate, BackendName, ElementType, Loss, Network, Optimizer, ProductShape } from '@gradloom/core';
import {
  blockCount,
  countDoubles,
  countMatrices,
  createList,
  createWorkspace,
  emitNode,
  FLOAT64,
  type KernelScratch,
  leafCount,
  MOST_LEAVES,
  MOST_NODE_ROWS,
  mostColumns,
  NO_BATCH,
  NO_SHARE,
  probeLength,
  takeNativeScratch,
  takeWasmScratch,
  tapeLength,
  type Workspace,
} from '@gradloom/core/internal';
import { type BatchShape, mostPasses, rowsOfPasses } from '../step/team-part.ts';

/**
 * Rows of a chunk at evaluation: fixed, since a BLAS gives a row other bits in calls of other sizes. A pass in training
 * has as many at most.
 */
export const EVALUATION_ROWS = MOST_NODE_ROWS;

/** Steps whose hyperparameters a thread writes at a time, at most. */
export const STEPS = 128;

/** What the scratch of a thread that evaluates depends on. */
export interface EvaluationShape {
  readonly network: Network;
  readonly loss: Loss;
  readonly elementType: ElementType;
  readonly backend: BackendName;
}

/** What the scratch of a thread that trains depends on. */
export interface ScratchShape extends BatchShape, EvaluationShape {
  readonly optimizer: Optimizer;
  readonly passRows: number; // most rows of a pass in training or at evaluation
  readonly probes?: boolean; // whether layers are probed, default false
  readonly weighs?: boolean; // whether rows have weights, default false
  readonly maxNorm?: number | null; // of the weights that come into a unit, default none
}

/** The arrays that one thread has for itself, to evaluate. */
export interface EvaluationScratch {
  readonly kernels: KernelScratch;
  readonly lossSums: Float64Array; // [leaves] of a pass; of a chunk at evaluation the first
  readonly workspace: Workspace;
}

/** Those of a thread that trains. */
export interface ThreadScratch extends EvaluationScratch {
  readonly probe: Float64Array; // [probeLength] of a leaf that is looked at; empty where none is
  readonly passMemory: Float64Array; // workspaces of passes that go on together; empty where no layer couples rows
  readonly place: Float64Array; // [2] step, and row of the batch at which a pass begins
  readonly one: Float64Array; // [1] what a step adds to itself
  readonly hyper: Float64Array; // [H] of the optimizer, in this step
  readonly hypers: Float64Array; // [STEPS, H] of the steps to come
  readonly next: Float64Array; // [1] the row of them that comes next
  readonly factors: Float64Array; // of columns that are longer than a limit; empty where there is none
  readonly scale: Float64Array; // [1] what clipping multiplies the gradient by
  readonly note: Float64Array; // [2] place of a step's loss and norm in the rings, and whether they end the span
  readonly tapesOf: Float64Array; // [1] size of the team whose programs stand on the tapes
  readonly tapes: Float64Array;
}

/** Takes what a thread needs: counted to plan a memory, and then taken from it by the same calls. */
export function takeEvaluationScratch(
  { network, loss, backend }: EvaluationShape,
  allocate: Allocate,
  leaves = 1, // of a pass
  rows = EVALUATION_ROWS,
  weighs = false,
): EvaluationScratch {
  return {
    kernels: takeKernelScratch(network.products, backend, allocate),
    lossSums: allocate(leaves, FLOAT64),
    workspace: createWorkspace(network, loss, rows, allocate, NO_SHARE, weighs),
  };
}

/** Likewise, to train. */
export function takeThreadScratch(shape: ScratchShape, allocate: Allocate): ThreadScratch {
  const { network, optimizer, passRows, probes = false, weighs, maxNorm = null } = shape;
  const H = optimizer.hyperLength;
  return {
    ...takeEvaluationScratch(shape, allocate, MOST_LEAVES, passRows, weighs),
    probe: allocate(probes ? probeLength(network) : 0, FLOAT64),
    passMemory: allocate(passMemoryLength(shape), FLOAT64),
    place: allocate(2, FLOAT64),
    one: allocate(1, FLOAT64),
    hyper: allocate(H, FLOAT64),
    hypers: allocate(STEPS * H, FLOAT64),
    next: allocate(1, FLOAT64),
    factors: allocate(maxNorm === null ? 0 : mostColumns(network), FLOAT64),
    scale: allocate(1, FLOAT64),
    note: allocate(2, FLOAT64),
    tapesOf: allocate(1, FLOAT64),
    tapes: allocate(tapeLength(mostCalls(shape)), FLOAT64),
  };
}

/** Doubles of the workspaces of all passes of a thread in a batch, where each has one of its own. */
function passMemoryLength(shape: ScratchShape): number {
  const { network, loss, elementType, batch, leaf, couples, probes = false, weighs } = shape;
  if (!couples) return 0;
  const leaves = leafCount(batch, leaf);
  const lengthOf = (rows: number): number =>
    countDoubles(
      (allocate) => createWorkspace(network, loss, rows, allocate, { leaves, take: () => EMPTY }, weighs),
      elementType,
    );
  // A look takes leaf by leaf.
  const looks = probes ? leaves * lengthOf(Math.min(batch, leaf)) : 0;
  return Math.max(looks, mostPasses(shape) * lengthOf(rowsOfPasses(shape)));
}

/** Doubles of the memory that the layers of all threads share. */
export function sharedLength({ network, loss, elementType, batch, leaf, couples }: ScratchShape): number {
  if (!couples) return 0;
  const leaves = leafCount(batch, leaf);
  return countDoubles((allocate) => {
    createWorkspace(network, loss, 1, () => EMPTY, { leaves, take: (width) => allocate(leaves * width) });
  }, elementType);
}

const EMPTY = new Float64Array(0);

/** Passes of different length or place of the gradient that have tapes, of networks of fewer calls and of more. */
const PASSES = 8;
const PASSES_OF_MANY = 2;
const MANY_CALLS = 2000;

/** Blocks whose updates have tapes: of more, calls from JavaScript take next to nothing of the time. */
const UPDATED_BLOCKS = 64;

/** Calls of an update, around it, and around a pass. */
const CALLS_OF_BLOCK = 4;
const CALLS_OF_STEP = 64;

/** Calls that the tapes of a thread have room for. Those that find none are made one by one. */
function mostCalls({ network, loss, weighs, maxNorm = null }: ScratchShape): number {
  const { calls, emit } = createList();
  const tensors = network.layers.map((layer) => layer.tensors.map(() => EMPTY));
  const workspace = createWorkspace(network, loss, 1, () => EMPTY, { leaves: 0, take: () => EMPTY }, weighs);
  const pass = { emit, training: true, seed: 0, leaf: 1, joins: false, batch: NO_BATCH, place: EMPTY };
  emitNode(EMPTY, network, workspace, tensors, tensors, 1, pass);
  const passes = calls.length > MANY_CALLS ? PASSES_OF_MANY : PASSES;
  const blocks = Math.min(UPDATED_BLOCKS, blockCount(network.parameterCount));
  const columns = maxNorm === null ? 0 : countMatrices(network);
  return passes * calls.length + 2 * (CALLS_OF_BLOCK * blocks + columns + CALLS_OF_STEP);
}

/** What the kernels of a backend need for products of these shapes. */
export const takeKernelScratch = (
  products: readonly ProductShape[],
  backend: BackendName,
  allocate: Allocate,
): KernelScratch =>
  (backend === 'native' || backend === 'blas' ? takeNativeScratch : takeWasmScratch)(products, allocate);
