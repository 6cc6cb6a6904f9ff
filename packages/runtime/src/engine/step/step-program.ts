import type { Call, Elements, Emit, Network } from '@gradloom/core';
import {
  BLOCK,
  type Bucket,
  barrier,
  createList,
  createTapeMemory,
  emitMatrixUpdates,
  emitMaxNorm,
  gradientLength,
  host,
  leafCount,
  link,
  ops,
  type Program,
  part,
  recordStep,
  type TapeMemory,
  viewOf,
} from '@gradloom/core/internal';
import { CONTROL } from '../threads/barrier.ts';
import { DECISION } from '../threads/protocol.ts';
import { type BatchDivisor, countBatch, divisorOf, gatherLeaves } from './batch.ts';
import { emitLap, PHASE } from './clock.ts';
import type { RunContext } from './context.ts';
import { type PassPlan, planPasses } from './plan-passes.ts';
import { type RankStep, rankStep } from './rank-step.ts';
import { sharedArrays, writesInto } from './shared-arrays.ts';
import { bindWaits } from './sync.ts';
import { batchPart } from './team-part.ts';
import { changesWeightsLater, type ThreadUpdate, threadUpdates } from './thread-updates.ts';

/** The programs of a thread in a team of some size. */
export interface TeamPrograms {
  readonly threads: number;
  readonly fullBatch: Program; // a step on a whole batch
  readonly lastBatch: Program; // a step on an epoch's last batch, which may be short
  /** The pass whose rows are the same in every step, gathered once before the first; null if there is none. */
  readonly fixedPass: PassPlan | null;
}

const programsOf = new WeakMap<RunContext, Map<string, TeamPrograms>>();

/**
 * The programs of this thread in a team of `threads`; if `isProbed`, those of probed steps, which have no tapes. Tapes
 * lie in memory of a thread number, where a replaced thread may have left those of another team size. All programs of
 * a team are linked at once and in one order, so every thread of this number writes the same tapes.
 */
export function teamPrograms(context: RunContext, threads: number, isProbed: boolean): TeamPrograms {
  const { tapeThreads, tapes, setup } = context;
  const programs = programsOf.get(context) ?? new Map<string, TeamPrograms>();
  programsOf.set(context, programs);
  const key = `${threads}${isProbed ? ' probed' : ''}`;
  const cachedPrograms = programs.get(key);
  if (cachedPrograms !== undefined && (isProbed || tapeThreads[0] === threads)) return cachedPrograms;
  // Programs for other team sizes are dropped: tuning tries many sizes, and all their programs would stay in memory.
  for (const [other, { threads: size }] of programs) if (size !== threads) programs.delete(other);
  const tapeMemory = isProbed ? null : createTapeMemory(tapes);
  if (!isProbed) tapeThreads[0] = threads;
  const fullBatch = stepProgram(context, threads, setup.batch, isProbed, tapeMemory);
  const hasEqualBatches = setup.lastBatch === setup.batch;
  const lastBatch = hasEqualBatches ? fullBatch : stepProgram(context, threads, setup.lastBatch, isProbed, tapeMemory);
  const { program, fixedPass } = fullBatch;
  const built = { threads, fullBatch: program, lastBatch: lastBatch.program, fixedPass };
  programs.set(key, built);
  return built;
}

/** A thread's part of a step, ready to run. */
function stepProgram(
  context: RunContext,
  threads: number,
  rows: number,
  isProbed: boolean,
  tapeMemory: TapeMemory | null,
): Pick<TeamPrograms, 'fixedPass'> & { program: Program } {
  const { calls, fixedPass } = stepCalls(context, threads, rows, isProbed);
  // Probes read the mean gradient, which a fused update does not store.
  return {
    program: link(bindWaits(context, threads, calls), context.kernels, tapeMemory, { fuses: !isProbed }),
    fixedPass,
  };
}

interface StepCalls extends Pick<TeamPrograms, 'fixedPass'> {
  readonly calls: readonly Call[];
}

/**
 * A thread's part in a step on a batch of `rows` rows: the passes over its leaves, a barrier, the update of its blocks,
 * and the end of the step. Probes, the profile's clock, clipping, barriers and messages to other ranks are operations
 * like all others.
 */
