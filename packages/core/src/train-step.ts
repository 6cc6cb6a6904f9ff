import { createWorkspace, emitNode, targetColumns } from './backprop.ts';
import { blockCount } from './block.ts';
import type { Kernels } from './kernels/kernels.ts';
import { type Allocate, viewOf } from './kernels/scratch.ts';
import type { Loss } from './losses/loss.ts';
import { bindTensors, initializeParameters, type Network } from './network.ts';
import type { Optimizer } from './optimizers/optimizer.ts';
import { link, type Program } from './program/link.ts';
import { createList } from './program/op.ts';
import { batchLoss, clipScale, gradientNorm } from './program/step-ops.ts';
import { leafCount, leafRows, ONE_ROW, treeLevels } from './tree/index.ts';
import { createBlockUpdate, gradientOf, gradientStride } from './update.ts';

/** Options of `createTrainStep`. */
export interface TrainStepOptions {
  /** From `buildNetwork`. */
  network: Network;
  /** From `createLoss`. */
  loss: Loss;
  /** From `createOptimizer`. */
  optimizer: Optimizer;
  /** The kernels, such as `referenceKernels`. */
  kernels: Kernels;
  /** Most rows per step. */
  batch: number;
  /** Of the starting weights and of dropout. */
  seed: number;
  /** Clips the norm of the mean gradient to this value. @default no limit */
  clipNorm?: number;
  /** Allocates arrays of a given length. @default new Float64Array(length) */
  allocate?: Allocate;
}

/** Results of one step. */
export interface StepFigures {
  /** Mean loss of the rows, before the update. */
  loss: number;
  /** Norm of the mean gradient, before clipping. */
  norm: number;
}

/** A network being trained, in one thread. */
export interface TrainStep {
  /** The weights [P], updated in place by each step. */
  readonly parameters: Float64Array;
  /** State vectors of the optimizer [slots][P]. */
  readonly state: readonly Float64Array[];
  /**
   * One whole step on B rows at learning rate `lr` (default: the optimizer's). Overwrites parameters and state.
   * Returns the mean loss before the update and the norm of the mean gradient before clipping.
   */
  step(
    x: Float64Array, // [B, I]
    t: Float64Array, // [B, O], or [B] class indices
    B: number,
    lr?: number,
  ): StepFigures;
}

/**
 * Whole steps in one thread, leaf after leaf and block after block: the tree of each batch by plain recursion. The
 * oracle of the threaded runtime.
 */
export function createTrainStep(options: TrainStepOptions): TrainStep {
  const { network, loss, optimizer, kernels, batch, seed, clipNorm } = options;
  const allocate = options.allocate ?? ((length) => new Float64Array(length));
  const P = network.parameterCount;
  const leaf = leafRows(batch);
  const most = leafCount(batch, leaf);
  const parameters = allocate(P);
  initializeParameters(network, parameters, seed);
  const levels = treeLevels(most);
  const gSum = allocate(levels * gradientStride(P));
  const state = optimizer.slots.map(() => allocate(P));
  const squares = allocate(blockCount(P));
  const workspace = createWorkspace(network, loss, Math.min(batch, leaf), allocate);
  const lossSums = allocate(most);
  const scalars = Float64Array.from(optimizer.initialScalars);
  const hyper = allocate(optimizer.hyperLength);
  const rate = new Float64Array(1);
  const scale = allocate(1).fill(1);
  const memory = { theta: parameters, gSum, state, squares };
  const update = createBlockUpdate(optimizer, network, memory, hyper);
  const theta = bindTensors(network, parameters);
  const rows = Array.from({ length: levels }, (_, level) => gradientOf(gSum, P, level));
  const gradients = rows.map((row) => bindTensors(network, row));
  const I = network.input;
  const T = targetColumns(network, loss);
  const place = allocate(2).fill(0); // step, first row
  const lossSum = allocate(1);
  const leafPrograms = new Map<string, Program>();

  /** Forward and backward of a leaf of B rows. */
  function leafProgram(B: number, level: number): Program {
    const key = `${B} ${level}`;
    const known = leafPrograms.get(key);
    if (known !== undefined) return known;
    const { calls, emit } = createList();
    const pass = { emit, training: true, seed, leaf, joins: false, place };
    emitNode(lossSum, network, workspace, theta, gradients[level], B, pass);
    const program = link(calls, kernels);
    leafPrograms.set(key, program);
    return program;
  }

  const apply = createList();
  update.apply(apply.emit, scale);
  const applied = link(apply.calls, kernels);

  function average(B: number): void {
    const { calls, emit } = createList();
    update.average(emit, B, ONE_ROW);
    link(calls, kernels).run();
  }

  /** Overwrites row `level`, and those behind it, with the gradient of `count` leaves from leaf `first`. */
  function addTreeOf(first: number, count: number, level: number, x: Float64Array, t: Float64Array, B: number): void {
    if (count > 1) {
      let half = 1;
      while (2 * half < count) half *= 2;
      addTreeOf(first, half, level, x, t, B);
      addTreeOf(first + half, count - half, level + 1, x, t, B);
      for (let p = 0; p < P; p++) rows[level][p] += rows[level + 1][p];
      return;
    }
    const from = first * leaf;
    const to = Math.min(B, from + leaf);
    workspace.x.set(viewOf(x, from * I, (to - from) * I));
    workspace.t.set(viewOf(t, from * T, (to - from) * T));
    place[1] = from;
    leafProgram(to - from, level).run();
    lossSums[first] = lossSum[0];
  }

  return {
    parameters,
    state,
    step(x, t, B, lr = optimizer.lr) {
      const leaves = leafCount(B, leaf);
      addTreeOf(0, leaves, 0, x, t, B);
      average(B);
      const norm = gradientNorm(squares);
      if (clipNorm !== undefined) scale[0] = clipScale(norm, clipNorm);
      rate[0] = lr;
      optimizer.hyper(hyper, rate, scalars);
      applied.run();
      optimizer.advance(scalars);
      place[0]++;
      return { loss: batchLoss(lossSums, leaves, B), norm };
    },
  };
}
