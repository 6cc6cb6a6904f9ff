import { createWorkspace, shardGradient, targetColumns } from './backprop.ts';
import { blockCount } from './block.ts';
import type { Kernels } from './kernels/kernels.ts';
import { type Allocate, viewOf } from './kernels/scratch.ts';
import type { Pass } from './layers/index.ts';
import type { Loss } from './losses/loss.ts';
import { bindTensors, initializeParameters, type Network } from './network.ts';
import type { Optimizer } from './optimizers/optimizer.ts';
import { largestShard, shardStart } from './shards.ts';
import { batchLoss, clipScale, createBlockUpdate, gradientNorm, gradientOf, gradientStride } from './update.ts';

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
  /** S: number of shards per batch, whose gradients are summed in a fixed tree. It changes the bits. */
  shards: number;
  /** Seed of the starting weights and of dropout. */
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

/** Whole steps in one thread, shard after shard and block after block: the reference for the threaded runtime. */
export function createTrainStep(options: TrainStepOptions): TrainStep {
  const { network, loss, optimizer, kernels, batch, shards: S, seed, clipNorm } = options;
  const allocate = options.allocate ?? ((length) => new Float64Array(length));
  const P = network.parameterCount;
  const parameters = allocate(P);
  initializeParameters(network, parameters, seed);
  const gSum = allocate(S * gradientStride(P));
  const state = optimizer.slots.map(() => allocate(P));
  const squares = allocate(blockCount(P));
  const workspace = createWorkspace(network, loss, largestShard(batch, S), allocate);
  const lossSums = allocate(S);
  const lossSlots = Array.from({ length: S }, (_, s) => viewOf(lossSums, s, 1));
  const scalars = Float64Array.from(optimizer.initialScalars);
  const hyper = allocate(optimizer.hyperLength);
  const rate = new Float64Array(1);
  const scale = allocate(1).fill(1);
  const memory = { theta: parameters, gSum, state, squares };
  const update = createBlockUpdate(kernels, optimizer, network, memory, hyper, scale);
  const theta = bindTensors(network, parameters);
  const gradients = Array.from({ length: S }, (_, s) => bindTensors(network, gradientOf(gSum, P, s)));
  const I = network.input;
  const T = targetColumns(network, loss);
  const pass: Pass = { kernels, training: true, seed, step: 0, firstRow: 0 };

  return {
    parameters,
    state,
    step(x, t, B, lr = optimizer.lr) {
      for (let s = 0; s < S; s++) {
        const from = shardStart(s, S, B);
        const to = shardStart(s + 1, S, B);
        workspace.x.set(viewOf(x, from * I, (to - from) * I));
        workspace.t.set(viewOf(t, from * T, (to - from) * T));
        pass.firstRow = from;
        shardGradient(lossSlots[s], network, workspace, theta, gradients[s], to - from, pass);
      }
      for (let block = 0; block < squares.length; block++) update.average(block, B);
      const norm = gradientNorm(squares);
      if (clipNorm !== undefined) scale[0] = clipScale(norm, clipNorm);
      rate[0] = lr;
      optimizer.hyper(hyper, rate, scalars);
      for (let block = 0; block < squares.length; block++) update.apply(block);
      optimizer.advance(scalars);
      pass.step++;
      return { loss: batchLoss(lossSums, B), norm };
    },
  };
}
