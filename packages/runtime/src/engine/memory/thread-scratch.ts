import type {
  Allocate,
  Augmentation,
  BackendName,
  Call,
  ElementType,
  Loss,
  Network,
  Optimizer,
  ProductShape,
} from '@gradloom/core';
import {
  blockCount,
  CALL_DOUBLES,
  countDoubles,
  countMatrices,
  createList,
  createWorkspace,
  emitNode,
  FLOAT64,
  FORWARD_ONLY,
  hasTrainedTensor,
  type KernelScratch,
  leafCount,
  MAX_LEAVES,
  MAX_NODE_ROWS,
  type MatrixScratch,
  maxColumns,
  maxPassRows,
  NO_BATCH,
  NO_TEAM_MEMORY,
  probeLength,
  stepProducts,
  takeMatrixScratch,
  takeKernelScratch as takeScratch,
  type Workspace,
} from '@gradloom/core/internal';
import { type BatchShape, maxRankLeaves } from '../step/team-part.ts';

/** Rows of an evaluation chunk, whose losses are added one after the other. A pass has at most as many. */
export const EVALUATION_ROWS = MAX_NODE_ROWS;

/** Maximum number of steps whose hyperparameters a thread writes in advance. */
export const STEPS_AHEAD = 128;

/** What the scratch of an evaluating thread depends on. */
export interface EvaluationShape {
  readonly network: Network;
  readonly loss: Loss;
  readonly elementType: ElementType;
  readonly backend: BackendName;
}

/** What the scratch of a training thread depends on. */
export interface ScratchShape extends BatchShape, EvaluationShape {
  readonly optimizer: Optimizer;
  readonly passRows: number; // maximum number of rows of a pass in the thread's workspace, in training or evaluation
  readonly probes?: boolean; // whether layers are probed, default false
  readonly hasRowWeights?: boolean; // whether rows have weights, default false
  readonly maxNorm?: number | null; // limit of the norm of weights into a unit, default none
  readonly augment?: Augmentation | null; // of the rows, default none
}

/** The private arrays of an evaluating thread. */
export interface EvaluationScratch {
  readonly kernels: KernelScratch;
  readonly lossSums: Float64Array; // [leaves] of a training pass, or losses of the rows of an evaluation
  readonly workspace: Workspace;
}

/** The private arrays of a training thread. */
export interface ThreadScratch extends EvaluationScratch {
  readonly probe: Float64Array; // [probeLength] of a probed leaf; empty if no step is probed
  readonly stepAndRow: Float64Array; // [2] step, and the row of the batch at which a pass begins
  readonly increment: Float64Array; // [1] increment of the step
  readonly hyper: Float64Array; // [H] of the optimizer, for this step
  readonly hypers: Float64Array; // [STEPS_AHEAD, H] for the next steps
  readonly hyperRow: Float64Array; // [1] index of the next row of `hypers`
  readonly matrices: MatrixScratch; // arrays to orthogonalize matrices; empty if the optimizer does not
  readonly factors: Float64Array; // factors for columns whose norm exceeds the limit; empty without a limit
  readonly divisors: Float64Array; // [2, 2] rows of a whole batch and 1 / rows, then those of the last: see batch.ts
  readonly scale: Float64Array; // [1] clipping factor of the gradient
  readonly stepResult: Float64Array; // [2] ring index of a step's loss and norm, and whether they end the span
  readonly tapeThreads: Float64Array; // [1] size of the team whose programs are on the tapes
  readonly tapes: Float64Array;
}

/** Takes the arrays of an evaluating thread. The same calls first count the memory for the plan and later take it. */
export function takeEvaluationScratch(
  { network, loss, backend, elementType }: EvaluationShape,
  allocate: Allocate,
  rows = maxPassRows(network, elementType),
  hasRowWeights = false,
  augment: Augmentation | null = null,
  teamMemory = FORWARD_ONLY,
  products = network.products,
): EvaluationScratch {
  return {
    kernels: takeKernelScratch(products, backend, allocate),
    lossSums: allocate(Math.max(MAX_LEAVES, rows), FLOAT64),
    workspace: createWorkspace(network, loss, rows, allocate, teamMemory, hasRowWeights, augment),
  };
}

/** Takes the arrays of a training thread in the same way. */
export function takeThreadScratch(shape: ScratchShape, allocate: Allocate): ThreadScratch {
  const { network, optimizer, passRows, probes = false, hasRowWeights, maxNorm = null, augment } = shape;
  const H = optimizer.hyperLength;
  return {
    ...takeEvaluationScratch(
      shape,
      allocate,
      passRows,
      hasRowWeights,
      augment,
      NO_TEAM_MEMORY,
      stepProducts(network, optimizer),
    ),
    probe: allocate(probes ? probeLength(network) : 0, FLOAT64),
    stepAndRow: allocate(2, FLOAT64),
    increment: allocate(1, FLOAT64),
    hyper: allocate(H, FLOAT64),
    hypers: allocate(STEPS_AHEAD * H, FLOAT64),
    hyperRow: allocate(1, FLOAT64),
    matrices: takeMatrixScratch(network, optimizer, allocate),
    factors: allocate(maxNorm === null ? 0 : maxColumns(network), FLOAT64),
    divisors: allocate(4, FLOAT64),
    scale: allocate(1, FLOAT64),
    stepResult: allocate(2, FLOAT64),
    tapeThreads: allocate(1, FLOAT64),
    tapes: allocate(
      CALL_DOUBLES * Math.min(MAX_TAPE_KERNEL_CALLS, KERNEL_CALLS_PER_OPERATION * maxTapeOperations(shape)),
      FLOAT64,
    ),
  };
}

