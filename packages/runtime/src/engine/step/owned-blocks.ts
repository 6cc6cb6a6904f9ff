import type { Network } from '@gradloom/core';
import { BLOCK, type BlockRange, blocksOfRank, bucketsOf } from '@gradloom/core/internal';
import type { ClusterShape } from './cluster-shape.ts';

/** Blocks that a rank updates, as parameters. */
export interface OwnedBlocks extends BlockRange {
  /** Place of the first parameter among the weights. */
  readonly offset: number;
  /** Number of parameters. */
  readonly length: number;
  /** From the place of a parameter among the weights to its place in what the rank holds of gradients and state. */
  readonly shift: number;
}

/** Which rank updates which parameters. */
export interface Ownership {
  /** In the order in which a backward pass completes their gradients. */
  readonly buckets: readonly BlockRange[];
  /** Of each rank, bucket by bucket. */
  readonly of: readonly (readonly OwnedBlocks[])[];
  /** Parameters of each rank. */
  readonly held: readonly number[];
}

/** Parameters of a bucket at least: exchanging fewer takes about as long as what an exchange of its own costs. */
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
    // What a rank holds lies in the order of the weights.
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

/** Parameters whose state this rank holds. */
export const heldBy = (network: Pick<Network, 'tensors' | 'parameterCount'>, cluster: ClusterShape): number =>
  ownershipOf(network, cluster).held[cluster.connection.rank];
