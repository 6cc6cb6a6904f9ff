import type { Loss } from '../families/losses/loss.ts';
import { type Elements, FLOAT64 } from '../math/element-type.ts';
import type { Allocate } from '../math/scratch.ts';
import type { StridedGeometry } from '../math/strided.ts';
import { leafCount } from '../math/tree/index.ts';
import type { Kernels } from '../program/kernels.ts';
import { runCalls } from '../program/link.ts';
import { createList } from '../program/op.ts';
import { emitLossOf, ops } from '../program/ops/index.ts';
import {
  type Augmentation,
  type AugmentationMemory,
  createAugmentationMemory,
  emitAugmentation,
} from './augmentation.ts';
import { type HeadTask, headTasks } from './heads.ts';
import type { Inspect, Pass, TeamMemory } from './layers/index.ts';
import { createLengths } from './lengths.ts';
import type { Network } from './network.ts';
import { createPassMemory, type PassMemory } from './pass-memory.ts';
import { emitBackward, emitForward, type Gradients, type Tensors } from './passes.ts';
import { positionsOf } from './shape.ts';

export type { Inspect } from './layers/index.ts';
export { emitForward, type Gradients, type Tensors } from './passes.ts';

/** Memory of one thread to run up to `rows` rows through a network. */
export interface Workspace extends PassMemory {
  readonly rows: number;
  /** Inputs of the rows [rows, I]. The first layer may overwrite them. */
  readonly x: Elements;
  /** Targets of the rows [rows, O], or class indices [rows], or [rows, R] of each position. */
  readonly t: Elements;
  readonly targetColumns: number;
  /** Real positions of each part of rows [rows], as `createLengths` says. A new workspace has whole rows. */
  readonly lengths: readonly Float64Array[];
  /** The loss that reads the targets. */
  readonly loss: Loss;
  /** Weights of rows in training, and of positions that are targets; null if each row counts 1. */
  readonly rowWeights: RowWeights | null;
  /** The losses of several outputs; null if there is one. */
  readonly heads: readonly HeadMemory[] | null;
  /** The augmentation of the rows in training, which overwrites `x`; null if there is none. */
  readonly augmentation: AugmentationMemory | null;
}

/** Weights of rows, or of the R positions of each, if these are targets. */
export interface RowWeights {
  /**
   * Weight of each row [rows], or position [rows, R], where it is 0 if the position does not count; with several
   * outputs that of each row in the loss of each [rows, heads].
   */
  readonly w: Float64Array;
  /** Loss of each row or position, not yet multiplied by its weight. */
  readonly losses: Float64Array;
}

/** An output of several, and memory for its loss. */
export interface HeadMemory extends HeadTask {
  /** Its outputs, and then its gradient [rows, size]. */
  readonly y: Elements;
  /** Its targets [rows, targetColumns]. */
  readonly t: Elements;
  /** Weights of its rows, or of the R positions of each [rows, R]: those of the loss, of the row and 1 / positions. */
  readonly w: Float64Array;
  /** Loss of each row or position, not yet multiplied by its weight. */
  readonly losses: Float64Array;
  /** Loss of each leaf, or of each row. */
  readonly sums: Float64Array;
}

/** Creates a workspace. Every array comes from `allocate`: it may be part of an arena, or only be counted. */
export function createWorkspace(
  network: Network,
  loss: Loss,
  rows: number,
  allocate: Allocate,
  // by default owned by this workspace, with room for leaves of any size
  teamMemory: TeamMemory = { leaves: rows, allocatePerLeaf: (width) => allocate(rows * width) },
  hasRowWeights = false,
  augmentation: Augmentation | null = null,
): Workspace {
  const x = allocate(rows * network.inputs);
  const columns = targetColumns(network, loss);
  const t = allocate(rows * columns);
  const lengths = createLengths(network, () => allocate(rows, FLOAT64));
  const R = targetPositions(network, loss);
  const tasks = headTasks(network, loss);
  const count = rows * (tasks?.length ?? R);
  const rowWeights =
    hasRowWeights || R > 1 ? { w: allocate(count, FLOAT64).fill(1), losses: allocate(rows * R, FLOAT64) } : null;
  return {
    rows,
    x,
    t,
    targetColumns: columns,
    lengths,
    loss,
    rowWeights,
    heads: tasks?.map((task) => createHeadMemory(task, rows, allocate)) ?? null,
    augmentation: augmentation === null ? null : createAugmentationMemory(augmentation, network.input, rows, allocate),
    ...createPassMemory(network, x, rows, allocate, teamMemory),
  };
}

