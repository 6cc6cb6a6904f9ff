import type { Call, Elements, Emit } from '@gradloom/core';
import {
  blockCount,
  createBlockUpdate,
  createList,
  createTapeRoom,
  emitMaxNorm,
  host,
  leafCount,
  link,
  noteStep,
  ops,
  type Program,
  part,
  type TapeRoom,
  viewOf,
} from '@gradloom/core/internal';
import { type Clock, PART } from '../measure/clock.ts';
import { CONTROL } from '../threads/barrier.ts';
import { DECISION } from '../threads/protocol.ts';
import { gatherLeaves } from './batch.ts';
import type { RunContext } from './context.ts';
import { barriersOf, type PlannedPass, planPasses } from './plan-passes.ts';
import { batchPart } from './team-part.ts';

/** What a thread runs in a team of some size. */
export interface TeamPrograms {
  readonly threads: number;
  /** A step of a whole batch. */
  readonly whole: Program;
  /** One of an epoch's last batch, which may be short. */
  readonly last: Program;
  /** The pass whose rows are the same in every step, so that they are gathered before the first; null where none is. */
  readonly held: PlannedPass | null;
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
  // Those of another size are not kept: a trial of many sizes would hold the programs of all.
  for (const [other, { threads: size }] of programs) if (size !== threads) programs.delete(other);
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
): { program: Program; held: PlannedPass | null } {
  const { setup, clock, network, optimizer, arena, thread, kernels, place } = context;
  const { leaf, clipNorm, maxNorm, dataset } = setup;
  const { passes, sums } = batchPart(setup, rows, threads, thread, looks);
  const { calls, emit } = createList();
  const planned = planPasses(context, passes, rows, looks);
  // A pass that writes over its rows needs them again.
  const isWritten = planned.some(({ workspace }) => workspace.outputs[0] === workspace.x);
  const isSame = setup.orders === null && dataset.rows === rows && passes.length === 1 && !isWritten;
  const held = isSame ? planned[0] : null;

  // Between two barriers all passes go on, one after the other.
  const barriers = setup.couples ? barriersOf(context) : 0;
  for (let s = 0; s <= barriers; s++) {
    for (const pass of planned) {
      const { first, segments, merges, copies } = pass;
      if (s === 0 && held === null) gather(context, pass, emit);
      lap(clock, emit, PART.gather);
      const segment = segments[s];
      if (reads(segment, place)) emit(ops.fill, viewOf(place, 1, 1), first * leaf, 1);
      if (passes.length === 1) calls.push(...segment);
      else emit(part, segment);
      lap(clock, emit, PART.backward);
      if (s < barriers) continue;
      for (const [to, from] of copies) emit(ops.copy, to, from, to.length);
      // A network without parameters has no rows.
      for (const [left, right] of context.gradientRows.length === 0 ? [] : merges) {
        emit(ops.add, context.gradientRows[left], context.gradientRows[right], network.parameterCount);
      }
      lap(clock, emit, PART.backward);
    }
    if (s < barriers) wait(context, threads, emit);
  }
  wait(context, threads, emit);

  const { hyper, hypers, next, scale } = context;
  const share = (t: number): number => Math.floor((t * blockCount(network.parameterCount)) / threads);
  const defersAverage = maxNorm !== null;
  const update = createBlockUpdate(optimizer, network, arena, hyper, share(thread), share(thread + 1), {
    defersAverage,
  });
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
  if (maxNorm !== null) {
    // A column lies in the blocks of several threads.
    wait(context, threads, emit);
    emitMaxNorm(emit, network, arena.theta, context.factors, maxNorm, thread, threads);
    if (optimizer.shareAt !== undefined) wait(context, threads, emit);
    update.follow(emit);
  }
  lap(clock, emit, PART.update);
  end(
    context,
    threads,
    rows,
    emit,
    planned.some(({ segments }) => segments.some((segment) => reads(segment, place))),
  );
  // A look reads the mean gradient, which a fused update leaves nowhere.
  return { program: link(calls, kernels, room, { fuses: !looks }), held };
}

// What these emit must not be a closure of `stepProgram`, which would keep its list of calls alive.
function gather(context: RunContext, { first, count, workspace }: PlannedPass, emit: Emit): void {
  emit(host, () => void gatherLeaves(context, context.step, first, count, workspace));
}

function lap(clock: Clock | null, emit: Emit, phase: number): void {
  if (clock !== null) emit(host, () => clock.lap(phase));
}

const reads = (calls: readonly Call[], array: Elements): boolean => calls.some(({ args }) => args.includes(array));

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
  const leaves = leafCount(rows, setup.leaf);
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
