import type { Network } from '@gradloom/core';
import { BLOCK, type BlockRange, blocksOfRank, bucketsOf } from '@gradloom/core/internal';
import type { ClusterShape } from './cluster-shape.ts';

/** Range of blocks that a rank updates, with its parameters. */
export interface OwnedBlocks extends BlockRange {
  /** Index of the first parameter among the weights. */
  readonly offset: number;
  /** Number of parameters. */
  readonly length: number;
  /** Difference between a parameter's index among the weights and its index in the rank's gradients and state. */
  readonly shift: number;
}

/** The parameters that each rank updates. */
export interface Ownership {
  /** Buckets, in the order in which a backward pass completes their gradients. */
  readonly buckets: readonly BlockRange[];
  /** The blocks of each rank, bucket by bucket. */
  readonly of: readonly (readonly OwnedBlocks[])[];
  /** Number of parameters of each rank. */
  readonly held: readonly number[];
}

/** Least number of parameters in a bucket: exchanging fewer takes about as long as the fixed cost of an exchange. */
const LEAST_BUCKET = 1 << 18;

/** Divides each bucket of blocks over all ranks. */
export function ownershipOf(
  network: Pick<Network, 'tensors' | 'parameterCount'>,
  { threadsOf, overlap, leastBucket = LEAST_BUCKET }: Omit<ClusterShape, 'connection'>,
): Ownership {
  const { parameterCount: P } = network;
  const ranks = threadsOf.length;
  const buckets = bucketsOf(network, overlap ? leastBucket : P);
  const shares = threadsOf.map((_, rank) => {
    let at = 0;
    const ranges: OwnedBlocks[] = [];
    // A rank holds its parameters in the order of the weights.
    for (const bucket of [...buckets].reverse()) {
      const { first, end } = blocksOfRank(bucket, ranks, rank);
      const offset = Math.min(P, first * BLOCK);
      const length = Math.min(P, end * BLOCK) - offset;
      ranges.push({ first, end, offset, length, shift: at - offset });
      at += length;
    }
    return { ranges: ranges.reverse(), held: at };
  });
  return { buckets, of: shares.map(({ ranges }) => ranges), held: shares.map(({ held }) => held) };
}

/** Number of parameters whose state this rank holds. */
export const heldBy = (network: Pick<Network, 'tensors' | 'parameterCount'>, cluster: ClusterShape): number =>
  ownershipOf(network, cluster).held[cluster.connection.rank];
