import type { Kernels } from './kernels/kernels.ts';
import { resolveOnce } from './kernels/resolve-once.ts';
import type { Allocate } from './kernels/scratch.ts';
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
  /** The loss's fast version where the backend has one, else the plain one: equal by definition. */
  lossKernel(kernels: Kernels): LossKernel;
}

/**
 * Calls `allocate` for every array, so that the memory may be in an arena or, with a function that only counts, none.
 */
export function createWorkspace(network: Network, loss: Loss, rows: number, allocate: Allocate): Workspace {
  const x = allocate(rows * network.input);
  const t = allocate(rows * targetColumns(network, loss));
  const lossKernel = resolveOnce(({ fast }) => (fast.losses as FastLosses)[loss.name] ?? loss.evaluate);
  const columns = { targetColumns: targetColumns(network, loss) };
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
 * Forward, loss and backward for the first B rows of `workspace`, in leaves of `pass.leaf`. Overwrites `gradients` with
 * the gradient of the loss **summed** over the rows, or adds to them where `pass.joins`; and `lossSums` with the sum of
 * each leaf.
 */
export function nodeGradient(
  lossSums: Float64Array, // [leaves] out
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
  workspace.lossKernel(pass.kernels)(lossSums, dy, y, workspace.t, B, pass.leaf, network.output);
  backwardStack(network.layers, workspace, false, workspace.x, parameters, gradients, B, pass, inspect);
}

/** Calls that `recordNodeGradient` writes at most: forward, backward by weights and input, a layer; and the loss. */
export const recordedCalls = (network: Network): number => 3 * network.layers.length + 1;

/**
 * `nodeGradient` for B rows of these arrays as one call, which does the same to the bit; null where the backend
 * records nothing, or a layer or the loss does more than call kernels. Overwrites `tape`.
 */
export function recordNodeGradient(
  tape: Float64Array, // [tapeLength(recordedCalls)]
  lossSums: Float64Array,
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
    nodeGradient(lossSums, network, workspace, parameters, gradients, B, { ...pass, kernels: recorder });
  });
}

/** Whether the layers and the loss only call kernels. */
export const isRecordable = ({ layers }: Network, loss: Loss, workspace: Workspace, kernels: Kernels): boolean =>
  layers.every((layer) => layer.recordable?.(kernels)) && workspace.lossKernel(kernels) !== loss.evaluate;