/**
 * Doubles for the workspaces of all passes of a team, if passes run in lockstep. Each leaf counts as a workspace of its
 * own, since that of a pass of several leaves takes no more.
 */
export function passMemoryLength(shape: ScratchShape): number {
  const { network, loss, elementType, batch, leafRows, couples, hasRowWeights, augment } = shape;
  if (!couples) return 0;
  const teamMemory = { leaves: leafCount(batch, leafRows), allocatePerLeaf: () => EMPTY };
  const leafDoubles = countDoubles(
    (allocate) =>
      createWorkspace(network, loss, Math.min(batch, leafRows), allocate, teamMemory, hasRowWeights, augment),
    elementType,
  );
  return maxRankLeaves(shape) * leafDoubles;
}

/** Doubles of the memory that layers share between threads. */
export function sharedLength({ network, loss, elementType, batch, leafRows, couples }: ScratchShape): number {
  if (!couples) return 0;
  const leaves = leafCount(batch, leafRows);
  return countDoubles((allocate) => {
    createWorkspace(network, loss, 1, () => EMPTY, { leaves, allocatePerLeaf: (width) => allocate(leaves * width) });
  }, elementType);
}

const EMPTY = new Float64Array(0);

/** Maximum passes with tapes of their own (by rows and gradient row), in networks with few and with many operations. */
const TAPED_PASSES = 8;
const TAPED_PASSES_OF_MANY = 2;
const MANY_OPERATIONS = 2000;

/** Maximum number of blocks whose updates have tapes: with more blocks, calls from JavaScript take almost no time. */
const TAPED_BLOCKS = 64;

/** Maximum number of operations in the update of a block, and in the rest of a step outside of passes and updates. */
const OPERATIONS_PER_BLOCK = 4;
const OPERATIONS_PER_STEP = 64;

/** Maximum number of kernel calls of an operation; most operations have one. */
const KERNEL_CALLS_PER_OPERATION = 3;
/** Maximum kernel calls on the tapes of a thread. Further calls are copied when they are made, in 10 ns each. */
const MAX_TAPE_KERNEL_CALLS = 4096;

/** Maximum number of operations on the tapes of a thread. */
function maxTapeOperations({ network, loss, hasRowWeights, maxNorm = null, augment }: ScratchShape): number {
  const operations = emptyPass(network, loss, NO_TEAM_MEMORY, hasRowWeights, augment).length;
  const passes = operations > MANY_OPERATIONS ? TAPED_PASSES_OF_MANY : TAPED_PASSES;
  const blocks = Math.min(TAPED_BLOCKS, blockCount(network.parameterCount));
  const columns = maxNorm === null ? 0 : countMatrices(network);
  const programs = 2; // for whole batches, and for an epoch's last
  return passes * operations + programs * (OPERATIONS_PER_BLOCK * blocks + columns + OPERATIONS_PER_STEP);
}

/** The operations of a training pass with empty arrays, which are counted and compared, never run. */
export function emptyPass(
  network: Network,
  loss: Loss,
  teamMemory = NO_TEAM_MEMORY,
  hasRowWeights = false,
  augment: Augmentation | null = null,
): readonly Call[] {
  const { calls, emit } = createList();
  const tensors = network.layers.map((layer) => layer.tensors.map(() => EMPTY));
  const workspace = createWorkspace(network, loss, 1, () => EMPTY, teamMemory, hasRowWeights, augment);
  const pass = {
    emit,
    training: true,
    seed: 0,
    leafRows: 1,
    accumulate: false,
    batch: NO_BATCH,
    stepAndRow: EMPTY,
    lengths: workspace.lengths,
  };
  const rows = 1;
  const gradients = network.layers.map((layer, k) => (hasTrainedTensor(layer) ? tensors[k] : null));
  emitNode(EMPTY, network, workspace, tensors, gradients, rows, pass);
  return calls;
}

/** Takes the scratch of a backend's kernels for products of these shapes. Plain code needs none. */
export const takeKernelScratch = (
  products: readonly ProductShape[],
  backend: BackendName,
  allocate: Allocate,
): KernelScratch =>
  takeScratch(
    products,
    backend === 'reference' ? (((_, type) => allocate(0, type as typeof FLOAT64)) as Allocate) : allocate,
  );
