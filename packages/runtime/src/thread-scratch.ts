import type { Allocate, BackendName, Loss, Network, Optimizer, ProductShape } from '@gradloom/core';
import {
  createWorkspace,
  type KernelScratch,
  MOST_NODE_ROWS,
  recordedCalls,
  stepCalls,
  takeNativeScratch,
  takeWasmScratch,
  tapeLength,
  updateCalls,
  type Workspace,
} from '@gradloom/core/internal';
import { type BatchShape, leavesOf, recordedPasses } from './team-part.ts';

/**
 * Rows of a chunk at evaluation: fixed, since a BLAS gives a row other bits in calls of other sizes. A pass in training
 * has as many at most.
 */
export const EVALUATION_ROWS = MOST_NODE_ROWS;

/** Steps that are taken from a tape at a time, at most. */
export const STEPS = 128;

/** Rows of gradients up to which the update has a tape: only teams of many threads leave more. */
const RECORDED_ROWS = 64;

/** What the scratch of a thread depends on. */
export interface ScratchShape extends BatchShape {
  readonly network: Network;
  readonly loss: Loss;
  readonly optimizer: Optimizer;
}

/** The arrays of a run that one thread has for itself. */
export interface ThreadScratch {
  readonly kernels: KernelScratch;
  readonly lossSum: Float64Array; // [1] of a chunk at evaluation
  readonly workspace: Workspace;
  readonly hyper: Float64Array; // [H] of the optimizer
  readonly scale: Float64Array; // [1] what clipping multiplies the gradient by
  readonly tapesOf: Float64Array; // [1] size of the team whose passes the tapes hold
  readonly passTapes: readonly Float64Array[]; // [recordedPasses] calls of a pass of a whole batch
  readonly hypers: Float64Array; // [STEPS, H] of whole steps; empty where they cannot be recorded
  readonly stepsTape: Float64Array; // likewise
  readonly updateTape: Float64Array; // calls that update the thread's blocks
}

/** Takes all that a thread needs: counted to plan a run's memory, and then taken from it by the same calls. */
export function takeThreadScratch(shape: ScratchShape, allocate: Allocate): ThreadScratch {
  const { network, loss, optimizer, backend, batch } = shape;
  const H = optimizer.hyperLength;
  const recordsSteps = batch <= MOST_NODE_ROWS;
  const rows = Math.min(leavesOf(shape, batch), RECORDED_ROWS);
  return {
    kernels: takeKernelScratch(network.products, backend, allocate),
    lossSum: allocate(1),
    workspace: createWorkspace(network, loss, EVALUATION_ROWS, allocate),
    hyper: allocate(H),
    scale: allocate(1),
    tapesOf: allocate(1),
    passTapes: Array.from({ length: recordedPasses(shape) }, () => allocate(tapeLength(recordedCalls(network)))),
    hypers: allocate(recordsSteps ? STEPS * H : 0),
    stepsTape: allocate(recordsSteps ? tapeLength(stepCalls(network, optimizer)) : 0),
    updateTape: allocate(tapeLength(updateCalls(network, optimizer, rows))),
  };
}

/** What the kernels of a backend need for products of these shapes. */
export const takeKernelScratch = (
  products: readonly ProductShape[],
  backend: BackendName,
  allocate: Allocate,
): KernelScratch =>
  (backend === 'native' || backend === 'blas' ? takeNativeScratch : takeWasmScratch)(products, allocate);