export function stepCalls(context: RunContext, threads: number, rows: number, isProbed: boolean): StepCalls {
  const { setup, clock, network, arena, thread, stepAndRow, optimizer } = context;
  const { maxNorm, dataset, augment } = setup;
  const { passes, nodes } = batchPart(setup, rows, threads, thread, isProbed);
  const ranks = rankStep(context, threads, rows, nodes);
  const { calls, emit } = createList();
  const passPlans = planPasses(context, passes, rows, isProbed);
  const hasSameRows = setup.orders === null && dataset.rows === rows && passes.length === 1;
  // A pass that overwrites its input rows must gather them again.
  const fixedPass = hasSameRows && augment === null && !writesInputs(network, passPlans[0]) ? passPlans[0] : null;
  const divisor = divisorOf(context, rows);
  // Steps on the same rows have the same count.
  if (fixedPass !== null) countBatch(context, 0, divisor);
  else if (setup.countedTargets !== null) emit(host, () => countBatch(context, context.step, divisor));
  emitPasses(context, passPlans, fixedPass, ranks, emit);
  const updates = threadUpdates(context, threads, leafCount(rows, setup.leafRows), nodes, ranks);
  emitUpdates(context, updates, divisor, ranks, emit);
  if (optimizer.matrices !== undefined) {
    emit(barrier); // a matrix may be spread over the blocks of several threads
    emitMatrixUpdates(emit, optimizer, network, arena, context.hyper, context.matrices, thread, threads);
  }
  if (maxNorm !== null) {
    // A column may be spread over the blocks of several threads.
    emit(barrier);
    emitMaxNorm(emit, network, arena.theta, context.factors, maxNorm, thread, threads);
  }
  if (changesWeightsLater(context)) {
    if (optimizer.smoothingAt !== undefined) emit(barrier); // the average reads weights of all threads
    for (const { update } of updates) update.updateEma(emit);
  }
  emitLap(clock, emit, PHASE.update);
  const readsStep = passPlans.some(({ segments }) => segments.some((segment) => reads(segment, stepAndRow)));
  emitEnd(context, threads, rows, divisor, emit, readsStep, ranks?.unpack);
  return { calls, fixedPass };
}

/** Whether a layer writes over the rows that were gathered. */
const writesInputs = ({ layers }: Network, { workspace: { outputs, x } }: PassPlan): boolean =>
  layers.some(({ isView = false }, l) => outputs[l] === x && !isView);

/** Emits the passes and the barrier after them. With other ranks, it also starts sending the gradients. */
function emitPasses(
  context: RunContext,
  passPlans: readonly PassPlan[],
  fixedPass: PassPlan | null,
  ranks: RankStep | null,
  emit: Emit,
): void {
  const { setup, clock, network, stepAndRow, gradientRows } = context;
  const buckets = ranks?.buckets ?? [];
  const lastPass = passPlans.at(-1);
  // Between two barriers, one segment of each pass runs.
  const arraysOfTeam = setup.couples ? sharedArrays(context) : [];
  for (let s = 0; s <= arraysOfTeam.length; s++) {
    for (const pass of passPlans) {
      const { first, row, segments, merges, copies } = pass;
      if (s === 0 && fixedPass === null) emitGather(context, pass, emit);
      emitLap(clock, emit, PHASE.gather);
      const segment = segments[s];
      const firstRow = viewOf(stepAndRow, 1, 1); // of the pass, in the batch
      if (reads(segment, stepAndRow)) emit(ops.fill, firstRow, first * setup.leafRows, 1);
      const isCut = buckets.length > 1 && s === arraysOfTeam.length && pass === lastPass;
      const pieces = isCut ? cutAtBuckets(segment, gradientRows[row], network.parameterCount, buckets) : [segment];
      for (const [bucket, piece] of pieces.entries()) {
        if (bucket > 0) {
          emitLap(clock, emit, PHASE.backward);
          startBucket(bucket - 1);
        }
        if (isCut) emitWithPolls(piece, bucket);
        else if (passPlans.length > 1) emit(part, piece);
        else emitAll(emit, piece);
      }
      emitLap(clock, emit, PHASE.backward);
      if (s < arraysOfTeam.length) continue;
      for (const [to, from] of copies) emit(ops.copy, to, from, to.length);
      // Without parameters there are no gradient rows.
      for (const [left, right] of gradientRows.length === 0 ? [] : merges) {
        emit(ops.add, gradientRows[left], gradientRows[right], gradientLength(network));
      }
      emitLap(clock, emit, PHASE.backward);
    }
    if (s === arraysOfTeam.length) continue;
    emit(barrier);
    ranks?.statistics(emit, arraysOfTeam[s]);
  }
  // A thread without passes still takes part in the barriers and messages of the earlier buckets.
  if (lastPass === undefined) for (let bucket = 0; bucket < buckets.length - 1; bucket++) startBucket(bucket);
  startBucket(buckets.length - 1);

  /** Emits calls, each followed by a check that lets the exchanges of earlier buckets progress. */
  function emitWithPolls(calls: readonly Call[], bucket: number): void {
    for (const call of calls) {
      emitAll(emit, [call]);
      ranks?.pollGradients(emit, bucket);
    }
  }

  /** The gradients of a bucket are complete when all threads have reached this barrier. */
  function startBucket(bucket: number): void {
    emit(barrier);
    if (bucket >= 0) ranks?.startGradients(emit, bucket);
  }
}

