import type { BackendName } from '@gradloom/core';
import {
  gradientRows,
  leafCount,
  type Node,
  type NodePass,
  planTeam,
  sizeOfPlan,
  type TeamPlanOptions,
} from '@gradloom/core/internal';
import type { RunSetup } from '../threads/protocol.ts';
import type { ClusterShape } from './cluster-shape.ts';
import { rankBatch } from './rank-batch.ts';

/** What the leaves of a run's batches follow from. */
export interface BatchShape {
  readonly backend: BackendName;
  readonly batch: number;
  readonly lastBatch: number; // rows of an epoch's last batch, which may be short
  readonly leaf: number; // rows of a leaf
  readonly rowsAtOnce: number; // most rows of a pass, where a leaf has no more
  readonly couples: boolean; // rows depend on each other: passes have barriers in them
  readonly cluster?: ClusterShape | null; // ranks that share the batch, default none but this one
}

/**
 * How teams take batches of `rows` rows, or what this rank has of them. A look sees leaf by leaf, and a BLAS gives a
 * row other bits in calls of other sizes.
 */
export function teamOptions(shape: BatchShape, rows: number, threads: number, looks: boolean): TeamPlanOptions {
  const isBlas = shape.backend === 'blas';
  const most = isBlas || looks ? 1 : mostLeaves(shape);
  const { leaf, cluster = null } = shape;
  const part = cluster === null ? {} : { part: rankBatch(cluster, leaf, rows).ranges[cluster.connection.rank] };
  return { leaves: leafCount(rows, leaf), ...part, threads, most, joins: !isBlas, merges: !shape.couples };
}

/** Leaves of a pass at most, a power of two. Their number changes no bit. */
const mostLeaves = ({ leaf, rowsAtOnce }: Pick<BatchShape, 'leaf' | 'rowsAtOnce'>): number =>
  2 ** (31 - Math.clz32(Math.max(1, Math.floor(rowsAtOnce / leaf))));

/** Rows of a pass at most. */
export const rowsOfPasses = (shape: Pick<BatchShape, 'batch' | 'leaf' | 'rowsAtOnce'>): number =>
  Math.min(shape.batch, mostLeaves(shape) * shape.leaf);

/** What one thread of a team does in a batch. */
export interface BatchPart {
  readonly passes: readonly NodePass[];
  /** What all threads leave, row after row. */
  readonly nodes: readonly Node[];
}

/** What one thread does in a batch of `rows` rows. */
export function batchPart(setup: RunSetup, rows: number, threads: number, thread: number, looks: boolean): BatchPart {
  const { passes, nodes } = planTeam(teamOptions(shapeOf(setup), rows, threads, looks));
  return { passes: passes[thread], nodes };
}

/** Rows of gradients that teams of up to `threads` threads need, in whole batches and in the last. */
export function gradientRowsOf(shape: BatchShape, threads: number, looks: boolean): number {
  const sizes = shape.lastBatch === shape.batch ? [shape.batch] : [shape.batch, shape.lastBatch];
  const kinds = looks ? [false, true] : [false];
  // A rank without leaves has a row for what others send, and for a look at a step.
  return Math.max(
    shape.cluster == null ? 0 : 1,
    ...sizes.flatMap((rows) => kinds.map((kind) => gradientRows(teamOptions(shape, rows, threads, kind)))),
  );
}

/** Rows that one team fills in a whole batch. */
export const gradientRowsOfTeam = (setup: RunSetup, threads: number): number =>
  sizeOfPlan(teamOptions(shapeOf(setup), setup.batch, threads, false)).rows;

/** Teams whose passes are counted: in larger ones a thread has no more. */
const COUNTED_TEAMS = 16;

/**
 * Passes of one thread in a batch or in the last, which may come to more of fewer leaves, at most, whatever the team.
 */
export function mostPasses(shape: BatchShape): number {
  const sizes = [shape.batch, shape.lastBatch].flatMap((rows) =>
    Array.from({ length: Math.min(COUNTED_TEAMS, leafCount(rows, shape.leaf)) }, (_, t) =>
      sizeOfPlan(teamOptions(shape, rows, t + 1, false)),
    ),
  );
  return Math.max(1, ...sizes.map(({ passes }) => passes));
}

/** Of a run. */
export const shapeOf = ({ backend, batch, lastBatch, leaf, rowsAtOnce, couples, cluster }: RunSetup): BatchShape => ({
  ...{ batch, lastBatch, leaf, rowsAtOnce, couples, cluster },
  backend: backend.name,
});
