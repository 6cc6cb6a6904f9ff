import { checkFloat32 } from '../checks/options/index.ts';
import { refuseLossBeyondFloats } from '../families/losses/index.ts';
import type { Loss } from '../families/losses/loss.ts';
import type { Optimizer } from '../families/optimizers/optimizer.ts';
import { refuseOptimizerBeyondFloats } from '../families/optimizers/refuse-beyond-floats.ts';
import { type Elements, type ElementsOf, type ElementType, FLOAT64, typeOf } from '../math/element-type.ts';
import { type Allocate, allocateEach, viewOf } from '../math/scratch.ts';
import { leafCount, ONE_ROW, treeLevels } from '../math/tree/index.ts';
import type { Augmentation } from '../network/augmentation.ts';
import { createWorkspace, emitNode, targetColumns, targetPositions, weighPositions } from '../network/backprop.ts';
import { blockCount, stateLength } from '../network/gradient-ranges.ts';
import { headTasks } from '../network/heads.ts';
import { checkGroups } from '../network/layer-patterns.ts';
import { writeLengths } from '../network/lengths.ts';
import {
  bindGradients,
  bindTensors,
  couplesRows,
  gradientLength,
  initializeParameters,
  type Network,
} from '../network/network.ts';
import { leafRowsOf } from '../network/pass-rows.ts';
import { refuseBeyondFloats } from '../network/refuse-beyond-floats.ts';
import type { Kernels } from '../program/kernels.ts';
import { link, type Program } from '../program/link.ts';
import { createList, segmentsOf } from '../program/op.ts';
import { batchLoss, clipScale, gradientNorm } from '../program/reference/step.ts';
import { emitMaxNorm, maxColumns } from './max-norm.ts';
import { emitMatrixUpdates, takeMatrixScratch } from './orthogonalize.ts';
import { createBlockUpdate, gradientOf, gradientStride } from './update.ts';

/** Options of `createTrainStep`. */
export interface TrainStepOptions<T extends ElementType = ElementType> {
  /** Network from `buildNetwork`. */
  network: Network;
  /** Loss from `createLoss`. */
  loss: Loss;
  /** Optimizer from `createOptimizer`. */
  optimizer: Optimizer;
  /** The kernels, such as `referenceKernels`. */
  kernels: Kernels;
  /** Rows of a step, at most. */
  batch: number;
  /** Seed of the starting weights, of dropout and of augmentation. */
  seed: number;
  /** Clips the norm of the mean gradient to this value. @default no limit */
  clipNorm?: number;
  /** Limits the norm of each unit's incoming weights to this value. @default no limit */
  maxNorm?: number;
  /** Whether rows have weights: see `step`. @default false */
  hasRowWeights?: boolean;
  /** How the rows, which are images, are changed at random. @default not at all */
  augment?: Augmentation;
  /** Type of weights, activations and gradients. @default 'float64' */
  elementType?: T;
  /** Allocates arrays of a given length and of that type. @default each array by itself */
  allocate?: Allocate;
}

/** Results of one step. */
export interface StepFigures {
  /** Mean loss of the rows, or of the positions that count, before the update. */
  loss: number;
  /** Norm of the mean gradient, before clipping. */
  norm: number;
}

/** A network being trained, in one thread. */
export interface TrainStep<T extends ElementType = ElementType> {
  /** The weights [P], updated in place by each step. */
  readonly parameters: ElementsOf<T>;
  /** The model [P]: the weights, or their moving average if the optimizer has one. */
  readonly model: ElementsOf<T>;
  /** State vectors of the optimizer: of each slot, [P] without frozen layers, which have none; an average has [P]. */
  readonly state: readonly ElementsOf<T>[];
  /**
   * Runs a step on B rows at learning rate `lr` (default: the optimizer's). Overwrites parameters and state. Returns
   * the mean loss before the update and the norm of the mean gradient before clipping. With row weights, both means are
   * weighted sums over the rows, divided by B. If positions have targets, B is the number of those that count.
   */
  step(
    x: Elements, // [B, I]
    t: Elements, // [B, O], or [B] class indices, or [B, R] with -1 where a position does not count
    B: number,
    lr?: number,
    w?: Float64Array, // [B] weights of the rows, if `hasRowWeights`, or [B, heads] for each of several outputs
    lengths?: Float64Array, // [B, parts] real positions of the rows, default all
  ): StepFigures;
}

/** The rows of a step. */
interface Batch {
  readonly x: Elements; // [B, I]
  readonly t: Elements; // [B, O], or [B]
  readonly w: Float64Array; // [B], or [B, heads], if rows have weights
  readonly lengths: Float64Array | undefined; // [B, parts]; undefined: all positions are real
  readonly B: number;
}

