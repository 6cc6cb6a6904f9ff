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

/** The memory that one thread needs to run up to `rows` rows through a network. */
export interface Workspace extends StackMemory {
  readonly rows: number;
  /** The rows' inputs [rows, I]; the first layer may overwrite them. */
  readonly x: Float64Array;
  /** Their targets [rows, O], or [rows] class indices. */
  readonly t: Float64Array;
  readonly targetColumns: number;
  /** Keeps the views of rows that lie further on. */
  readonly starts: Starts;
  /** The loss's fast version where the backend has one, else the plain one: equal by definition. */
  lossKernel(kernels: Kernels): LossKernel;
}

/**
 * Takes `allocate` for every array, so that the memory may be an arena's or, with a function that only counts, none.
 */
export function createWorkspace(network: Network, loss: Loss, rows: number, allocate: Allocate): Workspace {
  const x = allocate(rows * network.input);
  const t = allocate(rows * targetColumns(network, loss));
  const lossKernel = resolveOnce(({ fast }) => (fast.losses as FastLosses)[loss.name] ?? loss.evaluate);
  const columns = { targetColumns: targetColumns(network, loss), starts: createStarts() };
  return { rows, x, t, lossKernel, ...columns, ...createStackMemory(network.layers, x, false, rows, allocate) };
}

type FastLosses = Partial<Record<string, LossKernel>>;

/** Numbers of a row's target: one class index, or as many values as the network has outputs. */
export const targetColumns = (network: Network, loss: Loss): number =>
  loss.targets === 'classes' ? 1 : network.output;

/** Runs the first B rows of `workspace.x` forward; returns the array of the outputs [B, O]. */
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
 * Whether `pairGradient` can, and should, take shards of up to `rows` rows two at a time: a row's result must not
 * depend on the rows beside it, every layer with gradients must keep those of two shards apart, and a network of one
 * block gains more from a tape.
 */
export const canTakeTwo = ({ layers, parameterCount }: Network, kernels: Kernels, rows: number): boolean =>
  parameterCount > BLOCK &&
  kernels.affineBackwardWeightsOfTwo !== undefined &&
  rows <= (kernels.maxPairRows ?? 0) &&
  layers.every(({ tensors, takesTwo }) => tensors.length === 0 || takesTwo);

/**
 * `shardGradient` for two shards at once, of `first` rows and of the B - first behind them, neither without rows.
 * `gradients` are those of both, added as `averageShards` adds neighbours: the weights are read once, and the second
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

/** Calls that `recordShardGradient` writes at most: forward, backward by weights and input, a layer; and the loss. */
export const recordedCalls = (network: Network): number => 3 * network.layers.length + 1;

/**
 * `shardGradient` for B rows of these arrays as one call, which does the same to the bit; null where the backend
 * records nothing, or a layer or the loss does more than call kernels. Overwrites `tape`.
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

/** Whether neither a layer nor the loss does more than call kernels. */
export const isRecordable = ({ layers }: Network, loss: Loss, workspace: Workspace, kernels: Kernels): boolean =>
  layers.every((layer) => layer.recordable?.(kernels)) && workspace.lossKernel(kernels) !== loss.evaluate;
