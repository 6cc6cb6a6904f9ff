import type { Inspect } from '@gradloom/core';
import {
  blockCount,
  clipScale,
  gradientNorm,
  type NodePass,
  nodeGradient,
  noteBatchLoss,
  noteGradientNorm,
  recordNodeGradient,
  updateBlocks,
} from '@gradloom/core/internal';
import { RING } from './arena.ts';
import { NO_ROWS, type RunContext } from './context.ts';
import { gatherRows } from './datasets/gather.ts';
import { gatherTargets } from './datasets/targets.ts';
import { PART } from './measure/clock.ts';
import { type BatchPart, leavesOf, type TeamPart, teamPart } from './team-part.ts';
import { CONTROL } from './threads/barrier.ts';
import { DECISION, type RunSetup, type SpanTask } from './threads/protocol.ts';

/** One part of a step. All threads finish it before any begins the next. */
type Phase = (context: RunContext, task: SpanTask, step: number) => void;

/** The phases of a step; clipping needs the norm of the whole gradient before the first weight moves. */
export function stepPhases(clipNorm: number | null): readonly Phase[] {
  return clipNorm === null ? [gradientPhase, blocksPhase] : [gradientPhase, reducePhase, updatePhase];
}

/** Each thread takes its leaves, as many at a time as its workspace has rows for: gather, forward, loss, backward. */
function gradientPhase(context: RunContext, task: SpanTask, step: number): void {
  const { passes } = partOf(context, step);
  const plays = isWhole(context, step) ? context.part?.plays : undefined;
  for (let k = 0; k < passes.length; k++) {
    const pass = passes[k];
    const inspect = task.probe ? context.probes[pass.first] : context.clock?.inspect;
    runPass(context, step, pass, inspect, plays?.[k]);
  }
}

/** Whether the batch of `step` is no short one. */
const isWhole = ({ allWhole, setup }: RunContext, step: number): boolean =>
  allWhole || rowsOf(setup, step) === setup.batch;

/** What the thread does in `step`. */
function partOf(context: RunContext, step: number): BatchPart {
  const { part } = context;
  if (part === null) throw new Error('partOf: team has not been joined, expected joinTeam before a step');
  return isWhole(context, step) ? part.whole : part.last;
}

/**
 * Overwrites the summed losses of the leaves of a pass in `step`, and its row of the gradients or, where it joins, adds
 * to that. Rows that the workspace still holds stay there.
 */
export function runPass(
  context: RunContext,
  step: number,
  { first, count, row, joins, merges }: NodePass,
  inspect?: Inspect,
  play?: (() => void) | null,
): void {
  const { clock, setup, gradientRows, kernels, pass } = context;
  const place = (step % setup.context.stepsPerEpoch) * context.lossSlots.length + first;
  const rows = leafRowsOf(setup, step, first, count);
  if (place !== context.held) {
    gatherLeaves(context, step, first, count);
    context.held = context.keepsRows ? place : NO_ROWS;
  }
  clock?.lap(PART.gather);
  if (play != null && inspect === undefined) {
    play();
  } else {
    const { network, workspace, theta, gradients, lossSlots } = context;
    pass.training = true;
    pass.step = step;
    pass.firstRow = first * setup.leaf;
    pass.joins = joins;
    nodeGradient(lossSlots[first], network, workspace, theta, gradients[row], rows, pass, inspect);
  }
  // A network without parameters has no rows.
  for (let k = 0; k < merges.length && gradientRows.length > 0; k++) {
    const merge = merges[k];
    kernels.add(gradientRows[merge[0]], gradientRows[merge[1]], gradientRows[0].length);
  }
  clock?.lap(PART.backward);
}

/** Brings the rows of `count` leaves from leaf `first` in `step` and their targets into the workspace. */
export function gatherLeaves(context: RunContext, step: number, first: number, count: number): number {
  const { setup, loss, workspace, kernels } = context;
  const { dataset, orders, leaf } = setup;
  if (dataset === null) throw new Error('gatherLeaves: dataset has null, expected a dataset to train on');
  const rows = leafRowsOf(setup, step, first, count);
  const place = firstOf(setup, step) + first * leaf;
  context.held = NO_ROWS;
  gatherRows(workspace.x, dataset.inputs, orders, place, rows, kernels);
  gatherTargets(workspace.t, dataset, context.targetColumns, loss.targets, orders, place, rows);
  return rows;
}

