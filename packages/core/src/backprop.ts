import { BLOCK } from './block.ts';
import type { Kernels } from './kernels/kernels.ts';
import { resolveOnce } from './kernels/resolve-once.ts';
import type { Allocate } from './kernels/scratch.ts';
import { createStarts, type Starts } from './kernels/starts.ts';
import {
  backwardStack,
  createStackMemory,
  forwardStack,
  type Inspect,
  type Pass,
  type StackMemory,
} from './layers/index.ts';
import type { Loss, LossKernel } from './losses/loss.ts';
import type { Network } from './network.ts';

export type { Inspect } from './layers/index.ts';

/** Memory for one thread to run up to `rows` rows through a network. */
export interface Workspace extends StackMemory {
  readonly rows: number;
  /** Inputs of the rows [rows, I]; the first layer may overwrite them. */
  readonly x: Float64Array;
  /** Targets of the rows [rows, O], or [rows] class indices. */
  readonly t: Float64Array;
  readonly targetColumns: number;
  /** Caches views of later rows. */
  readonly starts: Starts;
  /** The fast version of the loss if the backend has one, else the plain one; they are equal by definition. */
  lossKernel(kernels: Kernels): LossKernel;
}

/**
 * Calls `allocate` for every array, so that the memory may be in an arena or, with a function that only counts, none.
 */
export function createWorkspace(network: Network, loss: Loss, rows: number, allocate: Allocate): Workspace {
  const x = allocate(rows * network.input);
  const t = allocate(rows * targetColumns(network, loss));
  const lossKernel = resolveOnce(({ fast }) => (fast.losses as FastLosses)[loss.name] ?? loss.evaluate);
  const columns = { targetColumns: targetColumns(network, loss), starts: createStarts() };
  return { rows, x, t, lossKernel, ...columns, ...createStackMemory(network.layers, x, false, rows, allocate) };
}

type FastLosses = Partial<Record<string, LossKernel>>;

/** Numbers per target: one class index, or one value per output of the network. */
export const targetColumns = (network: Network, loss: Loss): number =>
  loss.targets === 'classes' ? 1 : network.output;

/** Runs the first B rows of `workspace.x` forward; returns the array of outputs [B, O]. */
export function forward(
  network: Network,
  workspace: Workspace,
  parameters: readonly (readonly Float64Array[])[],
  B: number,
  pass: Pass,
  inspect?: Inspect,
): Float64Array {
  return forwardStack(network.layers, workspace, workspace.x, parameters, B, pass, inspect);
}

/**
 * Forward, loss and backward for the first B rows of `workspace`. Overwrites `gradients` with the gradient of the
 * loss **summed** over the rows (zeros where B = 0), and `lossSum` with that sum.
 */
export function shardGradient(
  lossSum: Float64Array, // [1] out
  network: Network,
  workspace: Workspace,
  parameters: readonly (readonly Float64Array[])[],
  gradients: readonly (readonly Float64Array[])[],
  B: number,
  pass: Pass,
  inspect?: Inspect,
): void {
  const y = forward(network, workspace, parameters, B, pass, inspect);
  const dy = workspace.gradients[0];
  workspace.lossKernel(pass.kernels)(lossSum, dy, y, workspace.t, B, network.output);
  backwardStack(network.layers, workspace, false, workspace.x, parameters, gradients, B, pass, inspect);
}

/**
 * Whether `pairGradient` can, and should, take shards of up to `rows` rows two at a time: the result of a row must not
 * depend on other rows, every layer with gradients must support it, and a network of one block gains more from a tape.
 */
export const canTakeTwo = ({ layers, parameterCount }: Network, kernels: Kernels, rows: number): boolean =>
  parameterCount > BLOCK &&
  kernels.affineBackwardWeightsOfTwo !== undefined &&
  rows <= (kernels.maxPairRows ?? 0) &&
  layers.every(({ tensors, takesTwo }) => tensors.length === 0 || takesTwo);

/**
 * `shardGradient` for two shards at once, of `first` rows and of the B - first rows after them, both with rows.
 * `gradients` are the sum of both, as `averageShards` adds neighbours: the weights are read once, and the second
 * gradient is never written.
 */
export function pairGradient(
  lossSums: readonly Float64Array[], // [2][1] out
  network: Network,
  workspace: Workspace,
  parameters: readonly (readonly Float64Array[])[],
  gradients: readonly (readonly Float64Array[])[],
  B: number,
  first: number,
  pass: Pass,
  inspect?: Inspect,
): void {
  const { t, starts } = workspace;
  const O = network.output;
  const y = forward(network, workspace, parameters, B, pass, inspect);
  const dy = workspace.gradients[0];
  const lossKernel = workspace.lossKernel(pass.kernels);
  lossKernel(lossSums[0], dy, y, t, first, O);
  const dy2 = starts(dy, first * O, 2)[1];
  const y2 = starts(y, first * O, 2)[1];
  const t2 = starts(t, first * workspace.targetColumns, 2)[1];
  lossKernel(lossSums[1], dy2, y2, t2, B - first, O);
  try {
    pass.firstOfTwo = first;
    backwardStack(network.layers, workspace, false, workspace.x, parameters, gradients, B, pass, inspect);
  } finally {
    pass.firstOfTwo = 0;
  }
}

/**
 * Most calls that `recordShardGradient` writes: forward, backward for weights and inputs of each layer, and the loss.
 */
export const recordedCalls = (network: Network): number => 3 * network.layers.length + 1;

/**
 * `shardGradient` for B rows of these arrays as a single call with the same bits; null if the backend cannot record, or
 * a layer or the loss does more than call kernels. Overwrites `tape`.
 */
export function recordShardGradient(
  tape: Float64Array, // [tapeLength(recordedCalls)]
  lossSum: Float64Array,
  network: Network,
  loss: Loss,
  workspace: Workspace,
  parameters: readonly (readonly Float64Array[])[],
  gradients: readonly (readonly Float64Array[])[],
  B: number,
  pass: Pass,
): (() => void) | null {
  const { kernels } = pass;
  if (kernels.record === undefined || !isRecordable(network, loss, workspace, kernels)) return null;
  return kernels.record(tape, (recorder) => {
    shardGradient(lossSum, network, workspace, parameters, gradients, B, { ...pass, kernels: recorder });
  });
}

/** Whether the layers and the loss only call kernels. */
export const isRecordable = ({ layers }: Network, loss: Loss, workspace: Workspace, kernels: Kernels): boolean =>
  layers.every((layer) => layer.recordable?.(kernels)) && workspace.lossKernel(kernels) !== loss.evaluate;
