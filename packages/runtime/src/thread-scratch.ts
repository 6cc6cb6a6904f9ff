import type { Allocate, BackendName, Loss, Network, Optimizer, ProductShape } from '@gradloom/core';
import {
  createWorkspace,
  type KernelScratch,
  largestShard,
  recordedCalls,
  stepCalls,
  takeNativeScratch,
  takeWasmScratch,
  tapeLength,
  updateCalls,
  type Workspace,
} from '@gradloom/core/internal';

/** Rows of an evaluation chunk: fixed, since BLAS gives a row different bits in calls of different sizes. */
export const EVALUATION_ROWS = 256;

/** Steps that are taken from a tape at a time, at most. */
export const STEPS = 128;

/** Parameters of the scratch of a thread. */
export interface ScratchShape {
  readonly network: Network;
  readonly loss: Loss;
  readonly optimizer: Optimizer;
  readonly backend: BackendName;
  readonly batch: number;
  readonly shards: number; // S; 0 where nothing is trained
}

/** The arrays of a run that one thread has for itself. */
export interface ThreadScratch {
  readonly kernels: KernelScratch;
  readonly lossSum: Float64Array; // [1] of a chunk at evaluation
  readonly workspace: Workspace;
  readonly hyper: Float64Array; // [H] of the optimizer
  readonly scale: Float64Array; // [1] what clipping multiplies the gradient by
  readonly shardTapes: readonly Float64Array[]; // [S] calls of each shard
  readonly hypers: Float64Array; // [STEPS, H] of whole steps; empty where they cannot be recorded
  readonly stepsTape: Float64Array; // likewise
  readonly updateTape: Float64Array; // calls that update the thread's blocks
}

/** The most rows that a thread takes at a time. */
export const workspaceRows = ({ batch, shards }: Pick<ScratchShape, 'batch' | 'shards'>): number =>
  Math.max(largestShard(batch, shards || 1), EVALUATION_ROWS);

/** Takes all arrays of a thread: called once to plan the memory, and again to take it. */
export function takeThreadScratch(shape: ScratchShape, allocate: Allocate): ThreadScratch {
  const { network, loss, optimizer, backend, shards } = shape;
  const H = optimizer.hyperLength;
  const recordsSteps = shards === 1;
  return {
    kernels: takeKernelScratch(network.products, backend, allocate),
    lossSum: allocate(1),
    workspace: createWorkspace(network, loss, workspaceRows(shape), allocate),
    hyper: allocate(H),
    scale: allocate(1),
    shardTapes: Array.from({ length: shards }, () => allocate(tapeLength(recordedCalls(network)))),
    hypers: allocate(recordsSteps ? STEPS * H : 0),
    stepsTape: allocate(recordsSteps ? tapeLength(stepCalls(network, optimizer)) : 0),
    updateTape: allocate(tapeLength(updateCalls(network, optimizer))),
  };
}

/** What the kernels of a backend need for products of these shapes. */
export const takeKernelScratch = (
  products: readonly ProductShape[],
  backend: BackendName,
  allocate: Allocate,
): KernelScratch =>
  (backend === 'native' || backend === 'blas' ? takeNativeScratch : takeWasmScratch)(products, allocate);