/** Rows of `count` leaves from leaf `first` in `step`. */
const leafRowsOf = (setup: RunSetup, step: number, first: number, count: number): number =>
  Math.min(count * setup.leaf, rowsOf(setup, step) - first * setup.leaf);

/**
 * Notes what this thread does in the team, and writes the update of its blocks on its tape. Anew for each span: which
 * they are follows from the size of the team, and tapes and rows lie in the memory of a place in it, where another
 * thread may have written its own since.
 */
export function joinTeam(context: RunContext, task: SpanTask): void {
  const { setup, network, update, updateTape, parts } = context;
  const { thread, threads, probe = false } = task;
  const key = `${threads} ${probe}`;
  const part = parts.get(key) ?? teamPart(setup, threads, thread, probe);
  parts.set(key, part);
  context.part = part;
  context.held = NO_ROWS;
  if (!probe) recordPasses(context, part, threads);
  const blocks = blockCount(network.parameterCount);
  const [first, end] = [share(thread, blocks, threads), share(thread + 1, blocks, threads)];
  context.playUpdate =
    setup.clipNorm === null ? update.record(updateTape, first, end, setup.batch, part.whole.sums) : null;
}

/** Writes the passes of a whole batch on the tapes, unless they hold those of a team of this size. */
function recordPasses(context: RunContext, { whole, plays }: TeamPart, threads: number): void {
  const { setup, network, loss, workspace, theta, gradients, lossSlots, pass, passTapes, tapesOf } = context;
  if (tapesOf[0] === threads && plays.length > 0) return;
  tapesOf[0] = threads;
  for (const [k, { first, count, row, joins }] of whole.passes.entries()) {
    const rows = Math.min(count * setup.leaf, setup.batch - first * setup.leaf);
    const own = { ...pass, joins };
    plays[k] =
      k < passTapes.length
        ? recordNodeGradient(passTapes[k], lossSlots[first], network, loss, workspace, theta, gradients[row], rows, own)
        : null;
  }
}

/** Each thread takes its blocks: averages the rows of gradients and updates by the mean. */
function blocksPhase(context: RunContext, task: SpanTask, step: number): void {
  prepareHyper(context, context.hyper, step);
  const { playUpdate, setup, update } = context;
  if (playUpdate !== null && isWhole(context, step)) {
    playUpdate();
  } else {
    const blocks = blockCount(context.network.parameterCount);
    const [first, end] = [share(task.thread, blocks, task.threads), share(task.thread + 1, blocks, task.threads)];
    const { sums } = partOf(context, step);
    const rows = rowsOf(setup, step);
    if (task.probe) {
      // A look reads the mean gradient.
      for (let block = first; block < end; block++) {
        update.average(block, rows, sums);
        update.apply(block);
      }
    } else {
      updateBlocks(update, first, end, rows, sums);
    }
  }
  context.clock?.lap(PART.update);
}

function reducePhase(context: RunContext, task: SpanTask, step: number): void {
  const blocks = blockCount(context.network.parameterCount);
  const rows = rowsOf(context.setup, step);
  const { sums } = partOf(context, step);
  const end = share(task.thread + 1, blocks, task.threads);
  for (let block = share(task.thread, blocks, task.threads); block < end; block++) {
    context.update.average(block, rows, sums);
  }
  context.clock?.lap(PART.update);
}

/** Every thread adds the block norms itself, in block order: no message, the same bits. */
function updatePhase(context: RunContext, task: SpanTask, step: number): void {
  const blocks = blockCount(context.network.parameterCount);
  context.scale[0] = clipScale(gradientNorm(context.arena.squares), context.setup.clipNorm ?? Infinity);
  prepareHyper(context, context.hyper, step);
  const end = share(task.thread + 1, blocks, task.threads);
  for (let block = share(task.thread, blocks, task.threads); block < end; block++) context.update.apply(block);
  context.clock?.lap(PART.update);
}

