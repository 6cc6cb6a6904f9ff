import type { Profile, TrainResult } from '@gradloom/runtime';
import type { Exchange, StepWork } from '@gradloom/runtime/internal';
import { nullable, record, tuple } from '../../options/schema/containers.ts';
import { count, number } from '../../options/schema/scalars.ts';
import type { Read } from '../../options/schema/schema.ts';
import { threadCount } from '../figures/thread-profile.ts';
import { type Point, workingThreads } from './summarize-rounds.ts';

/** The least and the most time of a part. */
const range = tuple(number(0), number(0));
export type Range = Read<typeof range>;

/** Measured times that a prediction adds up. */
export interface MeasuredParts {
  readonly stepMs: number; // ms per step of one thread
  readonly passMs: number; // time of a pass apart from its rows
  readonly rowMs: number; // time of a row: gather, forward and backward
  readonly updateMs: number; // time to update all weights on one thread
  // Minimum time of the update at the memory bandwidth of all cores here; 0 if it fits in caches.
  readonly memoryMs: number;
  readonly exchanges: readonly Exchange[]; // by number of threads, ascending
}

/** Predicted step time on this many cores of the measured kind. Only `measuredMs` is measured. */
export const predictedPoint = record({
  cores: threadCount,
  threads: threadCount, // threads that have a leaf or a block
  rows: count(), // rows of the thread that has most
  gradientMs: number(0),
  updateMs: range,
  movedBytes: count(), // bytes that the busiest threads read from other cores
  movedMs: range,
  barrierMs: range,
  stepMs: range,
  speedup: range, // relative to the measured time of one thread
  measuredMs: nullable(number(0)), // null if this number of threads was not measured
});

export type PredictedPoint = Read<typeof predictedPoint>;

/** Times of one thread, in ms per step: of a whole batch, and of a batch of a single leaf. */
export interface OneThreadTimes {
  readonly stepMs: number; // measured without clocks
  readonly batchProfile: Profile;
  readonly leafProfile: Profile | null; // null if the batch is one leaf
  readonly bandwidth: readonly number[]; // GB/s by measured number of threads, starting at one
  readonly exchanges: readonly Exchange[];
}

/**
 * Splits a step of one thread into a time for each pass, for each row and for the update. Clocks take time too, so all
 * times are scaled down to a step without them: a prediction for one thread equals the measurement.
 */
export function measuredParts(
  { stepMs, batchProfile, leafProfile, bandwidth, exchanges }: OneThreadTimes,
  work: Pick<StepWork, 'batch' | 'leafRows' | 'slots' | 'parameters' | 'threadsOf'>,
): MeasuredParts {
  const clockFactor = stepMs / (passesMs(batchProfile) + batchProfile.update);
  const [{ passes, gradientRows }] = work.threadsOf(1);
  const batchMs = passesMs(batchProfile) * clockFactor;
  const leafMs = leafProfile === null ? null : passesMs(leafProfile) * clockFactor;
  // Solves passes · passMs + batch · rowMs = batchMs, and passMs + leaf · rowMs = leafMs.
  const solution =
    leafMs === null ? 0 : (leafMs * work.batch - batchMs * work.leafRows) / (work.batch - passes * work.leafRows);
  const passMs = Number.isFinite(solution) ? Math.min(Math.max(0, solution), batchMs / passes) : 0;
  const updateMs = batchProfile.update * clockFactor;
  const bytes = updateBytes(work.slots, gradientRows) * work.parameters;
  const gigabytesPerSecond = bytes / (updateMs * 1e6);
  return {
    stepMs,
    passMs,
    updateMs,
    exchanges,
    rowMs: (batchMs - passes * passMs) / work.batch,
    memoryMs: bandwidth.length === 0 || gigabytesPerSecond > bandwidth[0] ? 0 : bytes / (Math.max(...bandwidth) * 1e6),
  };
}

/** ms per step for passes. */
export const passesMs = ({ gather, forward, backward }: Profile): number => gather + forward + backward;

/** Bytes that an update moves per parameter, 8 a number: weight and state read and written, rows of gradients read. */
const updateBytes = (slots: number, gradientRows: number): number => 8 * (2 + 2 * slots + gradientRows);

