import { dealLeaves, type LeafRange, leafCount, type Node, nodesOf } from '@gradloom/core/internal';
import type { ClusterShape } from './cluster-shape.ts';

/** How ranks share a batch. */
export interface RankBatch {
  readonly leaves: number;
  readonly ranges: readonly LeafRange[]; // leaves of each rank; empty ranges if there are more ranks than leaves
  readonly nodes: readonly (readonly Node[])[]; // the subtrees of these leaves: a rank sends a gradient row for each
  readonly lead: number; // the rank with leaf 0
}

/** Shares the `rows` rows of a batch. */
export function rankBatch({ threadsOf }: Pick<ClusterShape, 'threadsOf'>, leafRows: number, rows: number): RankBatch {
  const leaves = leafCount(rows, leafRows);
  const ranges = dealLeaves(leaves, threadsOf, leafRows);
  const nodes = ranges.map(({ first, end }) => nodesOf(first, end, leaves));
  return { leaves, ranges, nodes, lead: ranges.findIndex(({ first, end }) => first < end) };
}

/** The row of each rank's first node in an array of all nodes of a batch. */
export function firstRows({ nodes }: RankBatch): number[] {
  let rows = 0;
  return nodes.map((rankNodes) => {
    rows += rankNodes.length;
    return rows - rankNodes.length;
  });
}

/** Gradient rows of all ranks together, in a whole batch or in the last, if that has more: fewer leaves can. */
export const maxRankGradientRows = (
  cluster: ClusterShape,
  { batch, lastBatch, leafRows }: Readonly<Record<'batch' | 'lastBatch' | 'leafRows', number>>,
): number => Math.max(...[batch, lastBatch].map((rows) => rankBatch(cluster, leafRows, rows).nodes.flat().length));

/** Maximum size, in numbers, of the notes of all ranks together: see `RankNotes` in rank-step.ts. */
export const rankNotesLength = (ranks: number, leaves: number, blocks: number): number => ranks + leaves + blocks;
