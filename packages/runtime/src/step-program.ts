import type { Call, Emit } from '@gradloom/core';
import {
  blockCount,
  createBlockUpdate,
  createList,
  createTapeRoom,
  emitNode,
  host,
  link,
  type NodePass,
  noteStep,
  ops,
  type Program,
  part,
  type TapeRoom,
  viewOf,
} from '@gradloom/core/internal';
import { gatherLeaves } from './batch.ts';
import type { RunContext } from './context.ts';
import { type Clock, PART } from './measure/clock.ts';
import { batchPart, leavesOf } from './team-part.ts';
import { CONTROL } from './threads/barrier.ts';
import { DECISION } from './threads/protocol.ts';

/** What a thread runs in a team of some size. */
export interface TeamPrograms {
  readonly threads: number;
  /** A step of a whole batch. */
  readonly whole: Program;
  /** One of an epoch's last batch, which may be short. */
  readonly last: Program;
  /** The pass whose rows are the same in every step, so that they are gathered before the first; null where none is. */
  readonly held: NodePass | null;
}

/**
 * The programs of this thread in a team of `threads`; with `looks`, those that look into the layers. Tapes lie in the
 * memory of a place in the team, where another thread may have written those of its own team: all of a team's programs
 * are linked at once and in one order, so any thread writes the same there.
 */
export function teamPrograms(context: RunContext, threads: number, looks: boolean): TeamPrograms {
  const { programs, tapesOf, tapes, setup } = context;
  const key = looks ? `${threads} looks` : `${threads}`;
  const known = programs.get(key);
  if (known !== undefined && (looks || tapesOf[0] === threads)) return known;
  const room = looks ? null : createTapeRoom(tapes);
  if (!looks) tapesOf[0] = threads;
  const whole = stepProgram(context, threads, setup.batch, looks, room);
  const last = setup.lastBatch === setup.batch ? whole : stepProgram(context, threads, setup.lastBatch, looks, room);
  const made = { threads, whole: whole.program, last: last.program, held: whole.held };
  programs.set(key, made);
  return made;
}

/**
 * A thread's part in a step on a batch of `rows` rows: the passes over its leaves, a barrier, the update of its blocks,
 * and the end of the step. Looks, the profile's clock, clipping and barriers are operations in it like all others.
 */
function stepProgram(
  context: RunContext,
  threads: number,
  rows: number,
  looks: boolean,
  room: TapeRoom | null,
): { program: Program; held: NodePass | null } {
  const { setup, clock, network, optimizer, arena, workspace, thread, kernels } = context;
  const { leaf, clipNorm, dataset } = setup;
  const { passes, sums } = batchPart(setup, rows, threads, thread, looks);
  const { calls, emit } = createList();
  // A pass that writes over its rows needs them again.
  const isWritten = workspace.outputs[0] === workspace.x;
  const isSame = setup.orders === null && dataset?.rows === rows && passes.length === 1 && !isWritten;
  const held = isSame ? passes[0] : null;
  const passesOf = new Map<string, readonly Call[]>();

  for (const { first, count, row, joins, merges } of passes) {
    if (held === null) gather(context, first, count, emit);
    lap(clock, emit, PART.gather);
    const B = Math.min(count * leaf, rows - first * leaf);
    const key = `${B} ${row} ${joins}`;
    const pass = passesOf.get(key) ?? passCalls(context, B, row, joins, looks);
    passesOf.set(key, pass);
    if (reads(pass, context.place)) emit(ops.fill, viewOf(context.place, 1, 1), first * leaf, 1);
    if (passes.length === 1) calls.push(...pass);
    else emit(part, pass);
    emit(ops.copy, viewOf(arena.lossSums, first, count), context.lossSums, count);
    if (looks) {
      const { probe } = context;
      emit(ops.copy, viewOf(arena.probeSums, first * probe.length, probe.length), probe, probe.length);
    }
    // A network without parameters has no rows.
    for (const [left, right] of context.gradientRows.length === 0 ? [] : merges) {
      emit(ops.add, context.gradientRows[left], context.gradientRows[right], network.parameterCount);
    }
    lap(clock, emit, PART.backward);
  }
  wait(context, threads, emit);

  const { hyper, hypers, next, scale } = context;
  const share = (t: number): number => Math.floor((t * blockCount(network.parameterCount)) / threads);
  const update = createBlockUpdate(optimizer, network, arena, hyper, share(thread), share(thread + 1));
  emit(ops.takeHyper, hyper, hypers, next, hyper.length);
  if (clipNorm !== null) {
    // No weight may move before the norm of the whole gradient is known.
    update.average(emit, rows, sums);
    lap(clock, emit, PART.update);
    wait(context, threads, emit);
    emit(ops.clip, scale, arena.squares, arena.squares.length, clipNorm);
    update.apply(emit, scale);
  } else {
    update.take(emit, rows, sums);
  }
  lap(clock, emit, PART.update);
  end(context, threads, rows, emit, reads([...passesOf.values()].flat(), context.place));
  // A look reads the mean gradient, which a fused update leaves nowhere.
  return { program: link(calls, kernels, room, { fuses: !looks }), held };
}