/** Overwrites `hyper` with what the update needs in `step`. */
function prepareHyper({ optimizer, arena, rate }: RunContext, hyper: Float64Array, step: number): void {
  rate[0] = arena.rates[step % RING];
  optimizer.hyper(hyper, rate, arena.scalars);
}

/**
 * The end of a step, run by the last thread to arrive while all others wait: notes loss and norm, moves the optimizer's
 * scalars on, and decides for all whether to go on. A request read by each thread itself could send one home and keep
 * another.
 */
export function finishStep(context: RunContext, task: SpanTask, step: number): void {
  const { arena, setup, optimizer } = context;
  const { batch } = setup;
  const { losses, norms } = arena;
  const at = step - task.first;
  const rows = context.allWhole ? batch : rowsOf(setup, step);
  noteBatchLoss(losses, at, arena.lossSums, leavesOf(setup, rows), rows);
  noteGradientNorm(norms, at, arena.squares);
  optimizer.advance(arena.scalars);
  decide(context, task, step);
}

/** Records that `step` is done, and whether there are more. */
function decide({ arena: { losses, norms }, setup: { control } }: RunContext, task: SpanTask, step: number): void {
  const at = step - task.first;
  const finite = losses[at] - losses[at] === 0 && norms[at] - norms[at] === 0;
  const over = step + 1 === task.limit || Atomics.load(control, CONTROL.request) !== 0;
  // Plainly: whoever reads these comes behind the barrier, or behind the end of the task.
  control[CONTROL.steps] = at + 1;
  control[CONTROL.decision] = finite ? (over ? DECISION.end : DECISION.go) : DECISION.bad;
}

/** Whether the steps of a span can be taken from the tape, many at a time. */
export const areOnTape = ({ takeSteps }: RunContext, { threads, probe }: SpanTask): boolean =>
  takeSteps !== null && threads === 1 && probe !== true;

/**
 * `count` steps, at most `STEPS`, from `step` on from the tape, and behind the last what `finishStep` does. Returns how
 * many were taken: they end behind one that is not finite.
 */
export function takeSteps(context: RunContext, task: SpanTask, step: number, count: number): number {
  const { arena, optimizer, hypers, firstScalars } = context;
  const { scalars } = arena;
  if (context.takeSteps === null) throw new Error('takeSteps: tape has no steps, expected those of a run');
  if (context.held === NO_ROWS) gatherLeaves(context, step, 0, arena.lossSums.length);
  context.held = 0;
  firstScalars.set(scalars);
  for (let k = 0; k < count; k++) {
    prepareHyper(context, hypers[k], step + k);
    optimizer.advance(scalars);
  }
  const taken = context.takeSteps(step - task.first, count);
  if (taken < count) {
    scalars.set(firstScalars);
    for (let k = 0; k < taken; k++) optimizer.advance(scalars);
  }
  decide(context, task, step + taken - 1);
  return taken;
}

/** Rows in the batch of `step`: the last batch of an epoch may be short. */
export function rowsOf({ batch, context, dataset }: RunSetup, step: number): number {
  const within = step % context.stepsPerEpoch;
  return Math.min(batch, (dataset?.rows ?? 0) - within * batch);
}

/** The row of the dataset that is row `n` of the batch in `step`. */
export function rowOfDataset(setup: RunSetup, step: number, n: number): number {
  const place = firstOf(setup, step) + n;
  return setup.orders === null ? place : setup.orders[place];
}

/** Where the batch of `step` begins in `orders`, or in the file where there are none. */
function firstOf({ batch, context, dataset, orders }: RunSetup, step: number): number {
  const within = (step % context.stepsPerEpoch) * batch;
  if (orders === null || dataset === null) return within;
  const epoch = Math.floor(step / context.stepsPerEpoch);
  return (epoch % (orders.length / dataset.rows)) * dataset.rows + within;
}

/** First of `count` items of thread t of T; its end is the first item of thread t + 1. */
const share = (t: number, count: number, T: number): number => Math.floor((t * count) / T);