/** The model of docs/prediction.md. */
export function predictCores(
  parts: MeasuredParts,
  work: StepWork,
  cores: number,
  threads: number, // threads with work, on as many of these cores
): Omit<PredictedPoint, 'measuredMs'> {
  const { passMs, rowMs, memoryMs, stepMs: firstMs } = parts;
  const { parameters: P } = work;
  const team = work.threadsOf(threads);
  const maxOf = (figure: (thread: (typeof team)[number]) => number): number => Math.max(...team.map(figure));
  const gradientMs = maxOf(({ passes, rows }) => passes * passMs + rows * rowMs);
  const shareMs = P === 0 ? 0 : (parts.updateMs * maxOf(({ parameters }) => parameters)) / P;
  const updateMs: Range = [shareMs, Math.max(shareMs, memoryMs)];
  const teamRows = team.reduce((sum, { gradientRows }) => sum + gradientRows, 0);
  // Weights that others updated, read by a thread with rows; rows of gradients of others, read by whoever updates them.
  const movedBytes =
    maxOf(({ rows, parameters }) => (rows === 0 ? 0 : 8 * (P - parameters))) +
    maxOf(({ parameters, gradientRows }) => 8 * parameters * (teamRows - gradientRows));
  const { barrierMs: oneBarrierMs, moveNs } = exchangeOn(parts.exchanges, threads);
  const movedMs = moveNs.map((ns) => (movedBytes * ns) / 1e6) as unknown as Range;
  const barrierMs = oneBarrierMs.map((ms) => work.barriers * ms) as unknown as Range;
  const stepMs = [0, 1].map((k) => gradientMs + updateMs[k] + movedMs[k] + barrierMs[k]) as unknown as Range;
  return {
    cores,
    threads,
    rows: maxOf(({ rows }) => rows),
    gradientMs,
    updateMs,
    movedBytes,
    movedMs,
    barrierMs,
    stepMs,
    speedup: [firstMs / stepMs[1], firstMs / stepMs[0]],
  };
}

/**
 * Time of a barrier of `threads` threads, and of a byte that one reads from another. Up to the largest measured number
 * of threads a barrier is as measured. Above, it takes at least as long as with the largest number, and at most grows
 * in proportion to the threads that one waits for.
 */
function exchangeOn(exchanges: readonly Exchange[], threads: number): { barrierMs: Range; moveNs: Range } {
  if (threads === 1) return { barrierMs: [0, 0], moveNs: [0, 0] };
  const last = exchanges[exchanges.length - 1];
  const measuredExchange = exchanges.find((exchange) => exchange.threads >= threads);
  const { barrierMs, firstReadNs, secondReadNs } = measuredExchange ?? last;
  const growth = measuredExchange === undefined ? (threads - 1) / (last.threads - 1) : 1;
  return {
    barrierMs: [barrierMs, barrierMs * growth],
    // The lower bound leaves out a read from the own cache, which the update counts already.
    moveNs: [Math.max(0, firstReadNs - secondReadNs), firstReadNs],
  };
}

/** Predicted step times on more cores of the same kind. */
export interface Prediction {
  readonly note: string; // says in the document that these are predictions
  readonly parts: MeasuredParts;
  readonly points: readonly PredictedPoint[];
}

export const PREDICTION_NOTE = 'a prediction by a model of measured parts, not a measurement';

/** Predicts for the measured numbers of threads up to the cores, and for `modelCores`. */
export function predictScaling(
  oneThread: OneThreadTimes,
  work: StepWork,
  { points, first }: { readonly points: readonly Point[]; readonly first: TrainResult },
  modelCores: readonly number[],
): Prediction {
  const measuredMs = new Map(points.flatMap((point) => (point.beyondCores ? [] : [[point.threads, point.stepMs]])));
  const counts = [...new Set([...measuredMs.keys(), ...modelCores])].sort((a, b) => a - b);
  const parts = measuredParts(oneThread, work);
  return {
    note: PREDICTION_NOTE,
    parts,
    points: counts.map((cores) => ({
      ...predictCores(parts, work, cores, workingThreads(cores, first)),
      measuredMs: measuredMs.get(cores) ?? null,
    })),
  };
}