/** @throws OptionError for a number that rounding to `type` makes invalid. */
function refuseLostNumbers(options: TrainStepOptions, type: ElementType): void {
  const { network, loss, optimizer, clipNorm, maxNorm } = options;
  const where = 'createTrainStep';
  refuseBeyondFloats(where, network, loss, type);
  refuseLossBeyondFloats(where, loss, type);
  refuseOptimizerBeyondFloats(where, optimizer, optimizer.lr, type);
  if (type === 'float64') return;
  if (clipNorm !== undefined) checkFloat32(where, 'clipNorm', clipNorm);
  if (maxNorm !== undefined) checkFloat32(where, 'maxNorm', maxNorm);
}

/**
 * Runs whole steps in one thread, leaf by leaf and block by block, with the tree of each batch by plain recursion. The
 * oracle of the threaded runtime.
 * @throws OptionError if rounding to float32 makes a number invalid, or if float32 cannot represent all indices.
 */
export function createTrainStep<T extends ElementType = typeof FLOAT64>(options: TrainStepOptions<T>): TrainStep<T> {
  const { network, loss, optimizer, kernels, batch, seed, clipNorm, maxNorm } = options;
  const { hasRowWeights = false, augment = null } = options;
  const allocate = options.allocate ?? allocateEach(options.elementType ?? FLOAT64);
  checkGroups('createTrainStep', optimizer, network);
  const P = network.parameterCount;
  const G = gradientLength(network);
  const leafRows = leafRowsOf(network, batch);
  const maxLeaves = leafCount(batch, leafRows);
  const parameters = allocate(P);
  refuseLostNumbers(options, typeOf(parameters));
  initializeParameters(network, parameters, seed);
  // If rows depend on each other, all leaves run together from barrier to barrier; else one after the other.
  const couples = couplesRows(network);
  const gradientRowCount = couples ? maxLeaves : treeLevels(maxLeaves);
  const gSum = allocate(gradientRowCount * gradientStride(typeOf(parameters), G));
  const averageSlot = optimizer.smoothingAt === undefined ? -1 : optimizer.slots.length - 1;
  const S = stateLength(network.gradientRanges);
  const state = optimizer.slots.map((_, slot) => allocate(slot === averageSlot ? P : S));
  // The moving average starts as a copy: that of frozen tensors stays one.
  if (averageSlot >= 0) state[averageSlot].set(parameters);
  const squares = allocate(blockCount(P), FLOAT64);
  const lossSums = allocate(maxLeaves, FLOAT64);
  const leafArrays: Elements[] = [];
  const threadArrays: Elements[] = []; // written by the first leaf and read by the others
  const workspaces = Array.from({ length: couples ? maxLeaves : 1 }, () => {
    let leafArrayCount = 0;
    const allocatePerLeaf = (width: number): Elements => (leafArrays[leafArrayCount++] ??= allocate(maxLeaves * width));
    let threadArrayCount = 0;
    const allocatePerThread = (length: number): Elements => (threadArrays[threadArrayCount++] ??= allocate(length));
    const teamMemory = { leaves: maxLeaves, allocatePerLeaf, allocatePerThread };
    return createWorkspace(network, loss, Math.min(batch, leafRows), allocate, teamMemory, hasRowWeights, augment);
  });
  const scalars = Float64Array.from(optimizer.initialScalars);
  const hyper = allocate(optimizer.hyperLength, FLOAT64);
  const learningRate = new Float64Array(1);
  const scale = allocate(1, FLOAT64).fill(1);
  const inverseCount = allocate(1, FLOAT64);
  const memory = { theta: parameters, gSum, state, squares };
  const defersAverage = maxNorm !== undefined || optimizer.matrices !== undefined;
  const update = createBlockUpdate(optimizer, network, memory, hyper, 0, blockCount(P), { defersAverage });
  const theta = bindTensors(network, parameters);
  const gradientRows = Array.from({ length: gradientRowCount }, (_, row) => gradientOf(gSum, G, row));
  const gradients = gradientRows.map((row) => bindGradients(network, row));
  const I = network.inputs;
  const T = targetColumns(network, loss);
  const R = targetPositions(network, loss);
  const W = headTasks(network, loss)?.length ?? 1;
  const stepAndRow = allocate(2, FLOAT64).fill(0); // step, first row
  const lossSum = allocate(1, FLOAT64);

  /** Forward and backward pass of leaf k of B rows, its gradient in row `row`: a program for each segment. */
  function leafPrograms(k: number, B: number, row: number): Program[] {
    const { calls, emit } = createList();
    const batchSlice = { rows: B, leaves: leafCount(B, leafRows), firstLeaf: k, isLaterPass: k > 0 };
    const workspace = workspaces[couples ? k : 0];
    const settings = { training: true, seed, leafRows, accumulate: false, batch: batchSlice };
    const pass = { ...settings, emit, stepAndRow, lengths: workspace.lengths };
    const rowCount = Math.min(B, (k + 1) * leafRows) - k * leafRows;
    const loss = couples ? viewOf(lossSums, k, 1) : lossSum;
    emitNode(loss, network, workspace, theta, gradients[row], rowCount, pass);
    return segmentsOf(calls).map((segment) => link(segment, kernels));
  }

  const programsByLeaf = new Map<string, Program[]>();
  /** `leafPrograms`, cached for later steps. Whole leaves share one program per row. */
  function cachedPrograms(k: number, B: number, row: number): Program[] {
    const rowCount = Math.min(B, (k + 1) * leafRows) - k * leafRows;
    const key = couples ? `${k} ${B}` : `${rowCount} ${row}`;
    const programs = programsByLeaf.get(key) ?? leafPrograms(k, B, row);
    programsByLeaf.set(key, programs);
    return programs;
  }

  /** Copies the rows of leaf k into its workspace. */
  function gather(k: number, { x, t, w, lengths, B }: Batch): void {
    const [from, to] = [k * leafRows, Math.min(B, (k + 1) * leafRows)];
    const workspace = workspaces[couples ? k : 0];
    workspace.x.set(viewOf(x, from * I, (to - from) * I));
    workspace.t.set(viewOf(t, from * T, (to - from) * T));
    if (hasRowWeights) workspace.rowWeights?.w.set(viewOf(w, from * W, (to - from) * W));
    weighPositions(workspace, to - from, R, hasRowWeights);
    writeLengths(workspace.lengths, network, lengths, from, to - from);
  }

  function runLeaf(k: number, program: Program): void {
    stepAndRow[1] = k * leafRows;
    program.run();
    if (!couples) lossSums[k] = lossSum[0];
  }

  /** Computes the gradients of all leaves; that of leaf k goes to row k. */
  function runTogether(leaves: number, batch: Batch): void {
    const programs = Array.from({ length: leaves }, (_, k) => cachedPrograms(k, batch.B, k));
    for (let k = 0; k < leaves; k++) gather(k, batch);
    for (let s = 0; s < programs[0].length; s++) for (let k = 0; k < leaves; k++) runLeaf(k, programs[k][s]);
  }

  /** Computes the gradient of `count` leaves from leaf `first` in row `row`. Overwrites rows after it. */
  function sumLeaves(first: number, count: number, row: number, batch: Batch): void {
    if (count > 1) {
      let half = 1;
      while (2 * half < count) half *= 2;
      const right = row + (couples ? half : 1);
      sumLeaves(first, half, row, batch);
      sumLeaves(first + half, count - half, right, batch);
      for (let p = 0; p < G; p++) gradientRows[row][p] += gradientRows[right][p];
    } else if (!couples) {
      gather(first, batch);
      runLeaf(first, cachedPrograms(first, batch.B, row)[0]);
    }
  }

  const updateList = createList();
  update.apply(updateList.emit, scale);
  emitMatrixUpdates(
    updateList.emit,
    optimizer,
    network,
    memory,
    hyper,
    takeMatrixScratch(network, optimizer, allocate),
  );
  if (maxNorm !== undefined) {
    emitMaxNorm(updateList.emit, network, parameters, allocate(maxColumns(network), FLOAT64), maxNorm);
  }
  if (defersAverage) update.updateEma(updateList.emit);
  const updateProgram = link(updateList.calls, kernels);

  const meanList = createList();
  update.average(meanList.emit, inverseCount, ONE_ROW);
  const meanProgram = link(meanList.calls, kernels);

  /** The rows that a mean is over: those of the batch, or the positions of its targets that count. */
  function rowsOfMean(t: Elements, B: number): number {
    if (R === 1) return B;
    let count = 0;
    for (let p = 0; p < B * R; p++) if (t[p] >= 0) count++;
    return Math.max(1, count);
  }

  const asTyped = (array: Elements) => array as ElementsOf<T>; // `allocate` gives arrays of this type
  return {
    parameters: asTyped(parameters),
    model: asTyped(optimizer.smoothingAt === undefined ? parameters : state[state.length - 1]),
    state: state.map(asTyped),
    step(x, t, B, lr = optimizer.lr, w = new Float64Array(hasRowWeights ? B * W : 0).fill(1), lengths) {
      const leaves = leafCount(B, leafRows);
      const stepBatch = { x, t, w, lengths, B };
      if (couples) runTogether(leaves, stepBatch);
      sumLeaves(0, leaves, 0, stepBatch);
      const count = rowsOfMean(t, B);
      inverseCount[0] = 1 / count;
      meanProgram.run();
      const norm = gradientNorm(squares);
      if (clipNorm !== undefined) scale[0] = clipScale(norm, clipNorm);
      learningRate[0] = lr;
      optimizer.hyper(hyper, learningRate, scalars);
      updateProgram.run();
      optimizer.advance(scalars);
      stepAndRow[0]++;
      return { loss: batchLoss(lossSums, leaves, count), norm };
    },
  };
}