function createHeadMemory(task: HeadTask, rows: number, allocate: Allocate): HeadMemory {
  const { positions: R } = task;
  return {
    ...task,
    y: allocate(rows * task.size),
    t: allocate(rows * task.targetColumns),
    w: allocate(rows * R, FLOAT64).fill(task.weight / R),
    losses: allocate(rows * R, FLOAT64),
    sums: allocate(rows, FLOAT64),
  };
}

/** R: positions of a row that have a class each as target; 1 if the row has one class, or values. */
export const targetPositions = ({ output }: Network, loss: Loss): number =>
  loss.targets === 'classes' ? positionsOf(output) : 1;

/** Numbers per row of the targets: one class index, or one for each position, or one value per output. */
export function targetColumns(network: Network, loss: Loss): number {
  if (loss.targets === 'classes') return targetPositions(network, loss);
  if (loss.targets === 'none') return 0;
  const heads = headTasks(network, loss);
  return heads === null ? network.outputs : heads.reduce((sum, { targetColumns }) => sum + targetColumns, 0);
}

/**
 * Spreads the weights of B rows over the R positions of each, and gives weight 0 and class 0 to positions whose target
 * is below 0. `hasRowWeights` says whether rows have weights; else each counts 1. Overwrites the targets and weights.
 */
export function weighPositions(workspace: Workspace, B: number, R: number, hasRowWeights: boolean): void {
  const { t, rowWeights } = workspace;
  if (workspace.heads !== null) weighHeads(workspace, workspace.heads, B, hasRowWeights);
  if (rowWeights === null || R === 1) return;
  const { w } = rowWeights;
  // From the last row, so that each weight is read before it is overwritten.
  for (let n = B - 1; n >= 0; n--) {
    const weight = hasRowWeights ? w[n] : 1;
    for (let p = n * R + R - 1; p >= n * R; p--) {
      const counts = t[p] >= 0;
      w[p] = counts ? weight : 0;
      if (!counts) t[p] = 0;
    }
  }
}

/** Weighs B rows of each output: its loss is a mean over the positions of a row that count. */
function weighHeads(
  { t, targetColumns, rowWeights }: Workspace,
  heads: readonly HeadMemory[],
  B: number,
  hasRowWeights: boolean,
): void {
  for (let k = 0; k < heads.length; k++) {
    const { w, weight, positions: R, targetStart, loss } = heads[k];
    for (let n = 0; n < B; n++) {
      const rowWeight = hasRowWeights && rowWeights !== null ? weight * rowWeights.w[n * heads.length + k] : weight;
      const [first, start] = [n * R, n * targetColumns + targetStart];
      if (loss.targets !== 'classes') {
        w[first] = rowWeight;
        continue;
      }
      let count = 0;
      for (let p = 0; p < R; p++) if (t[start + p] >= 0) count++;
      for (let p = 0; p < R; p++) {
        const counts = t[start + p] >= 0;
        w[first + p] = counts ? rowWeight / count : 0;
        if (!counts) t[start + p] = 0;
      }
    }
  }
}

/**
 * Emits the loss of B rows, and its gradient by the outputs `y`, which goes to `workspace.outputGradient`. In training,
 * rows count by their weights. If positions are targets, the loss has B · R rows, and leaves R times as many.
 */
export function emitLoss(
  lossSums: Float64Array, // [leaves] out
  network: Network,
  workspace: Workspace,
  y: Elements, // [B, O]
  B: number,
  pass: Pass,
): void {
  const { emit, leafRows, training } = pass;
  const { loss, rowWeights, outputGradient: dy } = workspace;
  if (workspace.heads !== null) {
    emitHeadLosses(lossSums, network.outputs, workspace, workspace.heads, y, B, pass);
    return;
  }
  const t = loss.targets === 'none' ? y : workspace.t;
  const R = targetPositions(network, loss);
  const O = network.outputs / R;
  if (rowWeights === null || (!training && R === 1)) {
    emitLossOf(emit, loss, lossSums, dy, y, t, B, leafRows, O);
    return;
  }
  const { w, losses } = rowWeights;
  emitLossOf(emit, loss, losses, dy, y, t, B * R, 1, O); // leaves of one row give the loss of each row
  emit(ops.weighLosses, lossSums, dy, losses, w, B * R, leafRows * R, O);
}

