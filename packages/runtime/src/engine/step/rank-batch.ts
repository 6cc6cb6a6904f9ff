import { dealLeaves, type LeafRange, leafCount, type Node, nodesOf } from '@gradloom/core/internal';
import type { ClusterShape } from './cluster-shape.ts';

/** How the ranks of a cluster share a batch. */
export interface RankBatch {
  readonly leaves: number;
  /** Leaves of each rank, in order; none where there are more ranks than leaves. */
  readonly ranges: readonly LeafRange[];
  /** The subtrees that these are: a rank sends a row of gradients for each. */
  readonly nodes: readonly (readonly Node[])[];
  /** The rank that has leaf 0. */
  readonly lead: number;
}

/** The shares of a batch of `rows` rows. */
export function rankBatch({ threadsOf }: Pick<ClusterShape, 'threadsOf'>, leaf: number, rows: number): RankBatch {
  const leaves = leafCount(rows, leaf);
  const ranges = dealLeaves(leaves, threadsOf, leaf);
  const nodes = ranges.map(({ first, end }) => nodesOf(first, end, leaves));
  return { leaves, ranges, nodes, lead: ranges.findIndex(({ first, end }) => first < end) };
}

/** The row of each rank's first node where all nodes of a batch lie one after the other. */
export function firstRows({ nodes }: RankBatch): number[] {
  let rows = 0;
  return nodes.map((own) => {
    rows += own.length;
    return rows - own.length;
  });
}

/** Rows of the gradients of all ranks in a batch or in the last, which may come to more of fewer leaves. */
export function nodeRowsOf(cluster: ClusterShape, { batch, lastBatch, leaf }: Rows): number {
  return Math.max(...[batch, lastBatch].map((rows) => rankBatch(cluster, leaf, rows).nodes.flat().length));
}

/** Rows of the batches of a run. */
interface Rows {
  readonly batch: number;
  readonly lastBatch: number;
  readonly leaf: number; // of a leaf
}

/** Numbers in the notes of all ranks (see rank-notes.ts), at most. */
export const notesLength = (ranks: number, leaves: number, blocks: number): number => ranks + leaves + blocks;