// What these emit must not be a closure of `stepProgram`, which would keep its list of calls alive.
function gather(context: RunContext, first: number, count: number, emit: Emit): void {
  emit(host, () => void gatherLeaves(context, context.step, first, count));
}

function lap(clock: Clock | null, emit: Emit, phase: number): void {
  if (clock !== null) emit(host, () => clock.lap(phase));
}

/** Forward and backward pass of B rows, whose gradient goes to row `row`. */
function passCalls(context: RunContext, B: number, row: number, joins: boolean, looks: boolean): readonly Call[] {
  const { setup, network, workspace, theta, gradients, lossSums, place, probeOf, clock } = context;
  const { calls, emit } = createList();
  const pass = { emit, training: true, seed: setup.seed, leaf: setup.leaf, joins, place };
  emitNode(lossSums, network, workspace, theta, gradients[row], B, pass, looks ? probeOf : clock?.inspect);
  return calls;
}

const reads = (calls: readonly Call[], array: Float64Array): boolean => calls.some(({ args }) => args.includes(array));

/** A barrier for the whole team, behind which all have done what stands before it. */
function wait(context: RunContext, threads: number, emit: Emit): void {
  if (threads > 1) emit(host, () => arrive(context));
}

/** Waits for the others; returns false where the team was aborted. */
function arrive(context: RunContext, completion?: () => void): boolean {
  const { barrier, clock, workClock } = context;
  if (context.isTimed) workClock.work();
  const goesOn = barrier.arrive(completion);
  clock?.lap(PART.wait);
  if (context.isTimed) workClock.wait();
  return goesOn;
}

/**
 * The end of a step: its loss and norm are noted. In a team the last thread to arrive does so while all others wait; a
 * thread alone does it by an operation, so that a backend can repeat the whole step.
 */
function end(context: RunContext, threads: number, rows: number, emit: Emit, readsPlace: boolean): void {
  const { arena, setup, clock, workClock, note, place, one } = context;
  const { losses, norms, lossSums, squares } = arena;
  const leaves = leavesOf(setup, rows);
  if (threads === 1) {
    emit(ops.noteStep, note, losses, norms, lossSums, squares, leaves, squares.length, rows);
    if (readsPlace) emit(ops.add, viewOf(place, 0, 1), one, 1);
    return;
  }
  const finish = (): void => {
    clock?.lap(PART.wait);
    if (context.isTimed) workClock.wait();
    noteStep(note, losses, norms, lossSums, squares, leaves, squares.length, rows);
    finishSteps(context, 1);
    clock?.lap(PART.update);
    if (context.isTimed) workClock.work();
  };
  emit(host, () => arrive(context, finish));
}

/**
 * Behind the last `taken` steps, by the thread that ended them, while all others wait: moves the optimizer's scalars
 * on, and decides for all whether to go on. A request read by each thread itself could send one home and keep another.
 */
export function finishSteps({ arena, setup, optimizer, note, stop, most }: RunContext, taken: number): void {
  const { control } = setup;
  for (let k = 0; k < taken; k++) optimizer.advance(arena.scalars);
  const isOver = note[0] === most || Atomics.load(control, CONTROL.request) !== 0;
  // Plainly: whoever reads these comes behind the barrier, or behind the end of the task.
  control[CONTROL.steps] = note[0];
  control[CONTROL.decision] = stop[0] === 0 ? (isOver ? DECISION.end : DECISION.go) : DECISION.bad;
}
