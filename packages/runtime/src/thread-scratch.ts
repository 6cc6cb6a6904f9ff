import type { Allocate, BackendName, Loss, Network, Optimizer, ProductShape } from '@gradloom/core';
import {
  blockCount,
  createList,
  createWorkspace,
  emitNode,
  type KernelScratch,
  MOST_LEAVES,
  MOST_NODE_ROWS,
  probeLength,
  takeNativeScratch,
  takeWasmScratch,
  tapeLength,
  type Workspace,
} from '@gradloom/core/internal';
import type { BatchShape } from './team-part.ts';

/**
 * Rows of a chunk at evaluation: fixed, since a BLAS gives a row other bits in calls of other sizes. A pass in training
 * has as many at most.
 */
export const EVALUATION_ROWS = MOST_NODE_ROWS;

/** Steps whose hyperparameters a thread writes at a time, at most. */
export const STEPS = 128;

/** What the scratch of a thread depends on. */
export interface ScratchShape extends BatchShape {
  readonly network: Network;
  readonly loss: Loss;
  readonly optimizer: Optimizer;
  readonly probes?: boolean; // whether layers are probed, default false
}

/** The arrays of a run that one thread has for itself. */
export interface ThreadScratch {
  readonly kernels: KernelScratch;
  readonly lossSums: Float64Array; // [leaves] of a pass; of a chunk at evaluation the first
  readonly probe: Float64Array; // [probeLength] of a leaf that is looked at; empty where none is
  readonly workspace: Workspace;
  readonly place: Float64Array; // [2] step, and row of the batch at which a pass begins
  readonly one: Float64Array; // [1] what a step adds to itself
  readonly hyper: Float64Array; // [H] of the optimizer, in this step
  readonly hypers: Float64Array; // [STEPS, H] of the steps to come
  readonly next: Float64Array; // [1] the row of them that comes next
  readonly scale: Float64Array; // [1] what clipping multiplies the gradient by
  readonly note: Float64Array; // [2] place of a step's loss and norm in the rings, and whether they end the span
  readonly tapesOf: Float64Array; // [1] size of the team whose programs stand on the tapes
  readonly tapes: Float64Array;
}

/** Takes all that a thread needs: counted to plan a run's memory, and then taken from it by the same calls. */
export function takeThreadScratch(shape: ScratchShape, allocate: Allocate): ThreadScratch {
  const { network, loss, optimizer, backend, probes = false } = shape;
  const H = optimizer.hyperLength;
  return {
    kernels: takeKernelScratch(network.products, backend, allocate),
    lossSums: allocate(MOST_LEAVES),
    probe: allocate(probes ? probeLength(network) : 0),
    workspace: createWorkspace(network, loss, EVALUATION_ROWS, allocate),
    place: allocate(2),
    one: allocate(1),
    hyper: allocate(H),
    hypers: allocate(STEPS * H),
    next: allocate(1),
    scale: allocate(1),
    note: allocate(2),
    tapesOf: allocate(1),
    tapes: allocate(tapeLength(shape.leaf === 0 ? 0 : mostCalls(shape))),
  };
}

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
function mostCalls({ network, loss }: ScratchShape): number {
  const { calls, emit } = createList();
  const empty = new Float64Array(0);
  const tensors = network.layers.map((layer) => layer.tensors.map(() => empty));
  const workspace = createWorkspace(network, loss, 1, () => empty);
  const pass = { emit, training: true, seed: 0, leaf: 1, joins: false, place: empty };
  emitNode(empty, network, workspace, tensors, tensors, 1, pass);
  const passes = calls.length > MANY_CALLS ? PASSES_OF_MANY : PASSES;
  const blocks = Math.min(UPDATED_BLOCKS, blockCount(network.parameterCount));
  return passes * calls.length + 2 * (CALLS_OF_BLOCK * blocks + CALLS_OF_STEP);
}

/** What the kernels of a backend need for products of these shapes. */
export const takeKernelScratch = (
  products: readonly ProductShape[],
  backend: BackendName,
  allocate: Allocate,
): KernelScratch =>
  (backend === 'native' || backend === 'blas' ? takeNativeScratch : takeWasmScratch)(products, allocate);
