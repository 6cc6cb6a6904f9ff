import type { Network, Tie } from '@gradloom/core';
import { BLOCK, type BlockRange, blocksOfRank, bucketsOf, tiesWithin } from '@gradloom/core/internal';
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
  readonly blocksOf: readonly (readonly OwnedBlocks[])[];
  /** Number of parameters of each rank. */
  readonly parameterCounts: readonly number[];
  /** Further gradients of each rank's parameters, with their offsets in its rows of gradients. */
  readonly ties: readonly (readonly Tie[])[];
  /** Length of each rank's rows of gradients: those of its parameters, and then the further ones. */
  readonly gradientLengths: readonly number[];
}

/** The part of the network that ownership depends on. */
type Owned = Pick<Network, 'tensors' | 'parameterCount'> & Partial<Pick<Network, 'ties'>>;

/** Least number of parameters in a bucket: exchanging fewer takes about as long as the fixed cost of an exchange. */
const MIN_BUCKET_PARAMETERS = 1 << 18;

/** Divides each bucket of blocks over all ranks. */
export function ownershipOf(
  network: Owned,
  { threadsOf, overlap, minBucketParameters = MIN_BUCKET_PARAMETERS }: Omit<ClusterShape, 'connection'>,
): Ownership {
  const { parameterCount: P } = network;
  const ranks = threadsOf.length;
  const buckets = bucketsOf(network, overlap ? minBucketParameters : P);
  const shares = threadsOf.map((_, rank) => {
    let parameterCount = 0;
    const ranges: OwnedBlocks[] = [];
    const partTies: Tie[] = [];
    // A rank holds its parameters in the order of the weights.
    for (const bucket of [...buckets].reverse()) {
      const { first, end } = blocksOfRank(bucket, ranks, rank);
      const offset = Math.min(P, first * BLOCK);
      const length = Math.min(P, end * BLOCK) - offset;
      ranges.push({ first, end, offset, length, shift: parameterCount - offset });
      parameterCount += length;
      partTies.push(...tiesWithin(network.ties ?? [], offset, length));
    }
    let gradientLength = parameterCount;
    const ties = partTies.map((tie) => {
      gradientLength += tie.length;
      return { ...tie, gradientOffset: gradientLength - tie.length };
    });
    return { blocks: ranges.reverse(), parameterCount, ties, gradientLength };
  });
  return {
    buckets,
    blocksOf: shares.map(({ blocks }) => blocks),
    parameterCounts: shares.map(({ parameterCount }) => parameterCount),
    ties: shares.map(({ ties }) => ties),
    gradientLengths: shares.map(({ gradientLength }) => gradientLength),
  };
}

/** Number of parameters whose state this rank holds. */
export const rankParameterCount = (network: Owned, cluster: ClusterShape): number =>
  ownershipOf(network, cluster).parameterCounts[cluster.connection.rank];

/** Length of this rank's rows of gradients. */
export const rankGradientLength = (network: Owned, cluster: ClusterShape): number =>
  ownershipOf(network, cluster).gradientLengths[cluster.connection.rank];
