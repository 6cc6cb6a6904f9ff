import {
  batchLoss,
  blockCount,
  clipScale,
  gradientNorm,
  type Inspect,
  shardGradient,
  shardStart,
} from '@gradloom/core';
import { RING } from './arena.ts';
import { CONTROL } from './barrier.ts';
import { PART } from './clock.ts';
import type { RunContext } from './context.ts';
import { gatherRows } from './datasets/gather.ts';
import { gatherTargets } from './datasets/targets.ts';
import { DECISION, type RunSetup, type SpanTask } from './protocol.ts';

/** One part of a step. All threads finish it before any begins the next. */
type Phase = (context: RunContext, task: SpanTask, step: number) => void;

/** The phases of a step; clipping needs the norm of the whole gradient before the first weight moves. */
export function stepPhases(clipNorm: number | null): readonly Phase[] {
  return clipNorm === null ? [shardsPhase, blocksPhase] : [shardsPhase, reducePhase, updatePhase];
}

/** Each thread takes its shards: gather, forward, loss, backward. */
function shardsPhase(context: RunContext, task: SpanTask, step: number): void {
  const S = context.setup.shards;
  const end = share(task.thread + 1, S, task.threads);
  for (let s = share(task.thread, S, task.threads); s < end; s++) {
    runShard(context, step, s, task.probe ? context.probes[s] : context.clock?.inspect);
  }
}

/** Overwrites the summed loss of shard s in `step` and row s of the gradients. */
export function runShard(context: RunContext, step: number, s: number, inspect?: Inspect): void {
  const { network, workspace, pass, theta, gradients, lossSlots, clock } = context;
  const rows = gatherShard(context, step, s);
  clock?.lap(PART.gather);
  const play = context.plays[s];
  if (play !== null && inspect === undefined && isWhole(context, step)) {
    play();
    return;
  }
  pass.training = true;
  pass.step = step;
  shardGradient(lossSlots[s], network, workspace, theta, gradients[s], rows, pass, inspect);
  clock?.lap(PART.backward);
}

/** Brings the rows of shard s in `step` and their targets into the workspace; returns how many there are. */
export function gatherShard(context: RunContext, step: number, s: number): number {
  const { setup, loss, workspace, pass } = context;
  const { dataset, shards, orders } = setup;
  if (dataset === null) throw new Error('gatherShard: dataset has null, expected a dataset to train on');
  const B = rowsOf(setup, step);
  const from = shardStart(s, shards, B);
  const rows = shardStart(s + 1, shards, B) - from;
  const first = firstOf(setup, step) + from;
  gatherRows(workspace.x, dataset.inputs, orders, first, rows);
  gatherTargets(workspace.t, dataset, context.targetColumns, loss.targets, orders, first, rows);
  pass.firstRow = from;
  return rows;
}

/**
 * Writes the update of this thread's blocks on its tape. Anew for each span: which blocks they are follows from the size of the
 * team, and the tape lies in the memory of a place in it, where another thread may have written its own since.
 */
export function joinTeam(context: RunContext, { thread, threads }: SpanTask): void {
  const { setup, network, update, updateTape } = context;
  const blocks = blockCount(network.parameterCount);
  const [first, end] = [share(thread, blocks, threads), share(thread + 1, blocks, threads)];
  context.playUpdate = setup.clipNorm === null ? update.record(updateTape, first, end, setup.batch) : null;
}

/** Each thread takes its blocks: average the shards, then update while the block is in cache. */
function blocksPhase(context: RunContext, task: SpanTask, step: number): void {
  prepareHyper(context, step);
  if (context.playUpdate !== null && isWhole(context, step)) {
    context.playUpdate();
  } else {
    const blocks = blockCount(context.network.parameterCount);
    const rows = rowsOf(context.setup, step);
    const end = share(task.thread + 1, blocks, task.threads);
    for (let block = share(task.thread, blocks, task.threads); block < end; block++) {
      context.update.average(block, rows);
      context.update.apply(block);
    }
  }
  context.clock?.lap(PART.update);
}

function reducePhase(context: RunContext, task: SpanTask, step: number): void {
  const blocks = blockCount(context.network.parameterCount);
  const rows = rowsOf(context.setup, step);
  const end = share(task.thread + 1, blocks, task.threads);
  for (let block = share(task.thread, blocks, task.threads); block < end; block++) context.update.average(block, rows);
  context.clock?.lap(PART.update);
}

/** Every thread adds the block norms itself, in block order: no message, the same bits. */
function updatePhase(context: RunContext, task: SpanTask, step: number): void {
  const blocks = blockCount(context.network.parameterCount);
  context.scale[0] = clipScale(gradientNorm(context.arena.squares), context.setup.clipNorm ?? Infinity);
  prepareHyper(context, step);
  const end = share(task.thread + 1, blocks, task.threads);
  for (let block = share(task.thread, blocks, task.threads); block < end; block++) context.update.apply(block);
  context.clock?.lap(PART.update);
}

function prepareHyper({ optimizer, arena, hyper, rate }: RunContext, step: number): void {
  rate[0] = arena.rates[step % RING];
  optimizer.hyper(hyper, rate, arena.scalars);
}

/**
 * The end of a step, run by the last thread to arrive while all others wait: notes loss and norm, moves the optimizer's
 * scalars on, and decides for all whether to go on. A request read by each thread itself could send one home and keep another.
 */
export function finishStep(context: RunContext, task: SpanTask, step: number): void {
  const { arena, setup, optimizer } = context;
  const loss = batchLoss(arena.lossSums, rowsOf(setup, step));
  const norm = gradientNorm(arena.squares);
  arena.losses[step - task.first] = loss;
  arena.norms[step - task.first] = norm;
  optimizer.advance(arena.scalars);
  Atomics.store(setup.control, CONTROL.steps, step + 1 - task.first);
  const finite = loss - loss === 0 && norm - norm === 0;
  const over = step + 1 === task.limit || Atomics.load(setup.control, CONTROL.request) !== 0;
  Atomics.store(setup.control, CONTROL.decision, finite ? (over ? DECISION.end : DECISION.go) : DECISION.bad);
}

/** Whether the batch of `step` is a full one, as those that were recorded. */
const isWhole = ({ setup }: RunContext, step: number): boolean => rowsOf(setup, step) === setup.batch;

/** Rows in the batch of `step`: the last batch of an epoch may be short. */
export function rowsOf({ batch, context, dataset }: RunSetup, step: number): number {
  const within = step % context.stepsPerEpoch;
  return Math.min(batch, (dataset?.rows ?? 0) - within * batch);
}

/** Where the batch of `step` begins in `orders`, or in the file where there are none. */
function firstOf({ batch, context, dataset, orders }: RunSetup, step: number): number {
  const within = (step % context.stepsPerEpoch) * batch;
  if (orders === null || dataset === null) return within;
  const epoch = Math.floor(step / context.stepsPerEpoch);
  return (epoch % (orders.length / dataset.rows)) * dataset.rows + within;
}

/** First of `count` things that falls to thread t of T; thread t + 1's first is its end. */
const share = (t: number, count: number, T: number): number => Math.floor((t * count) / T);
