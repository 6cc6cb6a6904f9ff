import type { Inspect } from '@gradloom/core';
import {
  type BlockUpdate,
  blockCount,
  clipScale,
  gradientNorm,
  noteBatchLoss,
  noteGradientNorm,
  pairGradient,
  shardGradient,
  shardStart,
  updateBlocks,
} from '@gradloom/core/internal';
import { RING } from './arena.ts';
import { CONTROL } from './barrier.ts';
import { PART } from './clock.ts';
import { NO_SHARD, type RunContext } from './context.ts';
import { gatherRows } from './datasets/gather.ts';
import { gatherTargets } from './datasets/targets.ts';
import { DECISION, type RunSetup, type SpanTask } from './protocol.ts';

/** One part of a step. All threads finish it before any begins the next. */
type Phase = (context: RunContext, task: SpanTask, step: number) => void;

/** The phases of a step; clipping needs the norm of the whole gradient before the first weight moves. */
export function stepPhases(clipNorm: number | null): readonly Phase[] {
  return clipNorm === null ? [shardsPhase, blocksPhase] : [shardsPhase, reducePhase, updatePhase];
}

/** Each thread takes its shards, two at a time where that can be: gather, forward, loss, backward. */
function shardsPhase(context: RunContext, task: SpanTask, step: number): void {
  const end = context.endShard;
  let s = context.firstShard;
  if (takesTwo(context, step)) {
    for (; s < end; s += 2) runPair(context, step, s);
    return;
  }
  for (; s < end; s++) runShard(context, step, s, task.probe ? context.probes[s] : context.clock?.inspect);
}

/** Whether all threads of a span take an even number of shards: then each two neighbours fall to one thread. */
const isInPairs = ({ pairUpdate, setup }: RunContext, { threads, probe }: SpanTask): boolean =>
  pairUpdate !== null && probe !== true && setup.shards % (2 * threads) === 0 && setup.batch >= setup.shards;

/** Whether they do in `step`: a shard without rows has zeros of its own to add. */
const takesTwo = ({ inPairs, setup }: RunContext, step: number): boolean =>
  inPairs && rowsOf(setup, step) >= setup.shards;

/**
 * Overwrites the summed losses of shards s and s + 1 in `step`, and row s / 2 of the gradients with those of both,
 * added.
 */
function runPair(context: RunContext, step: number, s: number): void {
  const { network, workspace, pass, theta, gradients, clock } = context;
  const rows = gatherShards(context, step, s, 2);
  clock?.lap(PART.gather);
  pass.training = true;
  pass.step = step;
  const slots = context.pairSlots[s / 2];
  const first = shardRows(context, step, s);
  pairGradient(slots, network, workspace, theta, gradients[s / 2], rows, first, pass, clock?.inspect);
  clock?.lap(PART.backward);
}

/**
 * Overwrites the summed loss of shard s in `step` and row s of the gradients. Rows that the workspace still holds stay
 * there.
 */
export function runShard(context: RunContext, step: number, s: number, inspect?: Inspect): void {
  const { clock, setup } = context;
  const place = (step % setup.context.stepsPerEpoch) * setup.shards + s;
  if (place !== context.held) {
    gatherShards(context, step, s, 1);
    context.held = context.keepsRows ? place : NO_SHARD;
  }
  clock?.lap(PART.gather);
  const play = context.plays[s];
  if (play !== null && inspect === undefined && (context.allWhole || rowsOf(setup, step) === setup.batch)) {
    play();
    return;
  }
  const { network, workspace, pass, theta, gradients, lossSlots } = context;
  const rows = shardRows(context, step, s);
  pass.training = true;
  pass.step = step;
  shardGradient(lossSlots[s], network, workspace, theta, gradients[s], rows, pass, inspect);
  clock?.lap(PART.backward);
}

/**
 * Brings the rows of `count` shards from shard s in `step` and their targets into the workspace; returns how many there
 * are.
 */
export function gatherShards(context: RunContext, step: number, s: number, count: number): number {
  const { setup, loss, workspace, pass } = context;
  const { dataset, shards, orders } = setup;
  if (dataset === null) throw new Error('gatherShards: dataset has null, expected a dataset to train on');
  const B = rowsOf(setup, step);
  const from = shardStart(s, shards, B);
  const rows = shardStart(s + count, shards, B) - from;
  const first = firstOf(setup, step) + from;
  context.held = NO_SHARD;
  gatherRows(workspace.x, dataset.inputs, orders, first, rows, pass.kernels);
  gatherTargets(workspace.t, dataset, context.targetColumns, loss.targets, orders, first, rows);
  pass.firstRow = from;
  return rows;
}

/** Rows of shard s in `step`. */
function shardRows({ setup }: RunContext, step: number, s: number): number {
  const B = rowsOf(setup, step);
  return shardStart(s + 1, setup.shards, B) - shardStart(s, setup.shards, B);
}

/**
 * Notes this thread's shards, and writes the update of its blocks on its tape. Anew for each span: which they are
 * follows from the size of the team, and tape and rows lie in the memory of a place in it, where another thread may
 * have written its own since.
 */
export function joinTeam(context: RunContext, task: SpanTask): void {
  const { thread, threads } = task;
  context.held = NO_SHARD;
  context.firstShard = share(thread, context.setup.shards, threads);
  context.endShard = share(thread + 1, context.setup.shards, threads);
  context.inPairs = isInPairs(context, task);
  const { setup, network, updateTape } = context;
  const update = updateOf(context, context.inPairs);
  const blocks = blockCount(network.parameterCount);
  const [first, end] = [share(thread, blocks, threads), share(thread + 1, blocks, threads)];
  context.playUpdate = setup.clipNorm === null ? update.record(updateTape, first, end, setup.batch) : null;
}

const updateOf = ({ pairUpdate, update }: RunContext, two: boolean): BlockUpdate =>
  two && pairUpdate !== null ? pairUpdate : update;

/** Each thread takes its blocks: averages the shards and updates by the mean. */
function blocksPhase(context: RunContext, task: SpanTask, step: number): void {
  prepareHyper(context, context.hyper, step);
  const { playUpdate, setup } = context;
  if (playUpdate !== null && (context.allWhole || rowsOf(setup, step) === setup.batch)) {
    playUpdate();
  } else {
    const blocks = blockCount(context.network.parameterCount);
    const [first, end] = [share(task.thread, blocks, task.threads), share(task.thread + 1, blocks, task.threads)];
    const update = updateOf(context, takesTwo(context, step));
    const rows = rowsOf(setup, step);
    if (task.probe) {
      // A look reads the mean gradient.
      for (let block = first; block < end; block++) {
        update.average(block, rows);
        update.apply(block);
      }
    } else {
      updateBlocks(update, first, end, rows);
    }
  }
  context.clock?.lap(PART.update);
}

function reducePhase(context: RunContext, task: SpanTask, step: number): void {
  const blocks = blockCount(context.network.parameterCount);
  const rows = rowsOf(context.setup, step);
  const update = updateOf(context, takesTwo(context, step));
  const end = share(task.thread + 1, blocks, task.threads);
  for (let block = share(task.thread, blocks, task.threads); block < end; block++) update.average(block, rows);
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
  noteBatchLoss(losses, at, arena.lossSums, context.allWhole ? batch : rowsOf(setup, step));
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
  if (context.held === NO_SHARD) gatherShards(context, step, 0, 1);
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

/** The row of the dataset that is row `n` of shard s in `step`. */
export function rowOfDataset(setup: RunSetup, step: number, s: number, n: number): number {
  const place = firstOf(setup, step) + shardStart(s, setup.shards, rowsOf(setup, step)) + n;
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