/** Emits the updates of this thread's blocks; with several ranks, also the exchange of their gradients and weights. */
function emitUpdates(
  context: RunContext,
  updates: readonly ThreadUpdate[],
  { reciprocal }: BatchDivisor,
  ranks: RankStep | null,
  emit: Emit,
): void {
  const { setup, clock, arena, hyper, hypers, hyperRow, scale } = context;
  const { clipNorm } = setup;
  emit(ops.loadHyper, hyper, hypers, hyperRow, hyper.length);
  if (clipNorm !== null) {
    for (const { update, sums, bucket } of updates) {
      ranks?.finishGradients(emit, bucket);
      update.average(emit, reciprocal, sums);
    }
    emitLap(clock, emit, PHASE.update);
    // No weight may change before the norm of the whole gradient is known.
    emit(barrier);
    ranks?.squares(emit);
    emit(ops.clip, scale, arena.squares, arena.squares.length, clipNorm);
    for (const { update } of updates) update.apply(emit, scale);
  } else {
    for (const { update, sums, bucket } of updates) {
      ranks?.finishGradients(emit, bucket);
      // All threads have updated the previous bucket.
      if (bucket > 0) ranks?.startWeights(emit, bucket - 1);
      update.averageAndApply(emit, reciprocal, sums);
    }
  }
  if (ranks === null) return;
  emitLap(clock, emit, PHASE.update);
  emit(barrier);
  // Without clipping, the weights of all buckets but the last are already on their way.
  const firstUnsent = clipNorm === null ? updates.length - 1 : 0;
  for (const { bucket } of updates.slice(firstUnsent)) ranks.startWeights(emit, bucket);
  ranks.finishWeights(emit);
}

// A function of its own: a closure in `stepCalls` would keep its list of calls alive.
function emitGather(context: RunContext, { first, count, workspace }: PassPlan, emit: Emit): void {
  emit(host, () => void gatherLeaves(context, context.step, first, count, workspace));
}

/** Types cannot express that a call's arguments match its operation, hence the cast. */
function emitAll(emit: Emit, calls: readonly Call[]): void {
  for (const { op, args } of calls) emit(op, ...(args as never));
}

const reads = (calls: readonly Call[], array: Elements): boolean => calls.some(({ args }) => args.includes(array));

/**
 * Emits the end of a step, which records its loss and norm. In a team the last thread to arrive does so while all
 * others wait; a thread alone does it by an operation, so that a backend can repeat the whole step.
 */
function emitEnd(
  context: RunContext,
  threads: number,
  rows: number,
  { count }: BatchDivisor,
  emit: Emit,
  readsStep: boolean,
  unpack: (() => void) | undefined, // reads the notes of other ranks
): void {
  const { arena, setup, clock, workClock, stepResult, stepAndRow, increment } = context;
  const { losses, norms, lossSums, squares } = arena;
  const leaves = leafCount(rows, setup.leafRows);
  if (threads === 1) {
    if (unpack !== undefined) emit(host, unpack);
    emit(ops.recordStep, stepResult, losses, norms, lossSums, squares, leaves, squares.length, count);
    if (readsStep) emit(ops.add, viewOf(stepAndRow, 0, 1), increment, 1);
    return;
  }
  emit(barrier, () => {
    clock?.lap(PHASE.wait);
    if (context.isTimed) workClock.wait();
    unpack?.();
    recordStep(stepResult, losses, norms, lossSums, squares, leaves, squares.length, count);
    finishSteps(context, 1);
    clock?.lap(PHASE.update);
    if (context.isTimed) workClock.work();
  });
}

/**
 * Called after the last `count` steps by the thread that ended them, while all others wait: advances the optimizer's
 * scalars, and decides for all threads whether to go on. If each thread read the request itself, some could stop and
 * others continue.
 */
export function finishSteps(
  { arena, setup, optimizer, stepResult, stopFlag, spanSteps }: RunContext,
  count: number,
): void {
  const { control, cluster } = setup;
  for (let k = 0; k < count; k++) optimizer.advance(arena.scalars);
  // With several ranks, the first rank's note decides for all.
  const endRequest = cluster === null ? Atomics.load(control, CONTROL.request) : arena.rankNotes[0];
  const stepsOfSpan = stepResult[0]; // also the ring index of the next loss and norm
  const isOver = stepsOfSpan === spanSteps || endRequest !== 0;
  // No atomics: readers wait at the barrier or for the end of the task.
  control[CONTROL.steps] = stepsOfSpan;
  if (stopFlag[0] !== 0) control[CONTROL.decision] = DECISION.bad;
  else control[CONTROL.decision] = isOver ? DECISION.end : DECISION.go;
}

/** Cuts the calls of a pass into one piece per bucket, after which no call writes the bucket's part of `row`. */
function cutAtBuckets(
  calls: readonly Call[],
  row: Elements, // [gradientLength]
  P: number,
  buckets: readonly Bucket[],
): readonly (readonly Call[])[] {
  let nextCall = 0;
  return buckets.map(({ first, end, rowShift }, k) => {
    const bucketPart = viewOf(row, first * BLOCK + rowShift, Math.min(P, end * BLOCK) - first * BLOCK);
    const afterLastWrite = calls.findLastIndex((call) => writesInto(call, bucketPart)) + 1;
    const from = nextCall;
    // The last piece has all remaining calls.
    nextCall = k === buckets.length - 1 ? calls.length : Math.max(nextCall, afterLastWrite);
    return calls.slice(from, nextCall);
  });
}