/** Emits the losses of several outputs, each from its columns of `y` to its columns of dy; added from the first on. */
function emitHeadLosses(
  lossSums: Float64Array, // [leaves] out
  O: number,
  { outputGradient: dy, t, targetColumns }: Workspace,
  heads: readonly HeadMemory[],
  y: Elements, // [B, O], which may be dy
  B: number,
  { emit, leafRows }: Pass,
): void {
  /** Copies `size` columns of rows that have `rowColumns`, from column `start` on, to an array that has no others. */
  const columnsCopy = (rowColumns: number, start: number, size: number): StridedGeometry => {
    const axes = [
      { count: B, to: size, from: rowColumns },
      { count: size, to: 1, from: 1 },
    ];
    return { to: 0, from: start, axes };
  };
  const reverseCopy = ({ to, from, axes }: StridedGeometry): StridedGeometry => {
    return { to: from, from: to, axes: axes.map((axis) => ({ ...axis, to: axis.from, from: axis.to })) };
  };
  for (const [k, head] of heads.entries()) {
    const { size, positions: R, losses, w } = head;
    const outputsCopy = columnsCopy(O, head.start, size);
    emit(ops.stridedCopy, head.y, y, outputsCopy);
    if (head.targetColumns > 0) {
      emit(ops.stridedCopy, head.t, t, columnsCopy(targetColumns, head.targetStart, head.targetColumns));
    }
    const targets = head.targetColumns > 0 ? head.t : head.y;
    emitLossOf(emit, head.loss, losses, head.y, head.y, targets, B * R, 1, size / R); // leaves of one row, as above
    const sums = k === 0 ? lossSums : head.sums;
    emit(ops.weighLosses, sums, head.y, losses, w, B * R, leafRows * R, size / R);
    emit(ops.stridedCopy, dy, head.y, reverseCopy(outputsCopy));
    if (k > 0) emit(ops.addLosses, lossSums, sums, leafCount(B, leafRows));
  }
}

/**
 * Emits augmentation, forward pass, loss and backward pass of the first B rows of `workspace`, in leaves of
 * `pass.leafRows` rows. They overwrite `gradients` with the gradient of the loss **summed** over the rows, or add it if
 * `pass.accumulate`, and overwrite `lossSums` with the sum of each leaf.
 */
export function emitNode(
  lossSums: Float64Array, // [leaves] out
  network: Network,
  workspace: Workspace,
  parameters: Tensors,
  gradients: Gradients,
  B: number,
  pass: Pass,
  inspect?: Inspect,
): void {
  if (workspace.augmentation !== null) emitAugmentation(workspace.x, workspace.augmentation, B, pass);
  const y = emitForward(network, workspace, parameters, B, pass, inspect);
  emitLoss(lossSums, network, workspace, y, B, pass);
  emitBackward(network, workspace, parameters, gradients, B, pass, inspect);
}

/** Settings of a single pass that is run at once. */
export interface PassSettings extends Omit<Pass, 'emit' | 'stepAndRow' | 'batch' | 'lengths'> {
  readonly kernels: Kernels;
  /** Step of the run, counted from 0. */
  readonly step: number;
  /** Index of the first row in its batch. */
  readonly firstRow: number;
}

/** A list of calls, and the pass that emits them, for a batch of B rows of a workspace. */
function createPass({ kernels: _, step, firstRow, ...settings }: PassSettings, { lengths }: Workspace, B: number) {
  const { calls, emit } = createList();
  const batch = { rows: B, leaves: leafCount(B, settings.leafRows), firstLeaf: 0 };
  return { calls, pass: { ...settings, emit, batch, stepAndRow: Float64Array.of(step, firstRow), lengths } };
}

/** Runs the forward pass of the first B rows of `workspace.x`. Returns the array of outputs [B, O]. */
export function forward(
  network: Network,
  workspace: Workspace,
  parameters: Tensors,
  B: number,
  settings: PassSettings,
  inspect?: Inspect,
): Elements {
  const { calls, pass } = createPass(settings, workspace, B);
  const y = emitForward(network, workspace, parameters, B, pass, inspect);
  runCalls(calls, settings.kernels);
  return y;
}

/** Runs what `emitNode` emits once. */
export function nodeGradient(
  lossSums: Float64Array, // [leaves] out
  network: Network,
  workspace: Workspace,
  parameters: Tensors,
  gradients: Gradients,
  B: number,
  settings: PassSettings,
  inspect?: Inspect,
): void {
  const { calls, pass } = createPass(settings, workspace, B);
  emitNode(lossSums, network, workspace, parameters, gradients, B, pass, inspect);
  runCalls(calls, settings.kernels);
}
