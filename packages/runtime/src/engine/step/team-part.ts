import type { BackendName, ElementType, Network } from '@gradloom/core';
import {
  couplesRows,
  gradientRows,
  leafCount,
  leafRowsOf,
  MAX_LEAVES,
  maxPassRows,
  type Node,
  type NodePass,
  planTeam,
  sizeOfPlan,
  type TeamPlanOptions,
} from '@gradloom/core/internal';
import type { RunSetup } from '../threads/protocol.ts';
import type { ClusterShape } from './cluster-shape.ts';
import { rankBatch } from './rank-batch.ts';

/** What determines the leaves of a run's batches. */
export interface BatchShape {
  readonly backend: BackendName;
  readonly batch: number;
  readonly lastBatch: number; // rows of an epoch's last batch, which may be short
  readonly leafRows: number;
  readonly rowsAtOnce: number; // maximum number of rows of a pass, unless a leaf has more
  readonly couples: boolean; // whether rows depend on each other, so that passes contain barriers
  readonly cluster?: ClusterShape | null; // ranks that share the batch, default only this one
}

interface RunRows {
  readonly rows: number; // of an epoch
  readonly batch: number;
  readonly accumulate?: number; // parts of a batch that are computed one after the other, default 1
  readonly evaluated: number; // of the largest set that is evaluated
}

/** How the rows of an epoch are divided into batches, and a batch into leaves and passes. */
export function divideRows(network: Network, type: ElementType, { rows, batch, accumulate = 1, evaluated }: RunRows) {
  const trainingRows = maxPassRows(network, type, true);
  const leafRows = leafRowsOf(network, batch);
  const couples = couplesRows(network);
  const rowsAtOnce = accumulate === 1 ? trainingRows : Math.min(trainingRows, Math.ceil(batch / accumulate));
  return {
    stepsPerEpoch: Math.ceil(rows / batch),
    batch,
    lastBatch: rows % batch || batch,
    leafRows,
    rowsAtOnce,
    // Passes that run in lockstep have arrays of their own.
    passRows: Math.max(
      couples ? 1 : trainingPassRows({ batch, leafRows, rowsAtOnce }),
      Math.min(maxPassRows(network, type), evaluated),
    ),
    couples,
  };
}

/**
 * How teams divide a batch of `rows` rows, or this rank's part of it. Probed steps take one leaf per pass, and so does
 * a BLAS, which gives a row other bits in calls of other sizes.
 */
export function teamOptions(shape: BatchShape, rows: number, threads: number, isProbed = false): TeamPlanOptions {
  const isBlas = shape.backend === 'blas';
  const { leafRows, cluster = null } = shape;
  const part = cluster === null ? {} : { part: rankBatch(cluster, leafRows, rows).ranges[cluster.connection.rank] };
  return {
    leaves: leafCount(rows, leafRows),
    ...part,
    threads,
    maxLeaves: isBlas || isProbed ? 1 : maxLeaves(shape),
    canAccumulate: !isBlas,
    mergesRows: !shape.couples,
  };
}

/** Maximum number of leaves of a pass, a power of two that kernels take. Their number does not change results. */
const maxLeaves = ({ leafRows, rowsAtOnce }: Pick<BatchShape, 'leafRows' | 'rowsAtOnce'>): number =>
  Math.min(MAX_LEAVES, 2 ** (31 - Math.clz32(Math.max(1, Math.floor(rowsAtOnce / leafRows)))));

export const trainingPassRows = (shape: Pick<BatchShape, 'batch' | 'leafRows' | 'rowsAtOnce'>): number =>
  Math.min(shape.batch, maxLeaves(shape) * shape.leafRows);

export interface BatchPart {
  readonly passes: readonly NodePass[];
  readonly nodes: readonly Node[]; // nodes of the gradient rows that all threads leave, in row order
}

/** Work of one thread in a batch of `rows` rows. */
export function batchPart(setup: RunSetup, rows: number, threads: number, thread: number, isProbed = false): BatchPart {
  const { passes, nodes } = planTeam(teamOptions(shapeOf(setup), rows, threads, isProbed));
  return { passes: passes[thread], nodes };
}

/** Gradient rows that teams of up to `threads` threads need, in whole batches and in the last. */
export function gradientRowsOf(shape: BatchShape, threads: number, probed: boolean): number {
  const sizes = shape.lastBatch === shape.batch ? [shape.batch] : [shape.batch, shape.lastBatch];
  const stepKinds = probed ? [false, true] : [false]; // whether a step is probed
  // A rank without leaves has one row, for gradients from other ranks and for probed steps.
  return Math.max(
    shape.cluster == null ? 0 : 1,
    ...sizes.flatMap((rows) => stepKinds.map((isProbed) => gradientRows(teamOptions(shape, rows, threads, isProbed)))),
  );
}

/** Gradient rows that one team fills in a whole batch. */
export const gradientRowsOfTeam = (setup: RunSetup, threads: number): number =>
  sizeOfPlan(teamOptions(shapeOf(setup), setup.batch, threads)).rows;

/** Largest team whose passes are counted: in larger ones a thread has no more passes. */
const COUNTED_TEAMS = 16;

/** Maximum passes of one thread in any team, in a whole batch or the last. Fewer leaves can give more passes. */
export function maxPasses(shape: BatchShape): number {
  const sizes = [shape.batch, shape.lastBatch].flatMap((rows) =>
    Array.from({ length: Math.min(COUNTED_TEAMS, leafCount(rows, shape.leafRows)) }, (_, t) =>
      sizeOfPlan(teamOptions(shape, rows, t + 1)),
    ),
  );
  return Math.max(1, ...sizes.map(({ passes }) => passes));
}

/** Maximum number of leaves of this rank's part of a batch, in a whole batch or the last. */
export const maxRankLeaves = (shape: BatchShape): number =>
  Math.max(...[shape.batch, shape.lastBatch].map((rows) => leavesOfRank(shape, rows).count));

/** This rank's leaves of a batch of `rows` rows; all of them without other ranks. */
export function leavesOfRank(
  { leafRows, cluster = null }: Pick<BatchShape, 'leafRows' | 'cluster'>,
  rows: number,
): Node {
  if (cluster === null) return { first: 0, count: leafCount(rows, leafRows) };
  const { first, end } = rankBatch(cluster, leafRows, rows).ranges[cluster.connection.rank];
  return { first, count: end - first };
}

export const shapeOf = ({
  backend,
  batch,
  lastBatch,
  leafRows,
  rowsAtOnce,
  couples,
  cluster,
}: RunSetup): BatchShape => ({ batch, lastBatch, leafRows, rowsAtOnce, couples, cluster, backend: backend.name });
