import type { ElementType } from '@gradloom/core';
import { bytesOfElements, FLOAT64, gradientLength } from '@gradloom/core/internal';
import type { ClusterShape } from '../../packages/runtime/src/engine/step/cluster-shape.ts';
import { ownershipOf } from '../../packages/runtime/src/engine/step/owned-blocks.ts';
import { rankBatch } from '../../packages/runtime/src/engine/step/rank-batch.ts';

/** Bytes that a rank sends in a step. */
export interface RankBytes {
  /** Rows of gradients to the ranks that update them. */
  readonly gradients: number;
  /** Weights to all others. */
  readonly weights: number;
  /** Notes to all other ranks, and the squares if clipping needs them. */
  readonly notes: number;
}

/**
 * Bytes that each rank sends in a step on `rows` rows, without the exchanges of batch-norm. If each rank has one
 * subtree of the batch, gradients and weights are 2 · P · (R - 1) / R numbers, as in a ring all-reduce.
 */
export function rankBytes(
  network: Parameters<typeof ownershipOf>[0],
  elementType: ElementType,
  cluster: Omit<ClusterShape, 'connection'>,
  leafRows: number,
  rows: number,
): RankBytes[] {
  const batch = rankBatch(cluster, leafRows, rows);
  const { blocksOf, parameterCounts, gradientLengths: lengths } = ownershipOf(network, cluster);
  const others = parameterCounts.length - 1;
  return parameterCounts.map((parameterCount, rank) => {
    const { first, end } = batch.ranges[rank];
    const blocks = blocksOf[rank].reduce((sum, range) => sum + range.end - range.first, 0);
    const ofOthers = gradientLength(network) - lengths[rank];
    return {
      gradients: bytesOfElements(elementType, batch.nodes[rank].length * ofOthers),
      weights: bytesOfElements(elementType, parameterCount * others),
      notes: bytesOfElements(FLOAT64, (1 + end - first + blocks) * others),
    };
  });
}
