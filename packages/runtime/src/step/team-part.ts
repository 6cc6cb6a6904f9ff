import type { BackendName, NodeSums } from '@gradloom/core';
import {
  gradientRows,
  leafCount,
  type NodePass,
  planTeam,
  sizeOfPlan,
  sumsOf,
  type TeamPlanOptions,
} from '@gradloom/core/internal';
import type { RunSetup } from '../threads/protocol.ts';

/** What the leaves of a run's batches follow from. */
export interface BatchShape {
  readonly backend: BackendName;
  readonly batch: number;
  readonly lastBatch: number; // rows of an epoch's last batch, which may be short
  readonly leaf: number; // rows of a leaf
  readonly rowsAtOnce: number; // most rows of a pass, where a leaf has no more
  readonly couples: boolean; // rows depend on each other: passes have barriers in them
}

/**
 * How teams take batches of `rows` rows. A look sees leaf by leaf, and a BLAS gives a row other bits in calls of other
 * sizes.
 */
export function teamOptions(shape: BatchShape, rows: number, threads: number, looks: boolean): TeamPlanOptions {
  const isBlas = shape.backend === 'blas';
  const most = isBlas || looks ? 1 : mostLeaves(shape);
  return { leaves: leafCount(rows, shape.leaf), threads, most, joins: !isBlas, merges: !shape.couples };
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
  /** How the update adds what all threads leave. */
  readonly sums: NodeSums;
}

/** What one thread does in a batch of `rows` rows. */
export function batchPart(setup: RunSetup, rows: number, threads: number, thread: number, looks: boolean): BatchPart {
  const options = teamOptions(shapeOf(setup), rows, threads, looks);
  const { passes, nodes } = planTeam(options);
  return { passes: passes[thread], sums: sumsOf(nodes, options.leaves) };
}

/** Rows of gradients that teams of up to `threads` threads need, in whole batches and in the last. */
export function gradientRowsOf(shape: BatchShape, threads: number, looks: boolean): number {
  const sizes = shape.lastBatch === shape.batch ? [shape.batch] : [shape.batch, shape.lastBatch];
  const kinds = looks ? [false, true] : [false];
  return Math.max(
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
export const shapeOf = ({ backend, batch, lastBatch, leaf, rowsAtOnce, couples }: RunSetup): BatchShape => ({
  ...{ batch, lastBatch, leaf, rowsAtOnce, couples },
  backend: backend.name,
});
